//! An adapter for an implementation of Gotalk: the conformance suite sends it commands, one on each line.
//! The page "Adapters" of the suite defines the commands. To test the implementation, build this program
//! with cargo build, and run in a clone of the suite:
//!
//!     npx -y deno task conformance --adapter /path/to/target/debug/adapter
//!
//! Commands that are not written yet are skipped. `decode` and `encode` are a good start; the runner uses
//! them only if "codec" is among the features. This file uses the standard library only, and finds just
//! the fields that it needs; for more, use a crate that reads JSON.

use std::io::{self, BufRead, Write};

/// The description of the implementation. Add to the lists what it supports: to the roles
/// `"acceptor":["tcp"]`, to the operations "echo" and so on, to the features "codec" and so on.
const DESCRIPTION: &str = concat!(
    r#""implementation":{"name":"my-gotalk","version":"0.0.0","language":"rust"},"#,
    r#""roles":{},"versions":["01"],"operations":[],"#,
    r#""limits":{"name":4095,"payload":4294967295},"features":[]"#,
);

/// Why a command failed.
enum Failure {
    Skipped(&'static str),
    Errored(String),
}

/// Carries out a command, and returns the fields of the answer.
fn carry_out(command: &str, line: &str) -> Result<String, Failure> {
    match command {
        "start" => match field(line, "protocol") {
            Some("1") => Ok(DESCRIPTION.to_string()),
            other => Err(Failure::Errored(format!("protocol is {other:?}, wanted 1"))),
        },
        // chunks, handshake?, end?, limits? -> "messages":[{"chunk":…,"message":{…}}],"refused":…?
        // message? -> "bytes":"3031" or "refused":{"reason":…}
        "decode" | "encode" | "listen" | "connect" | "request" | "notify" | "open-stream"
        | "write" | "end" | "cancel" | "report" | "close" | "drain" | "advance" => {
            Err(Failure::Skipped("this adapter does not do that yet"))
        }
        // Close all listeners and connections here.
        "reset" | "stop" => Ok(String::new()),
        _ => Err(Failure::Errored(format!("unknown command {command}"))),
    }
}

fn main() -> io::Result<()> {
    // A command that waits, such as report, must not block the next ones.
    for line in io::stdin().lock().lines() {
        let line = line?;
        let seq = field(&line, "seq").unwrap_or("null");
        let command = field(&line, "command").unwrap_or("").trim_matches('"');
        let fields = match carry_out(command, &line) {
            Ok(fields) => fields,
            Err(Failure::Skipped(reason)) => format!(r#""skipped":{{"reason":"{reason}"}}"#),
            Err(Failure::Errored(message)) => {
                format!(r#""errored":{{"message":{message:?}}}"#)
            }
        };
        let comma = if fields.is_empty() { "" } else { "," };
        let mut out = io::stdout().lock();
        writeln!(out, r#"{{"seq":{seq}{comma}{fields}}}"#)?;
        out.flush()?;
        if command == "stop" {
            break;
        }
    }
    Ok(())
}

/// Returns the value of a field of the object in a line, as it is written there.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (mut depth, mut quoted, mut escaped, mut start) = (0, false, false, None);
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b',' | b'}' | b']' if depth == 1 => {
                let entry = &line[start.unwrap_or(0)..at];
                let (key, value) = entry.split_once(':')?;
                if key.trim().trim_matches('"') == name {
                    return Some(value.trim());
                }
                start = None;
            }
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        if start.is_none() && depth == 1 && byte != b'{' && byte != b',' {
            start = Some(at);
        }
    }
    None
}
