import json
import unittest

from gotalk_conformance import files


class CorpusTest(unittest.TestCase):
    def test_every_file_has_the_cases_that_the_manifest_counts(self):
        corpus = files() / "corpus"
        manifest = json.loads((corpus / "manifest.json").read_text("utf-8"))
        total = 0
        for file in manifest["files"]:
            content = json.loads((corpus / file["path"]).read_text("utf-8"))
            self.assertEqual(len(content["cases"]), file["cases"], file["path"])
            total += len(content["cases"])
        self.assertGreaterEqual(total, 300)


if __name__ == "__main__":
    unittest.main()
