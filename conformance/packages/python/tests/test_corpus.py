import json
import unittest

from gotalk_conformance import cases, codec_cases, files, to_bytes, version


class CorpusTest(unittest.TestCase):
    def test_every_file_has_the_cases_that_the_manifest_counts(self):
        corpus = files() / "corpus"
        manifest = json.loads((corpus / "manifest.json").read_text("utf-8"))
        self.assertEqual(version(), manifest["version"])
        total = 0
        for file in manifest["files"]:
            content = json.loads((corpus / file["path"]).read_text("utf-8"))
            self.assertEqual(len(content["cases"]), file["cases"], file["path"])
            total += len(content["cases"])
        self.assertGreaterEqual(total, 300)

    def test_cases_are_decoded(self):
        case = next(case for case in codec_cases() if case.id == "codec/heartbeat/two-together")
        self.assertEqual(case.wire, b"h000065bb87c0h000165bb87d4")
        self.assertEqual(case.messages[1], {"kind": "Heartbeat", "load": 1, "time": 1706788820})
        for name, chunks in case.cuts():
            self.assertEqual(b"".join(chunks), case.wire, name)

    def test_cases_are_chosen(self):
        must = list(codec_cases("encode", level="must", version="01"))
        self.assertGreater(len(must), 100)
        self.assertEqual({(case.level, case.version) for case in must}, {("must", "01")})
        self.assertTrue(all("encode" in case.directions for case in must))
        self.assertGreater(len(list(cases("session"))), 100)

    def test_segments_are_bytes(self):
        segments = [{"ascii": "a"}, {"hex": "00ff"}, {"utf8": "ü"}, {"repeat": "xy", "times": 2}]
        self.assertEqual(to_bytes(segments), b"a\x00\xff\xc3\xbcxyxy")
        self.assertRaises(ValueError, to_bytes, [{"unknown": 1}])


if __name__ == "__main__":
    unittest.main()
