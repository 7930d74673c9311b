//! The cases that judge implementations of Gotalk, as data.
//!
//! `corpus/manifest.json` lists the files of cases; what is in them is explained in
//! `corpus/README.md`.

use include_dir::{include_dir, Dir};

/// The files of the corpus, with their JSON Schemas in `schema/`.
pub static CORPUS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/corpus");

#[cfg(test)]
mod tests {
    use super::CORPUS;
    use serde_json::Value;

    fn read(path: &str) -> Value {
        let file = CORPUS.get_file(path).expect(path);
        serde_json::from_slice(file.contents()).expect(path)
    }

    #[test]
    fn every_file_has_the_cases_that_the_manifest_counts() {
        let manifest = read("manifest.json");
        let mut total = 0;
        for file in manifest["files"].as_array().unwrap() {
            let path = file["path"].as_str().unwrap();
            let cases = read(path)["cases"].as_array().unwrap().len();
            assert_eq!(cases as u64, file["cases"].as_u64().unwrap(), "{path}");
            total += cases;
        }
        assert!(total >= 300, "there are {total} cases, want at least 300");
    }
}
