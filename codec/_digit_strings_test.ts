import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { markDigitStrings } from "./_digit_strings.ts";
import { json } from "./payload.ts";

const encoder = new TextEncoder();

/** A value, or its JSON, with so many other strings of digits that they are marked. */
function amongDigits(value: unknown): unknown[] {
  return [value, ...Array.from({ length: 300 }, (_, at) => `${at}`)];
}

Deno.test("JSON with many strings of digits is parsed with marks, few are not", () => {
  const digits = (count: number) =>
    json.encode(Array.from({ length: count }, (_, at) => `${at * 12_288}`));
  assertEquals(markDigitStrings(digits(256)), undefined);
  const marked = markDigitStrings(digits(257));
  assert(marked !== undefined);
  const strings = JSON.parse(new TextDecoder().decode(marked)) as string[];
  assertEquals(strings.length, 257);
  // The engine keeps shorter ones in its table.
  assertEquals(strings.filter(({ length }) => length < 10), []);
});

Deno.test("escaped digits count as digits, keys and longer or other strings do not", () => {
  const list = (item: string) =>
    markDigitStrings(encoder.encode(`[${Array(300).fill(item).join(",")}]`));
  for (const item of ['"1"', '"123456789"', '"\\u0031"', '"1\\u00392"']) {
    assert(list(item) !== undefined, item);
  }
  for (
    const item of [
      '""',
      '"1234567890"',
      '"\\u0061"',
      '"1a"',
      '"\\n1"',
      '{"1":2}',
      '{"1" \t\r\n:2}',
      '"x\\"1"',
      "1",
    ]
  ) assertEquals(list(item), undefined, item);
});

Deno.test("strings that look like marked ones are the same with marks", () => {
  const mark = "~~~~~~~~~";
  const texts = [mark, `${mark}1`, `${mark}${mark}`, "~", `~${mark}x`, "1~"];
  const keys = Object.fromEntries(texts.map((text) => [text, text]));
  const written = JSON.stringify(amongDigits([texts, keys]));
  // The same in escaped characters, and cut.
  const forms = [written, written.replaceAll("~", "\\u007E")];
  forms.push(written.replaceAll('"~', '"\\u007e'));
  for (const form of forms) {
    const payload = encoder.encode(form);
    assert(markDigitStrings(payload) !== undefined);
    assertEquals(json.decode(payload), JSON.parse(form));
  }
});

Deno.test("property: values are the same with marks", () => {
  const unit = fc.oneof(fc.constantFrom("~", "1", "\\"), fc.string());
  const tildes = fc.string({ unit, maxLength: 24 });
  fc.assert(
    fc.property(fc.jsonValue(), tildes, (value, key) => {
      const text = JSON.stringify(
        amongDigits([
          value,
          { [key]: "12", x: key, __proto__: null },
          '"1"',
          "\\",
          "1\\",
        ]),
      );
      const payload = encoder.encode(
        text.replace('"0"', '"\\u0030"').replace("[", '[{"__proto__":"5"},'),
      );
      assert(markDigitStrings(payload) !== undefined);
      assertEquals(
        json.decode(payload),
        JSON.parse(new TextDecoder().decode(payload)),
      );
    }),
  );
});

Deno.test("the error for malformed JSON with many strings of digits has no marks", () => {
  const list = JSON.stringify(amongDigits("1")).slice(0, -1);
  for (
    const [end, detail] of [
      ['"7"x', "Expected ',' or ']' after array element"],
      [',"7",x', "Unexpected token 'x'"],
      [',"7', "Unterminated string"],
      [',"7"', "Expected ',' or ']' after array element"],
    ] as const
  ) {
    assertThrows(
      () => json.decode(encoder.encode(list + end)),
      Error,
      `Cannot decode the payload: ${detail}, wanted JSON`,
    );
  }
});

Deno.test("no limit on depth is needed where marks are removed", () => {
  const depth = 100_000;
  const text = `[${"[".repeat(depth)}"1"${"]".repeat(depth)}${
    ',"2"'.repeat(300)
  }]`;
  let value: unknown = json.decode(encoder.encode(text));
  for (let at = 0; at <= depth; at++) value = (value as unknown[])[0];
  assertEquals(value, "1");
});
