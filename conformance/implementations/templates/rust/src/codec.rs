//! The beginning of an implementation, which reads and writes Heartbeats. Write the other kinds here, or call
//! your own implementation in main.rs instead.

/// The code of a ProtocolError for bytes that are no message.
const INVALID_MESSAGE: u32 = 2;

/// A message. Add the other kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    Heartbeat { load: u16, time: u32 },
}

/// Why bytes are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub reason: &'static str,
    pub code: u32,
}

/// Reads messages from bytes that arrive in pieces.
#[derive(Default)]
pub struct Decoder {
    bytes: Vec<u8>,
}

impl Decoder {
    /// Takes bytes that have arrived.
    pub fn push(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
    }

    /// Returns the next message, or `None` if it is not complete yet.
    pub fn next_message(&mut self) -> Result<Option<Message>, Refused> {
        match self.bytes.first() {
            None => Ok(None),
            Some(b'h') => {
                let (load, time) = (self.number(1, 4)?, self.number(5, 8)?);
                let (Some(load), Some(time)) = (load, time) else {
                    return Ok(None);
                };
                self.bytes.drain(..13);
                Ok(Some(Message::Heartbeat {
                    load: load as u16,
                    time,
                }))
            }
            Some(_) => Err(Refused {
                reason: "unknown-kind",
                code: INVALID_MESSAGE,
            }),
        }
    }

    /// The number in hexadecimal digits at an offset; `None` if some are yet to arrive.
    fn number(&self, offset: usize, digits: usize) -> Result<Option<u32>, Refused> {
        let arrived = self.bytes.get(offset..).unwrap_or_default();
        let mut number = 0;
        for &byte in arrived.iter().take(digits) {
            let Some(digit) = (byte as char).to_digit(16) else {
                return Err(Refused {
                    reason: "bad-hex",
                    code: INVALID_MESSAGE,
                });
            };
            number = number << 4 | digit;
        }
        Ok((arrived.len() >= digits).then_some(number))
    }
}

/// Returns the bytes of a message.
pub fn encode(message: &Message) -> Vec<u8> {
    match message {
        Message::Heartbeat { load, time } => format!("h{load:04x}{time:08x}").into_bytes(),
    }
}
