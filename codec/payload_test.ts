import {
  assert,
  assertEquals,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { check } from "./testing/arbitrary.ts";
import { bytesOf } from "./testing/oracle.ts";
import { isLimitError } from "./limit_error.ts";
import { bytes, json, text } from "./payload.ts";
import { ValidationError } from "./validation_error.ts";

const utf8 = new TextEncoder();

/** The error that a call throws, which must be a ValidationError. */
function refusal(call: () => unknown): ValidationError {
  return assertThrows(call, ValidationError) as ValidationError;
}

Deno.test("property: JSON values are unchanged by encoding and decoding", () => {
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

Deno.test("JSON decodes to the same value however it is escaped", () => {
  assertEquals(json.decode(utf8.encode('"\\u003c\\u2028"')), "<\u2028");
  assertEquals(json.decode(utf8.encode(' {"a" : 1e0}\n')), { a: 1 });
});

Deno.test('values without JSON form are refused with the side "local"', () => {
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
    assertMatch(
      error.message,
      /^Cannot encode the payload: (the value(?: at \S+)? has no JSON form \(.+\)|got .+), wanted a value that JSON can hold$/,
    );
  }
  assert(refusal(() => json.encode(1n)).cause instanceof TypeError);
});

Deno.test("malformed JSON is refused with the engine's message, made printable", () => {
  for (
    const [source, shown] of [
      ['{"name":}', "}"],
      ['{"n', ""],
      ["\ufeff{}", "\\u{feff}"],
      ["[\u{1f600}]", "\u{1f600}"],
      ["\x1b[2J", "\\x1b"],
    ] as const
  ) {
    const operation = "gr\u00fc\u00dfe";
    const error = refusal(() =>
      json.decode(utf8.encode(source), { operation })
    );
    assertEquals([error.code, error.side, error.offset], [
      "json",
      "remote",
      undefined,
    ]);
    assertMatch(
      error.message,
      /^Cannot decode the payload of "gr\u00fc\u00dfe": [^\p{Cc}\ufeff]+, wanted JSON$/u,
    );
    assertStringIncludes(error.message, shown);
    assert(error.cause instanceof SyntaxError);
  }
});

Deno.test("malformed JSON is refused however deep and long it is", () => {
  for (const piece of ["[", '{"a":', '"\\n']) {
    const source = piece.repeat(200_000);
    const error = refusal(() => json.decode(utf8.encode(source)));
    assert(error.message.length < 200);
  }
});

Deno.test("JSON in bytes that are not UTF-8 is refused at the first bad byte", () => {
  const error = refusal(() => json.decode(bytesOf('{"a":"\xff"}')));
  assertEquals([error.code, error.side, error.offset], ["utf8", "remote", 6]);
  assertEquals(
    error.message,
    "Cannot decode the payload: byte 6 is 0xff, wanted UTF-8",
  );
});

Deno.test("property: JSON is refused when JSON.parse refuses it", () => {
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
      assertEquals(refusal(() => json.decode(payload)).code, "json");
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
      'Cannot encode the payload of "x\\x0a": the text has a lone surrogate, wanted well-formed text',
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

Deno.test("the first byte that is not UTF-8 is found at any place of long text", () => {
  for (const character of ["a", "\u00e9", "\u65e5", "\u{1f600}"]) {
    const payload = utf8.encode(character.repeat(5000));
    for (let at = 4090; at < 4102; at++) {
      const byte = payload[at]!;
      payload[at] = 0xff;
      assertEquals(refusal(() => text.decode(payload)).offset, at);
      payload[at] = byte;
      const cut = payload.subarray(0, at);
      if (at % utf8.encode(character).length === 0) text.decode(cut);
      else assertEquals(refusal(() => text.decode(cut)).offset, at);
    }
  }
});

Deno.test("property: text is unchanged by encoding and decoding", () => {
  check(fc.property(fc.string({ unit: "binary" }), (value) => {
    assertEquals(text.decode(text.encode(value)), value);
  }));
});

Deno.test("bytes are not copied", () => {
  const payload = bytesOf("\xff\0");
  assertStrictEquals(bytes.encode(payload), payload);
  assertStrictEquals(bytes.decode(payload), payload);
});

Deno.test("json.decode checks the limits that it is given before it parses", () => {
  const limits = { maxJsonBytes: 10, maxJsonDepth: 2, maxJsonKeys: 1 };
  const bytes = (json: string) => new TextEncoder().encode(json);
  for (const fits of ["[[1, 2,3]]", '"[[[[[[["', "", "[]", '{"":0}']) {
    json.decode(bytes(fits), undefined, limits);
  }
  for (
    const [refused, code, message] of [
      [
        "[1,2,3,4,5]",
        "maxJsonBytes",
        "Cannot decode the payload: its JSON is 11 bytes, wanted at most 10 (maxJsonBytes)",
      ],
      [
        "[[[",
        "maxJsonDepth",
        "Cannot decode the payload: its JSON is nested too deep at byte 2, wanted a depth of at most 2 (maxJsonDepth)",
      ],
      [
        '{"":0,"":}',
        "maxJsonKeys",
        "Cannot decode the payload: its JSON has another key at byte 8, wanted at most 1 different ones (maxJsonKeys)",
      ],
    ] as const
  ) {
    const error = assertThrows(() =>
      json.decode(bytes(refused), undefined, limits)
    );
    assertEquals(isLimitError(error) && error.code, code);
    assertEquals((error as Error).message, message);
  }
  assertEquals(json.decode(bytes("[[[1]]]")), [[[1]]]);
});
