// What other implementations write, right and wrong: the Go reference 1.3.7,
// gotalk.js 1.2.1 and python-gotalk.

import { assertEquals } from "@std/assert";
import { DEFAULT_MAX_PAYLOAD_BYTES } from "./decoder_options.ts";
import { describe } from "./describe.ts";
import { MAX_NAME_BYTES } from "./name.ts";
import { bytesOf, oracleDecode } from "./testing/oracle.ts";
import { decodeChunks, oracleShape } from "./testing/oracle_shape.ts";

/**
 * For each case its name, with the statements it shows, and the bytes behind
 * the version; then the messages after ">", and the refusal after "!".
 */
const CASES = String.raw`
Go: a result
  R000100000002hi
  > SingleResult 0001 2 bytes "hi"
Go: an empty result
  R000100000000
  > SingleResult 0001 0 bytes
Go: requests whose IDs count from zero in little-endian order (wire/request-id)
  r\x00\x00\x00\x00009client-op00000000r\x01\x00\x00\x00009client-op00000000
  > SingleRequest \x00\x00\x00\x00 "client-op" 0 bytes
  > SingleRequest \x01\x00\x00\x00 "client-op" 0 bytes
Go: an unknown operation
  E000100000018unknown operation "nope"
  > ErrorResult 0001 24 bytes "unknown operation \"nope\""
Go: a handler that fails without a text
  E000100000000
  > ErrorResult 0001 0 bytes
Go: a stream handler that fails after output
  S000100000003oneE00010000000bstream boomS000100000000
  > StreamResult 0001 3 bytes "one"
  > ErrorResult 0001 11 bytes "stream boom"
  > StreamResult 0001 0 bytes
Go: a limit of requests
  e0001000001f400000012request rate limit
  > RetryResult 0001 wait 500 ms 18 bytes "request rate limit"
Go: streams turned off
  E00010000001dstream requests not supported
  > ErrorResult 0001 29 bytes "stream requests not supported"
Go: the end of a stream that was never opened
  p\x07\x00\x00\x0000000000
  > StreamRequestPart \x07\x00\x00\x00 0 bytes
Go: a heartbeat, then a timeout
  h00005f63ee48f00000003
  > Heartbeat load 0 time 2020-09-17T23:16:24Z
  > ProtocolError code 3 (timeout)
Go: binary names (wire/text3-bytes)
  r0001002\xff\xfe00000002hin005\x00\x0d\x0a"'00000000
  > SingleRequest 0001 "\xff\xfe" 2 bytes "hi"
  > Notification "\x00\x0d\x0a\"'" 0 bytes
Go: results under unusual IDs
  R\xff\xff\xff\xff00000000R\x0d\x0a\x0d\x0a00000000Rr00000000000R    00000000
  > SingleResult \xff\xff\xff\xff 0 bytes
  > SingleResult \x0d\x0a\x0d\x0a 0 bytes
  > SingleResult r000 0 bytes
  > SingleResult \x20\x20\x20\x20 0 bytes
gotalk.js: requests under its first and last ID
  r0000004echo00000002hirzzzz004echo00000000
  > SingleRequest 0000 "echo" 2 bytes "hi"
  > SingleRequest zzzz "echo" 0 bytes
gotalk.js: a stream that is never ended
  s!000006import00000000
  > StreamRequest !000 "import" 0 bytes
gotalk.js: the refusal of a RetryResult
  f00000002
  > ProtocolError code 2 (invalid message)
a code above those that gotalk.js can pass on (error/unknown-code)
  f00000400
  > ProtocolError code 1024 (unknown)
numbers that gotalk.js reads as negative (wire/unsigned)
  hffffffffffffe0001ffffffff00000000
  > Heartbeat load 65535 time 2106-02-07T06:28:15Z
  > RetryResult 0001 wait 4294967295 ms 0 bytes
upper-case digits, which all implementations read (wire/hex)
  R00010000000A0123456789n00Aabcdefghij00000000
  > SingleResult 0001 10 bytes "0123456789"
  > Notification "abcdefghij" 0 bytes
an empty operation, and a notification of twelve bytes (wire/text3-empty, wire/complete)
  r000100000000002hin00000000000
  > SingleRequest 0001 "" 2 bytes "hi"
  > Notification "" 0 bytes
python-gotalk: a request with a short operation and an ID of four characters
  r0001004echo00000002hi
  > SingleRequest 0001 "echo" 2 bytes "hi"
python-gotalk: a notification
  n00cchat message00000002{}
  > Notification "chat message" 2 bytes "{}"
python-gotalk: a ProtocolError and a RetryResult
  f00000001e0001ffffffff00000000
  > ProtocolError code 1 (unsupported version)
  > RetryResult 0001 wait 4294967295 ms 0 bytes
python-gotalk: a request and a result of version 00
  r001004echo00000002hiR00100000002hi
  > SingleRequest 001 "echo" 2 bytes "hi"
  > SingleResult 001 2 bytes "hi"
the version again (handshake/once)
  01r0001004echo00000000
  ! unknown-kind at 0: a message: its kind is "0"
a line end
  f00000001\x0a
  > ProtocolError code 1 (unsupported version)
  ! unknown-kind at 9: a message: its kind is "\x0a"
an unknown kind with twelve digits (wire/kind)
  x000100000000
  ! unknown-kind at 0: a message: its kind is "x"
text
  Hello, how are you?
  ! unknown-kind at 0: a message: its kind is "H"
a payload size of "+0000002" (wire/hex-strict)
  R0001+0000002hi
  ! bad-hex at 5: SingleResult: payload size is
a payload size of "-0000002"
  R0001-0000002hi
  ! bad-hex at 5: SingleResult: payload size is
a payload size of " 0000002"
  R0001 0000002hi
  ! bad-hex at 5: SingleResult: payload size is
a payload size of "x0000000"
  R0001x0000000hi
  ! bad-hex at 5: SingleResult: payload size is
a payload size of "0x000002"
  R00010x000002hi
  ! bad-hex at 6: SingleResult: payload size is
a payload size of "0X000002"
  R00010X000002hi
  ! bad-hex at 6: SingleResult: payload size is
a payload size of "0 000002"
  R00010 000002hi
  ! bad-hex at 6: SingleResult: payload size is
a payload size of "0_000002"
  R00010_000002hi
  ! bad-hex at 6: SingleResult: payload size is
"\u0000" for a digit, some of which gotalk.js reads
  R00010000000\x00
  ! bad-hex at 12: SingleResult: payload size is
"/" for a digit, some of which gotalk.js reads
  R00010000000/
  ! bad-hex at 12: SingleResult: payload size is
":" for a digit, some of which gotalk.js reads
  R00010000000:
  ! bad-hex at 12: SingleResult: payload size is
";" for a digit, some of which gotalk.js reads
  R00010000000;
  ! bad-hex at 12: SingleResult: payload size is
"<" for a digit, some of which gotalk.js reads
  R00010000000<
  ! bad-hex at 12: SingleResult: payload size is
"=" for a digit, some of which gotalk.js reads
  R00010000000=
  ! bad-hex at 12: SingleResult: payload size is
">" for a digit, some of which gotalk.js reads
  R00010000000>
  ! bad-hex at 12: SingleResult: payload size is
"?" for a digit, some of which gotalk.js reads
  R00010000000?
  ! bad-hex at 12: SingleResult: payload size is
"@" for a digit, some of which gotalk.js reads
  R00010000000@
  ! bad-hex at 12: SingleResult: payload size is
"G" for a digit, some of which gotalk.js reads
  R00010000000G
  ! bad-hex at 12: SingleResult: payload size is
"\x60" for a digit, some of which gotalk.js reads
  R00010000000\x60
  ! bad-hex at 12: SingleResult: payload size is
"g" for a digit, some of which gotalk.js reads
  R00010000000g
  ! bad-hex at 12: SingleResult: payload size is
a heartbeat whose load is not a number
  hXXXX5f63ee48
  ! bad-hex at 1: Heartbeat: load is "X", wanted 4
Go: an empty operation without its length
  r\x01\x00\x00\x0000000002hi
  ! bad-hex at 13: SingleRequest: payload size is "00002h"
Go: an empty name without its length
  n00000002hi
  ! bad-hex at 9: Notification: payload size is "00002h"
Go: an empty operation without its length and without payload
  r\x01\x00\x00\x0000000000R000100000000
  ! bad-hex at 13: SingleRequest: payload size is "00000R"
gotalk.js: an empty operation without its length
  r000700000001x
  ! bad-hex at 13: SingleRequest: payload size is "00001x"
gotalk.js: an empty name without its length
  n00000001x
  ! bad-hex at 9: Notification: payload size is "00001x"
gotalk.js: an emoji of four bytes counted as six
  r0000004echo00000006\xf0\x9f\x98\x80h00005f63ee48
  > SingleRequest 0000 "echo" 6 bytes "😀h0"
  ! unknown-kind at 26: a message: its kind is "0"
gotalk.js: a size that stops at NUL
  r0000004echo00000001a\x00b
  > SingleRequest 0000 "echo" 1 byte "a"
  ! unknown-kind at 21: a message: its kind is "\x00"
gotalk.js: a size in characters, in text messages
  r0000004echo00000002\xc3\xa9\xc3\xa9
  > SingleRequest 0000 "echo" 2 bytes "é"
  ! unknown-kind at 22: a message: its kind is "\xc3"
python-gotalk: an operation size in decimal
  s0001011stream-echo00000003abc
  ! truncated at 30: a message: it ends after 30 bytes
python-gotalk: an operation size in decimal, then another message
  r0001010op-name-xx00000002hi
  ! bad-hex at 26: SingleRequest: payload size is "02h"
python-gotalk: an operation size in decimal, in version 00
  r001010op-name-xx00000002hi
  ! bad-hex at 25: SingleRequest: payload size is "02h"
python-gotalk: an operation size of four digits
  r00011000<1000 q>00000000
  ! bad-hex at 264: SingleRequest: payload size is "q"
python-gotalk: a name size of four digits
  n1000<4096 q>00000000
  ! bad-hex at 260: Notification: payload size is "q"
python-gotalk: a request under an ID of three characters
  r001004echo00000002hi
  ! truncated at 21: a message: it ends after 21 bytes
python-gotalk: a result under an ID of three characters
  R00100000002hi
  ! bad-hex at 12: SingleResult: payload size is "0000002h"
python-gotalk: a request under an ID of five characters
  r12345004echo00000002hi
  ! truncated at 23: a message: it ends after 23 bytes
python-gotalk: sizes of operation and payload in characters
  r0001002h\xc3\xa900000002\xe6\x97\xa5\xe6\x9c\xac
  ! bad-hex at 10: SingleRequest: payload size is "\xa9"
python-gotalk: a payload size in characters
  R000100000002\xe6\x97\xa5\xe6\x9c\xac
  > SingleResult 0001 2 bytes "\xe6\x97"
  ! unknown-kind at 15: a message: its kind is "\xa5"
python-gotalk: a size in bytes, and the payload as Python prints it
  R000100000002b'\x5cx00\x5cxff'
  > SingleResult 0001 2 bytes "b'"
  ! unknown-kind at 15: a message: its kind is "\\"
an operation size of 0x4, which python-gotalk reads
  r00010x4echo00000000
  ! bad-hex at 6: SingleRequest: operation length is
an operation size of 0_4, which python-gotalk reads
  r00010_4echo00000000
  ! bad-hex at 6: SingleRequest: operation length is
a name size of " 04", which python-gotalk reads
  n 04echo00000000
  ! bad-hex at 1: Notification: name length is
a name size of "+04", which python-gotalk reads
  n+04echo00000000
  ! bad-hex at 1: Notification: name length is
a payload size that python-gotalk does not read
  R0001xxxxxxxxhi
  ! bad-hex at 5: SingleResult: payload size is "x"
a cut result, which python-gotalk reads (close/inside)
  R0
  ! truncated at 2: a message: it ends after 2 bytes
python-gotalk: a negative code
  f-0000001
  ! bad-hex at 1: ProtocolError: code is "-"
python-gotalk: a negative wait
  e0001-000000100000000
  ! bad-hex at 5: RetryResult: wait is "-"
python-gotalk: a wait of nine digits
  e000110000000000000000
  > RetryResult 0001 wait 268435456 ms 0 bytes
  ! unknown-kind at 21: a message: its kind is "0"
e in version 00 (version00/kinds)
  e001000001f400000000
  ! unknown-kind at 0: a message: its kind is "e", wanted one of E R S n p r s
h in version 00
  h00005f63ee48
  ! unknown-kind at 0: a message: its kind is "h", wanted one of E R S n p r s
f in version 00
  f00000001
  ! unknown-kind at 0: a message: its kind is "f", wanted one of E R S n p r s
a payload size for which a Go server reserves 4 GiB
  r0001004echoffffffffabc
  ! over-limit at 12: SingleRequest: payload size is 4294967295 bytes
a size in characters instead of bytes
  r0001006h\xc3\xa9llo\xe6\x97\xa500000002hi
  ! bad-hex at 14: SingleRequest: payload size is "\xe6"
the end within a payload
  R000100000005ab
  ! truncated at 15: SingleResult: payload ends after 2 of 5
`;

