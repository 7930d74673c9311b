//! Writes what the crate knows of its files: their contents, and a macro with a test for each codec case.

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

use serde_json::Value;

/// What the documentation says of the macro.
const DOCUMENTATION: &str = "
/// Makes a `#[test]` of each codec case, named after its identifier, which passes the case to a function:
/// `codec_tests!(my_test)`, where `fn my_test(case: &CodecCase)`.
";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=corpus");
    let corpus = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("corpus");
    let read = |path: &str| -> Result<Value, Box<dyn Error>> {
        Ok(serde_json::from_str(&fs::read_to_string(
            corpus.join(path),
        )?)?)
    };
    let manifest = read("manifest.json")?;
    let mut paths = vec!["manifest.json", "statements.json"];
    let mut tests = String::new();
    for file in manifest["files"].as_array().into_iter().flatten() {
        let path = file["path"].as_str().ok_or("a file has no path")?;
        paths.push(path);
        if !path.starts_with("codec/") {
            continue;
        }
        for case in read(path)?["cases"].as_array().into_iter().flatten() {
            if case["withdrawn"].is_string() {
                continue;
            }
            let id = case["id"].as_str().ok_or("a case has no identifier")?;
            let name = id.trim_start_matches("codec/").replace(['/', '-'], "_");
            write!(
                tests,
                "#[test] fn {name}() {{ ($test)($crate::codec_case({id:?})) }}\n"
            )?;
        }
    }
    let mut files = String::new();
    for path in paths {
        let absolute = corpus.join(path);
        writeln!(files, "({path:?}, include_str!({absolute:?})),")?;
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("files.rs"), format!("&[{files}]"))?;
    fs::write(
        out.join("tests.rs"),
        format!("{DOCUMENTATION}#[macro_export] macro_rules! codec_tests {{ ($test:expr) => {{ {tests} }}; }}"),
    )?;
    Ok(())
}
