import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { anyBytes, anyConversation, check } from "./_arbitrary.ts";
import { bytesOf } from "./_oracle.ts";
import {
  bytesFromJson,
  bytesToJson,
  messageFromJson,
  messageToJson,
} from "./json_form.ts";
import { LimitError } from "./limit_error.ts";
import type { Message } from "./message.ts";
import { requestId } from "./request_id.ts";
import { ValidationError } from "./validation_error.ts";

const id = requestId("0001");

Deno.test("property: messages come back from JSON text", () => {
  check(fc.property(anyConversation, ({ version, messages }) => {
    for (const message of messages) {
      const text = JSON.stringify(messageToJson(message, { version }));
      assertEquals(messageFromJson(JSON.parse(text), { version }), message);
    }
  }));
});

Deno.test("property: bytes come back from JSON, in the segments that they were cut into", () => {
  const runs = fc.array(
    fc.oneof(
      anyBytes,
      fc.string({ unit: fc.constantFrom("a", "\0") }).map(bytesOf),
    ),
    { maxLength: 4 },
  );
  check(fc.property(runs, (runs) => {
    const bytes = new Uint8Array(runs.flatMap((run) => [...run]));
    const json = bytesToJson(bytes);
    assertEquals(bytesFromJson(JSON.parse(JSON.stringify(json))), bytes);
    if (typeof json === "string") return;
    json.forEach((segment, index) => {
      if ("ascii" in segment) assert(segment.ascii.length >= 4);
      if (index > 0) assert("hex" in segment !== "hex" in json[index - 1]!);
    });
  }));
});

Deno.test("bytes are text where they are printable, and digits elsewhere", () => {
  for (
    const [wire, json] of [
      ["", ""],
      ["hello world~", "hello world~"],
      ["abc", "abc"],
      ["\0", [{ hex: "00" }]],
      ["hello\r\n", [{ ascii: "hello" }, { hex: "0d0a" }]],
      ["\r\nhello", [{ hex: "0d0a" }, { ascii: "hello" }]],
      ["\0abc\0", [{ hex: "0061626300" }]],
      ["\0abcd\0", [{ hex: "00" }, { ascii: "abcd" }, { hex: "00" }]],
      ["abc\0", [{ hex: "61626300" }]],
      ["\0abc", [{ hex: "00616263" }]],
      ["\xff\x7f\x1f\x80", [{ hex: "ff7f1f80" }]],
      ["abcd\xc3\xa9efgh", [{ ascii: "abcd" }, { hex: "c3a9" }, {
        ascii: "efgh",
      }]],
    ] as const
  ) {
    assertEquals(bytesToJson(bytesOf(wire)), json);
    assertEquals(bytesFromJson(json), bytesOf(wire));
  }
});

Deno.test("large payloads have a JSON form", () => {
  const bytes = new Uint8Array(4 * 1024 * 1024).fill(0x61);
  bytes[bytes.length - 1] = 0;
  const json = bytesToJson(bytes) as { ascii: string }[];
  assertEquals(json.length, 2);
  assertEquals(json[0]!.ascii.length, bytes.length - 1);
  assertEquals(bytesFromJson(json).length, bytes.length);
});

Deno.test("each kind has its fields, under their names", () => {
  const payload = bytesOf("hi\n");
  const shown = [{ hex: "68690a" }];
  for (
    const [message, json] of [
      [
        { kind: "SingleRequest", id, operation: "\u00e9cho", payload },
        {
          kind: "SingleRequest",
          id: "0001",
          operation: [{ hex: "c3a963686f" }],
          payload: shown,
        },
      ],
      [
        { kind: "Notification", name: bytesOf("\xff"), payload: bytesOf("") },
        { kind: "Notification", name: [{ hex: "ff" }], payload: "" },
      ],
      [
        { kind: "RetryResult", id: 0xff000001, wait: 7, payload: bytesOf("") },
        {
          kind: "RetryResult",
          id: [{ hex: "ff000001" }],
          wait: 7,
          payload: "",
        },
      ],
      [
        { kind: "Heartbeat", load: 1, time: 2 },
        { kind: "Heartbeat", load: 1, time: 2 },
      ],
      [{ kind: "ProtocolError", code: 2 }, { kind: "ProtocolError", code: 2 }],
    ] as const
  ) {
    assertEquals(messageToJson(message) as unknown, json);
    assertEquals(messageFromJson(json) as unknown, message);
  }
});

