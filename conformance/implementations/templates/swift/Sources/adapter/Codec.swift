// The beginning of an implementation, which reads and writes Heartbeats. Write the other kinds here, or call
// your own implementation in main.swift instead.

/// The code of a ProtocolError for bytes that are no message.
let invalidMessage = 2

/// A message. Add the other kinds.
enum Message {
    case heartbeat(load: UInt16, time: UInt32)
}

/// Thrown for bytes that are refused.
struct Refused: Error {
    let reason: String
}

/// Reads messages from bytes that arrive in pieces.
struct Decoder {
    private var bytes: [UInt8] = []

    /// Takes bytes that have arrived.
    mutating func push(_ chunk: [UInt8]) {
        bytes += chunk
    }

    /// Returns the next message; `nil` if it is not complete yet.
    mutating func next() throws -> Message? {
        guard let kind = bytes.first else { return nil }
        guard kind == UInt8(ascii: "h") else { throw Refused(reason: "unknown-kind") }
        guard let load = try number(at: 1, digits: 4), let time = try number(at: 5, digits: 8) else {
            return nil
        }
        bytes.removeFirst(13)
        return .heartbeat(load: UInt16(load), time: time)
    }

    /// The number in hexadecimal digits at an offset; `nil` if some are yet to arrive.
    private func number(at offset: Int, digits: Int) throws -> UInt32? {
        var number: UInt32 = 0
        for byte in bytes.dropFirst(offset).prefix(digits) {
            let character = Character(UnicodeScalar(byte))
            guard byte < 128, let digit = character.hexDigitValue else { throw Refused(reason: "bad-hex") }
            number = number << 4 | UInt32(digit)
        }
        return bytes.count >= offset + digits ? number : nil
    }
}

/// Returns the bytes of a message.
func encode(_ message: Message) -> [UInt8] {
    switch message {
    case .heartbeat(let load, let time):
        return Array("h\(hex(UInt32(load), digits: 4))\(hex(time, digits: 8))".utf8)
    }
}

private func hex(_ number: UInt32, digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
}
