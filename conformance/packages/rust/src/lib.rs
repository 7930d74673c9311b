#![doc = include_str!("../README.md")]

mod cuts;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

/// The paths and texts of the manifest, the statements and the files of cases.
pub static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

include!(concat!(env!("OUT_DIR"), "/tests.rs"));

/// A case for a decoder, an encoder or both.
#[derive(Debug, Clone)]
pub struct CodecCase {
    pub id: String,
    pub since: String,
    pub level: String,
    pub title: String,
    pub spec: Vec<String>,
    pub flags: Vec<String>,
    pub directions: Vec<String>,
    /// The bytes; `None` if nothing may be written.
    pub wire: Option<Vec<u8>>,
    pub messages: Vec<Message>,
    /// What is refused behind the messages.
    pub error: Option<Refusal>,
    /// Whether the version comes first.
    pub handshake: bool,
    /// The version of the protocol, `"01"` or `"00"`.
    pub version: String,
    /// Whether the input ends behind the bytes.
    pub end: bool,
    /// The largest name that the decoder accepts.
    pub name_limit: Option<u64>,
    /// The largest payload that the decoder accepts.
    pub payload_limit: Option<u64>,
    /// The ways to cut that the case has; all if it is `None`.
    pub chunks: Option<Vec<String>>,
}

/// A message: its kind, and the fields of that kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub kind: String,
    /// The fields that are bytes: `id`, `operation`, `name` and `payload`.
    pub bytes: BTreeMap<String, Vec<u8>>,
    /// The others: `wait`, `load`, `time` and `code`. They may be out of range, to be refused.
    pub numbers: BTreeMap<String, i64>,
}

/// What has to be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub reason: String,
    /// The code of the ProtocolError, where it is certain.
    pub code: Option<u64>,
    /// The offset of the first byte that is wrong, where it is certain.
    pub at: Option<u64>,
}

impl CodecCase {
    /// Whether the case is for a direction, `"decode"` or `"encode"`.
    pub fn is_for(&self, direction: &str) -> bool {
        self.directions.iter().any(|each| each == direction)
    }
}

/// Returns the version of the corpus.
pub fn version() -> String {
    text(&manifest()["version"])
}

/// Returns the cases of a suite as they are in the files, without those that were withdrawn. The suites are
/// `codec`, `session`, `websocket`, `extensions` and `hostile`.
pub fn cases(suite: &str) -> impl Iterator<Item = Value> + '_ {
    FILES
        .iter()
        .filter(move |(path, _)| path.split_once('/').is_some_and(|(of, _)| of == suite))
        .flat_map(|(path, text)| match json(path, text)["cases"].take() {
            Value::Array(cases) => cases,
            _ => Vec::new(),
        })
        .filter(|case| case["withdrawn"].is_null())
}

/// Returns the codec cases, decoded.
pub fn codec_cases() -> &'static [CodecCase] {
    static CASES: OnceLock<Vec<CodecCase>> = OnceLock::new();
    CASES.get_or_init(|| cases("codec").map(|case| codec_case_of(&case)).collect())
}

/// Returns the codec case with an identifier.
///
/// # Panics
///
/// If there is no such case.
pub fn codec_case(id: &str) -> &'static CodecCase {
    codec_cases()
        .iter()
        .find(|case| case.id == id)
        .unwrap_or_else(|| panic!("there is no codec case {id}"))
}

/// Returns the bytes that a text or a list of segments stands for.
///
/// # Panics
///
/// If the value is neither.
pub fn to_bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        Value::Array(segments) => segments.iter().flat_map(segment).collect(),
        other => panic!("{other} are no bytes"),
    }
}

fn segment(segment: &Value) -> Vec<u8> {
    let size = |name: &str| segment[name].as_u64().unwrap_or_default() as usize;
    if let Some(text) = segment["ascii"].as_str().or(segment["utf8"].as_str()) {
        return text.as_bytes().to_vec();
    }
    if let Some(digits) = segment["hex"].as_str() {
        let pairs = (0..digits.len()).step_by(2);
        return pairs
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits"))
            .collect();
    }
    if !segment["repeat"].is_null() {
        return to_bytes(&segment["repeat"]).repeat(size("times"));
    }
    assert!(segment["pattern"].is_u64(), "{segment} is no segment");
    let mut x = segment["seed"].as_u64().unwrap_or(1) as u32;
    let letters = segment["letters"] == true;
    let bytes = (0..size("pattern")).map(|_| {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let byte = (x >> 24) as u8;
        if letters {
            b'a' + byte % 26
        } else {
            byte
        }
    });
    bytes.collect()
}

fn codec_case_of(case: &Value) -> CodecCase {
    let error = &case["error"];
    CodecCase {
        id: text(&case["id"]),
        since: text(&case["since"]),
        level: text(&case["level"]),
        title: text(&case["title"]),
        spec: texts(&case["spec"]).unwrap_or_default(),
        flags: texts(&case["flags"]).unwrap_or_default(),
        directions: texts(&case["directions"]).unwrap_or_default(),
        wire: (!case["wire"].is_null()).then(|| to_bytes(&case["wire"])),
        messages: list(&case["messages"]).map(message).collect(),
        error: error.is_object().then(|| Refusal {
            reason: text(&error["reason"]),
            code: error["code"].as_u64(),
            at: error["at"].as_u64(),
        }),
        handshake: case["handshake"] == true,
        version: case["version"].as_str().unwrap_or("01").to_string(),
        end: case["end"] == true,
        name_limit: case["limits"]["name"].as_u64(),
        payload_limit: case["limits"]["payload"].as_u64(),
        chunks: texts(&case["chunks"]),
    }
}

fn message(message: &Value) -> Message {
    let fields = message.as_object().into_iter().flatten();
    let (numbers, others): (Vec<_>, Vec<_>) = fields
        .filter(|(name, _)| *name != "kind")
        .partition(|(_, value)| value.is_number());
    Message {
        kind: text(&message["kind"]),
        bytes: others
            .into_iter()
            .map(|(name, value)| (name.clone(), to_bytes(value)))
            .collect(),
        numbers: numbers
            .into_iter()
            .map(|(name, value)| (name.clone(), value.as_i64().expect("a whole number")))
            .collect(),
    }
}

fn manifest() -> Value {
    let (path, text) = FILES[0];
    json(path, text)
}

fn json(path: &str, text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.is_array().then(|| list(value).map(text).collect())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
