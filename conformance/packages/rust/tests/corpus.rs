use gotalk_conformance::{cases, codec_case, codec_cases, to_bytes, version, CodecCase, FILES};
use serde_json::{json, Value};

#[test]
fn every_file_has_the_cases_that_the_manifest_counts() {
    let read = |wanted: &str| -> Value {
        let (_, text) = FILES
            .iter()
            .find(|(path, _)| *path == wanted)
            .expect(wanted);
        serde_json::from_str(text).expect(wanted)
    };
    let manifest = read("manifest.json");
    assert_eq!(version(), manifest["version"].as_str().unwrap());
    let mut total = 0;
    for file in manifest["files"].as_array().unwrap() {
        let path = file["path"].as_str().unwrap();
        let cases = read(path)["cases"].as_array().unwrap().len();
        assert_eq!(cases as u64, file["cases"].as_u64().unwrap(), "{path}");
        total += cases;
    }
    assert!(total >= 300, "there are {total} cases, want at least 300");
}

#[test]
fn cases_are_decoded() {
    let case = codec_case("codec/heartbeat/two-together");
    assert_eq!(
        case.wire.as_deref(),
        Some(&b"h000065bb87c0h000165bb87d4"[..])
    );
    assert_eq!(case.messages[1].numbers["time"], 1_706_788_820);
    assert!(codec_cases().len() > 300);
    assert!(cases("session").count() > 100);
}

#[test]
fn segments_are_bytes() {
    let segments =
        json!([{"ascii": "a"}, {"hex": "00ff"}, {"utf8": "ü"}, {"repeat": "xy", "times": 2}]);
    assert_eq!(to_bytes(&segments), b"a\x00\xff\xc3\xbcxyxy");
}

fn cut(case: &CodecCase) {
    for (name, chunks) in case.cuts() {
        assert_eq!(
            chunks.concat(),
            case.wire.clone().unwrap_or_default(),
            "{name}"
        );
    }
}

mod each_case {
    gotalk_conformance::codec_tests!(super::cut);
}
