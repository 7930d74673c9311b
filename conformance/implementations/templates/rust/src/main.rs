//! An adapter for an implementation of Gotalk: the conformance suite sends it commands, one on each line, and
//! reads its answers. The page "Adapters" of the suite defines them. Commands that are not written yet are
//! skipped; their cases fail or do not apply. Write to standard error whatever you like to see.

mod codec;

use std::io::{self, BufRead, Write};
use std::thread;

use codec::{encode, Decoder, Message, Refused};
use serde_json::{json, Value};

/// The description of the implementation. Add to the lists what it supports.
fn description() -> Value {
    json!({
        "implementation": {"name": "my-gotalk", "version": "0.0.0", "language": "rust"},
        "roles": {}, // {"acceptor": ["tcp"], "initiator": ["tcp"]}
        "versions": ["01"],
        "operations": [], // the standard operations: "echo", "fail", …
        "limits": {"name": 4095, "payload": u32::MAX},
        "features": ["codec"], // "streams", "heartbeat", …
    })
}

/// Why a command has no answer.
enum Failure {
    Skipped,
    Errored(String),
}

impl<T: ToString> From<T> for Failure {
    fn from(error: T) -> Self {
        Failure::Errored(error.to_string())
    }
}

/// Carries out a command, and returns the answer.
fn carry_out(command: &Value) -> Result<Value, Failure> {
    match command["command"].as_str().unwrap_or_default() {
        "start" if command["protocol"] == 1 => Ok(description()),
        "start" => Err(format!("protocol is {}, wanted 1", command["protocol"]))?,
        "decode" => decode(command),
        "encode" => encode_message(&command["message"]),
        "listen" | "connect" | "request" | "notify" | "open-stream" | "write" | "end"
        | "cancel" | "report" | "close" | "drain" | "advance" => Err(Failure::Skipped),
        // Close all listeners and connections here.
        "reset" | "stop" => Ok(json!({})),
        unknown => Err(format!("unknown command {unknown}"))?,
    }
}

fn decode(command: &Value) -> Result<Value, Failure> {
    if ["handshake", "end", "limits"]
        .iter()
        .any(|&name| !command[name].is_null())
    {
        return Err(Failure::Skipped);
    }
    let mut decoder = Decoder::default();
    let mut messages = Vec::new();
    for (chunk, digits) in command["chunks"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        decoder.push(&from_hex(digits.as_str().unwrap_or_default())?);
        loop {
            match decoder.next_message() {
                Ok(Some(message)) => {
                    messages.push(json!({"chunk": chunk, "message": to_json(&message)}));
                }
                Ok(None) => break,
                Err(Refused { reason, code }) => {
                    let refused = json!({"chunk": chunk, "reason": reason, "code": code});
                    return Ok(json!({"messages": messages, "refused": refused}));
                }
            }
        }
    }
    Ok(json!({"messages": messages}))
}

fn encode_message(message: &Value) -> Result<Value, Failure> {
    match message["kind"].as_str() {
        None => Err(Failure::Skipped), // the version itself
        Some("Heartbeat") => {
            let load = message["load"]
                .as_u64()
                .and_then(|load| load.try_into().ok());
            let time = message["time"]
                .as_u64()
                .and_then(|time| time.try_into().ok());
            // Numbers that the fields of a message cannot have are refused by their types.
            let (Some(load), Some(time)) = (load, time) else {
                return Ok(json!({"refused": {"reason": "out-of-range"}}));
            };
            Ok(json!({"bytes": to_hex(&encode(&Message::Heartbeat { load, time }))}))
        }
        Some(kind) => Err(format!("cannot write a {kind} yet"))?,
    }
}

fn to_json(message: &Message) -> Value {
    match message {
        Message::Heartbeat { load, time } => {
            json!({"kind": "Heartbeat", "load": load, "time": time})
        }
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(digits: &str) -> Result<Vec<u8>, Failure> {
    let pairs = (0..digits.len()).step_by(2);
    let bytes = pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
    Ok(bytes.collect::<Result<_, _>>()?)
}

/// Prints the answer to a command.
fn answer(command: serde_json::Result<Value>) -> io::Result<()> {
    let (seq, result) = match command {
        Ok(command) => (command["seq"].clone(), carry_out(&command)),
        Err(error) => (Value::Null, Err(error.into())),
    };
    let mut answer = result.unwrap_or_else(|failure| match failure {
        Failure::Skipped => json!({"skipped": {"reason": "this adapter does not do that yet"}}),
        Failure::Errored(message) => json!({"errored": {"message": message}}),
    });
    answer["seq"] = seq;
    let mut out = io::stdout().lock();
    writeln!(out, "{answer}")?;
    out.flush()
}

fn main() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let command = serde_json::from_str::<Value>(&line?);
        if command.as_ref().is_ok_and(|each| each["command"] == "stop") {
            return answer(command);
        }
        // A command may wait, so the next one is read before it is answered.
        thread::spawn(move || answer(command));
    }
    Ok(())
}