Deno.test("bytes can be cut into segments in any way", () => {
  assertEquals(
    bytesFromJson([{ ascii: "" }, { hex: "" }, { hex: "0001" }, {
      ascii: "a",
    }]),
    bytesOf("\0\x01a"),
  );
  assertEquals(bytesFromJson([]), bytesOf(""));
});

Deno.test("what is no JSON form of bytes is refused", () => {
  for (
    const [json, what] of [
      [
        undefined,
        "bytes is undefined, wanted a string or an array of segments",
      ],
      [null, "bytes is null, wanted a string or an array of segments"],
      [{}, "bytes is {}, wanted a string or an array of segments"],
      ["\u00e9", 'text is "\u00e9", wanted printable ASCII'],
      ["a\n", 'text is "a\\n", wanted printable ASCII'],
      [[{ ascii: "\x7f" }], 'text is "\x7f", wanted printable ASCII'],
      ...["0", "0G", "0A", " 0", "000"].map((hex) =>
        [
          [{ hex }],
          `segment is {"hex":"${hex}"}, wanted {"ascii": text} or {"hex": pairs of lower-case digits}`,
        ] as const
      ),
      ...[{}, null, 1, "x", { ascii: "a", hex: "00" }, { hex: 0 }, { ascii: 0 }]
        .map((segment) =>
          [
            [segment],
            `segment is ${
              JSON.stringify(segment)
            }, wanted {"ascii": text} or {"hex": pairs of lower-case digits}`,
          ] as const
        ),
    ] as const
  ) {
    const error = assertThrows(() => bytesFromJson(json)) as ValidationError;
    assert(error instanceof ValidationError);
    assertEquals(error.message, `Cannot read a message from JSON: ${what}`);
    assertEquals([error.code, error.side], ["schema", "local"]);
  }
});

Deno.test("what describes no message is refused by its field", () => {
  const heartbeat = { kind: "Heartbeat", load: 0, time: 0 };
  for (
    const [json, what] of [
      [null, "kind is undefined, wanted the name of a kind of message"],
      ["Heartbeat", "kind is undefined, wanted the name of a kind of message"],
      [
        { kind: "Ping" },
        'kind is "Ping", wanted the name of a kind of message',
      ],
      [
        { kind: "constructor" },
        'kind is "constructor", wanted the name of a kind of message',
      ],
      [{ kind: "Heartbeat", load: 0 }, "time is undefined, wanted a value"],
      [{ ...heartbeat, code: 1 }, "code is 1, wanted no such field"],
      [{ ...heartbeat, time: "0" }, 'time is "0", wanted a number'],
      [
        { kind: "ProtocolError", code: null },
        "code is null, wanted a number",
      ],
      [
        { kind: "SingleRequest", id: "0001", name: "x", payload: "" },
        "operation is undefined, wanted a value",
      ],
      [
        { kind: "SingleResult", id: "0001", payload: 1 },
        "bytes is 1, wanted a string or an array of segments",
      ],
      [
        JSON.parse('{"kind":"ProtocolError","code":1,"__proto__":{}}'),
        "__proto__ is {}, wanted no such field",
      ],
    ] as const
  ) {
    const error = assertThrows(() => messageFromJson(json)) as ValidationError;
    assert(error instanceof ValidationError);
    assertEquals(error.message, `Cannot read a message from JSON: ${what}`);
  }
});

Deno.test("a request ID of another length is refused", () => {
  const json = { kind: "SingleResult", id: "001", payload: "" };
  assertThrows(() => messageFromJson(json), LimitError, "wanted 4");
  assertEquals(
    messageFromJson(json, { version: "00" }) as unknown,
    { kind: "SingleResult", id: 0x303031, payload: bytesOf("") },
  );
});

Deno.test("version 00 has seven kinds in JSON, too", () => {
  assertThrows(
    () =>
      messageFromJson({ kind: "ProtocolError", code: 1 }, { version: "00" }),
    ValidationError,
    "the name of a kind of message",
  );
});

Deno.test("the JSON form is another object than the message", () => {
  const message: Message = { kind: "Heartbeat", load: 1, time: 2 };
  assert(messageToJson(message) as unknown !== message);
  assert(messageFromJson(message) !== message);
});
