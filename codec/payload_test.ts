import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { check } from "./testing/arbitrary.ts";
import { bytesOf } from "./testing/oracle.ts";
import { bytes, json, text } from "./payload.ts";
import { ValidationError } from "./validation_error.ts";

const utf8 = new TextEncoder();

/** The error that a call throws, which must be a ValidationError. */
function refusal(call: () => unknown): ValidationError {
  return assertThrows(call, ValidationError) as ValidationError;
}

Deno.test("property: JSON values come back", () => {
  check(fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
    assertEquals(
      json.decode(json.encode(value)),
      JSON.parse(JSON.stringify(value)),
    );
  }));
});

Deno.test("undefined is the empty payload of JSON, both ways", () => {
  assertEquals(json.encode(undefined), new Uint8Array());
  assertEquals(json.decode(new Uint8Array()), undefined);
});

Deno.test("JSON that was escaped otherwise has the same value", () => {
  assertEquals(json.decode(utf8.encode('"\\u003c\\u2028"')), "<\u2028");
  assertEquals(json.decode(utf8.encode(' {"a" : 1e0}\n')), { a: 1 });
});

Deno.test("values without JSON form are refused as the caller's", () => {
  const loop: unknown[] = [];
  loop.push(loop);
  for (
    const value of [
      loop,
      1n,
      () => 1,
      Symbol("x"),
      { toJSON: () => undefined },
    ]
  ) {
    const error = refusal(() => json.encode(value));
    assertEquals([error.code, error.side, error.offset], [
      "json",
      "local",
      undefined,
    ]);
    assertEquals(
      error.message,
      "Cannot encode the payload: it is a value without JSON form, wanted a value that JSON can hold",
    );
  }
  assert(refusal(() => json.encode(1n)).cause instanceof TypeError);
});

Deno.test("malformed JSON is refused with the offset in bytes, and the operation", () => {
  for (
    const [source, offset, what] of [
      ['{"name":}', 8, '"}", wanted a JSON value'],
      ['{"n', 3, "the end, wanted the end of a string"],
      ['"\u00e9\u65e5\u{1f600}', 10, "the end, wanted the end of a string"],
      ['["\u00e9" 1]', 6, '"1", wanted "," or "]"'],
      ["[1,]", 3, '"]", wanted a JSON value'],
      ["\ufeff{}", 0, '"\\u{feff}", wanted a JSON value'],
      ["[\u{1f600}]", 1, '"\u{1f600}", wanted a JSON value'],
      ["\x1b[2J", 0, '"\\x1b", wanted a JSON value'],
    ] as const
  ) {
    const payload = utf8.encode(source);
    const error = refusal(() =>
      json.decode(payload, { operation: "gr\u00fc\u00dfe" })
    );
    assertEquals([error.code, error.side, error.offset], [
      "json",
      "remote",
      offset,
    ]);
    assertEquals(
      error.message,
      `Cannot decode the payload of "gr\u00fc\u00dfe": byte ${offset} is ${what}`,
    );
    assert(error.cause instanceof SyntaxError);
  }
});

Deno.test("the fault is found in deep and in long JSON", () => {
  const depth = 200_000;
  const offset = (source: string) =>
    refusal(() => json.decode(utf8.encode(source))).offset;
  assertEquals(offset("[".repeat(depth)), depth);
  assertEquals(offset('{"a":'.repeat(depth)), 5 * depth);
  assertEquals(offset("[".repeat(depth) + "]".repeat(depth) + "]"), 2 * depth);
  assertEquals(offset("[".repeat(depth) + "}"), depth);
  const mebi = 1024 * 1024;
  assertEquals(offset(`"${"x".repeat(mebi)}`), mebi + 1);
  assertEquals(offset(`"${"\u00e9".repeat(mebi)}\n"`), 2 * mebi + 1);
  assertEquals(offset(`"${"\\n".repeat(mebi)}\\x"`), 2 * mebi + 1);
  assertEquals(offset("1".repeat(mebi) + "x"), mebi);
  assertEquals(offset(" ".repeat(mebi) + "x"), mebi);
});

Deno.test("JSON in bytes that are not UTF-8 is refused at the byte", () => {
  const error = refusal(() => json.decode(bytesOf('{"a":"\xff"}')));
  assertEquals([error.code, error.side, error.offset], ["utf8", "remote", 6]);
  assertEquals(
    error.message,
    "Cannot decode the payload: byte 6 is 0xff, wanted UTF-8",
  );
});

Deno.test("property: JSON is refused when JSON.parse refuses it, at a byte of it", () => {
  const source = fc.oneof(
    fc.string({
      unit: fc.constantFrom(...'[]{}:,"\\ 01-+.eEtrufalsn\u00e9\n'),
    }),
    fc.tuple(fc.json(), fc.nat(), fc.constantFrom(...']}:,"\\x0')).map(
      ([json, at, letter]) => {
        const place = at % (json.length + 1);
        return json.slice(0, place) + letter + json.slice(place);
      },
    ),
  ).filter((source) => source.isWellFormed() && source !== "");
  check(fc.property(source, (source) => {
    const payload = utf8.encode(source);
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch {
      const { offset } = refusal(() => json.decode(payload));
      assert(offset !== undefined && offset <= payload.length);
      return;
    }
    assertEquals(json.decode(payload), value);
  }));
});

Deno.test("text is UTF-8, a byte order mark included", () => {
  for (const value of ["", "\ufeffa", "\u00e9\0\u{1f600}"]) {
    assertEquals(text.encode(value), utf8.encode(value));
    assertEquals(text.decode(utf8.encode(value)), value);
  }
});

Deno.test("text is strict in both directions", () => {
  for (const value of ["\ud800", "a\udc00b"]) {
    const error = refusal(() => text.encode(value, { operation: "x\n" }));
    assertEquals([error.code, error.side], ["utf8", "local"]);
    assertEquals(
      error.message,
      'Cannot encode the payload of "x\\x0a": it is text with a lone surrogate, wanted well-formed text',
    );
  }
  for (
    const [wire, offset, found] of [
      ["ab\x80", 2, "0x80"],
      ["\xc3", 1, "the end"],
      ["\xed\xa0\x80", 1, "0xa0"],
      ["\xe2\x82\n", 2, "0x0a"],
    ] as const
  ) {
    const error = refusal(() => text.decode(bytesOf(wire), { operation: "" }));
    assertEquals([error.code, error.side, error.offset], [
      "utf8",
      "remote",
      offset,
    ]);
    assertEquals(
      error.message,
      `Cannot decode the payload of "": byte ${offset} is ${found}, wanted UTF-8`,
    );
  }
});

Deno.test("property: text comes back, and only text", () => {
  check(fc.property(fc.string({ unit: "binary" }), (value) => {
    assertEquals(text.decode(text.encode(value)), value);
  }));
});

Deno.test("bytes pass as they are", () => {
  const payload = bytesOf("\xff\0");
  assertStrictEquals(bytes.encode(payload), payload);
  assertStrictEquals(bytes.decode(payload), payload);
});