/** The bytes of a case: \xNN is one byte, and <1000 q> the letter as often. */
function bytesOfCase(text: string): Uint8Array<ArrayBuffer> {
  return bytesOf(
    text
      .replace(/\\x(..)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
      .replace(/<(\d+) (.)>/g, (_, count, letter) => letter.repeat(count)),
  );
}

for (const text of CASES.trim().split(/\n(?=\S)/)) {
  const [name, wire, ...outcome] = text.split("\n").map((line, index) =>
    index === 0 ? line : line.slice(2)
  );
  Deno.test(`foreign bytes: ${name}`, () => {
    const bytes = bytesOfCase(wire!);
    const version = name!.includes("version 00") ? "00" : "01";
    const decoded = decodeChunks([bytes], { version });
    const { messages, error } = decoded;
    const lines = messages.map((message) =>
      `> ${describe(message, { version })}`
    );
    if (error !== undefined) {
      assertEquals(error.code, 2);
      const what = error.message.replace("Cannot decode ", "");
      lines.push(`! ${error.reason} at ${error.offset}: ${what}`);
    }
    // An expected error may be only the beginning of the actual one.
    const last = outcome.at(-1)!;
    if (last.startsWith("!") && lines.at(-1)?.startsWith(last)) {
      lines[lines.length - 1] = last;
    }
    assertEquals(lines, outcome);
    const limits = {
      maxNameBytes: MAX_NAME_BYTES,
      maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES,
    };
    const oracle = oracleDecode(bytes, { version, ...limits });
    assertEquals(oracleShape(decoded), oracle);
  });
}
