// An adapter for an implementation of Gotalk: the conformance suite sends it commands, one on each line, and
// reads its answers. The page "Adapters" of the suite defines them. Commands that are not written yet are
// skipped; their cases fail or do not apply. Write to standard error whatever you like to see.

import Foundation

typealias JSONObject = [String: Any]

/// The description of the implementation. Add to the lists what it supports.
func description() -> JSONObject {
    [
        "implementation": ["name": "my-gotalk", "version": "0.0.0", "language": "swift"],
        "roles": JSONObject(), // ["acceptor": ["tcp"], "initiator": ["tcp"]]
        "versions": ["01"],
        "operations": [String](), // the standard operations: "echo", "fail", …
        "limits": ["name": 4095, "payload": Int(UInt32.max)],
        "features": ["codec"], // "streams", "heartbeat", …
    ]
}

enum Failure: Error {
    /// The implementation cannot do this.
    case skipped
    case errored(String)
}

/// Carries out a command, and returns the answer.
func carryOut(_ command: String, _ arguments: JSONObject) throws -> JSONObject {
    switch command {
    case "start":
        guard arguments["protocol"] as? Int == 1 else { throw Failure.errored("wanted protocol 1") }
        return description()
    case "decode":
        return try decode(arguments)
    case "encode":
        return try encodeMessage(arguments["message"] as? JSONObject)
    case "listen", "connect", "request", "notify", "open-stream", "write", "end", "cancel", "report", "close",
        "drain", "advance":
        throw Failure.skipped
    case "reset", "stop": // Close all listeners and connections here.
        return [:]
    default:
        throw Failure.errored("unknown command \(command)")
    }
}

func decode(_ arguments: JSONObject) throws -> JSONObject {
    for name in ["handshake", "end", "limits"] where arguments[name] != nil { throw Failure.skipped }
    var decoder = Decoder()
    var messages: [JSONObject] = []
    for (chunk, digits) in (arguments["chunks"] as? [String] ?? []).enumerated() {
        decoder.push(fromHex(digits))
        do {
            while case .heartbeat(let load, let time)? = try decoder.next() {
                let message: JSONObject = ["kind": "Heartbeat", "load": Int(load), "time": Int(time)]
                messages.append(["chunk": chunk, "message": message])
            }
        } catch let refused as Refused {
            let why: JSONObject = ["chunk": chunk, "reason": refused.reason, "code": invalidMessage]
            return ["messages": messages, "refused": why]
        }
    }
    return ["messages": messages]
}

func encodeMessage(_ message: JSONObject?) throws -> JSONObject {
    guard let message else { throw Failure.skipped } // the version itself
    let kind = message["kind"] as? String ?? ""
    guard kind == "Heartbeat" else { throw Failure.errored("cannot write a \(kind) yet") }
    guard let load = UInt16(exactly: message["load"] as? Int ?? -1),
        let time = UInt32(exactly: message["time"] as? Int ?? -1)
    else {
        return ["refused": ["reason": "out-of-range"]]
    }
    let bytes = encode(.heartbeat(load: load, time: time))
    return ["bytes": bytes.map { String(format: "%02x", $0) }.joined()]
}

func fromHex(_ digits: String) -> [UInt8] {
    let digits = Array(digits)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
        UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
}

func answer(to arguments: JSONObject?) -> JSONObject {
    do {
        guard let arguments else { throw Failure.errored("this line is no JSON") }
        return try carryOut(arguments["command"] as? String ?? "", arguments)
    } catch Failure.skipped {
        return ["skipped": ["reason": "this adapter does not do that yet"]]
    } catch Failure.errored(let message) {
        return ["errored": ["message": message]]
    } catch {
        return ["errored": ["message": "\(error)"]]
    }
}

// One command after the other. A command that waits, such as report, needs a thread or task of its own, so that
// the next ones are read.
while let line = readLine() {
    let arguments = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? JSONObject
    var answered = answer(to: arguments)
    answered["seq"] = arguments?["seq"] ?? NSNull()
    let bytes = try JSONSerialization.data(withJSONObject: answered)
    FileHandle.standardOutput.write(bytes + Data("\n".utf8))
    if arguments?["command"] as? String == "stop" { break }
}
