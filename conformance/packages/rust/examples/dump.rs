//! Prints checksums of all decoded codec cases, to be compared with those of the other packages.

use std::io::{self, BufWriter, Write};

use gotalk_conformance::{codec_cases, Message};

/// The CRC-32 that zlib computes.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    };
    !bytes.iter().fold(!0, step)
}

fn text(message: &Message) -> String {
    let hex = |bytes: &Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut fields: Vec<(&str, String)> = vec![("kind", message.kind.clone())];
    fields.extend(
        message
            .bytes
            .iter()
            .map(|(name, bytes)| (&**name, hex(bytes))),
    );
    fields.extend(
        message
            .numbers
            .iter()
            .map(|(name, number)| (&**name, number.to_string())),
    );
    fields.sort();
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    fields.join(" ")
}

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for case in codec_cases() {
        let messages: Vec<String> = case.messages.iter().map(text).collect();
        let wire = checksum(case.wire.as_deref().unwrap_or_default());
        writeln!(
            out,
            "{} {wire} {}",
            case.id,
            checksum(messages.join("\n").as_bytes())
        )?;
        for (name, chunks) in case.cuts() {
            let sizes: Vec<String> = chunks.iter().map(|chunk| chunk.len().to_string()).collect();
            writeln!(
                out,
                "{} {name} {}",
                case.id,
                checksum(sizes.join(",").as_bytes())
            )?;
        }
    }
    out.flush()
}
