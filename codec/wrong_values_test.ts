/** Values that messages and payloads cannot have are refused by their names. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import { describeReceived } from "./describe.ts";
import { encode } from "./encoder.ts";
import { isLimitError } from "./limit_error.ts";
import type { Message } from "./message.ts";
import { bytes, text } from "./payload.ts";
import { isProtocolError } from "./protocol_error.ts";

/** What a program in plain JavaScript can give. */
// deno-lint-ignore no-explicit-any
function given(value: unknown): any {
  return value;
}

function notification(name: unknown, payload: unknown): Message {
  return given({ kind: "Notification", name, payload });
}

const NONE = new Uint8Array(0);

Deno.test("a name that is neither text nor bytes is refused, and one that UTF-8 cannot write", () => {
  for (const [name, found] of [[5, "5"], [undefined, "undefined"]]) {
    assertThrows(
      () => encode(notification(name, NONE)),
      TypeError,
      `Cannot encode Notification: name is ${found}, wanted a string or a Uint8Array`,
    );
  }
  for (const name of ["\ud800", "a\udc00", "\ud800a", "\udc00\ud800"]) {
    const error = assertThrows(
      () => encode(notification(name, NONE)),
      Error,
      "wanted text without lone surrogates",
    );
    assert(isLimitError(error) && error.code === "name");
  }
  assertThrows(
    () => encode(notification("a".repeat(4096), NONE)),
    Error,
    "Cannot encode Notification: name is 4096 bytes, wanted at most 4095",
  );
  const pair = concat(encode(notification("\u{1f600}é", NONE)));
  assertEquals(new TextDecoder().decode(pair), "n006\u{1f600}é00000000");
});

Deno.test("a payload that is no array of bytes is refused, also one of wider elements", () => {
  for (const payload of ["text", [1], new ArrayBuffer(1), new Uint16Array(1)]) {
    assertThrows(
      () => encode(notification("n", payload)),
      TypeError,
      "Cannot encode Notification: payload is ",
    );
  }
});

Deno.test("codecs refuse what they cannot encode, and pass what holds bytes", () => {
  assertThrows(
    () => text.encode(given(5), { operation: "a" }),
    TypeError,
    'Cannot encode the payload of "a": got 5, wanted a string',
  );
  assertEquals(bytes.encode(new Uint16Array([1])).byteLength, 2);
  assertThrows(
    () => bytes.encode(given("text"), { operation: "a" }),
    TypeError,
    '"a"',
  );
});

Deno.test("a received ProtocolError is described by its code and what it means", () => {
  assertEquals(
    [0, 1, 2, 3, 9].map(describeReceived),
    [
      "the remote peer reported code 0 (abnormal); it may have refused the connection",
      "the remote peer reported code 1 (unsupported version)",
      "the remote peer reported code 2 (invalid message)",
      "the remote peer reported code 3 (timeout)",
      "the remote peer reported code 9 (unknown)",
    ],
  );
});

Deno.test("a value that throws when it is inspected is no error of the library", () => {
  const hostile = new Proxy(new Error("x"), {
    has: () => {
      throw new Error("has");
    },
    getPrototypeOf: () => {
      throw new Error("prototype");
    },
  });
  assertEquals([isLimitError(hostile), isProtocolError(hostile)], [
    false,
    false,
  ]);
});
