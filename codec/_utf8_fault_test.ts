import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { check } from "./testing/arbitrary.ts";
import { bytesOf } from "./testing/oracle.ts";
import { utf8Fault } from "./_utf8_fault.ts";

Deno.test("the fault is the first byte that does not fit, or the end of a cut character", () => {
  for (
    const [wire, fault] of [
      ["\xff", 0],
      ["ab\x80", 2],
      ["\xc0\x80", 0],
      ["\xc1\xbf", 0],
      ["\xc2", 1],
      ["\xc2a", 1],
      ["\xc2\xc2", 1],
      ["\xe0\x9f\x80", 1],
      ["\xe2\x82", 2],
      ["\xe2\x82a", 2],
      ["\xed\xa0\x80", 1],
      ["\xf0\x8f\x80\x80", 1],
      ["\xf0\x9f\x98", 3],
      ["\xf0\x9f\x98\xc0", 3],
      ["\xf4\x90\x80\x80", 1],
      ["\xf5\x80\x80\x80", 0],
      ["\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80\xfe", 9],
    ] as const
  ) {
    assertEquals(utf8Fault(bytesOf(wire)), fault, JSON.stringify(wire));
  }
});

/** Whether bytes can be continued to UTF-8. */
function canBegin(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

Deno.test("property: all before the fault can be UTF-8, and with the byte of the fault nothing can", () => {
  const interesting = fc.constantFrom(
    ...[0x00, 0x61, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2],
    ...[0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5],
  );
  const bytes = fc.array(fc.oneof(interesting, fc.nat(255)), { maxLength: 12 });
  check(fc.property(bytes, (values) => {
    const bytes = Uint8Array.from(values);
    const fault = utf8Fault(bytes);
    assertEquals(canBegin(bytes.subarray(0, fault)), true);
    if (fault < bytes.length) {
      assertEquals(canBegin(bytes.subarray(0, fault + 1)), false);
    }
  }));
});

Deno.test("the streaming decoder that the property trusts is strict", () => {
  assertEquals(canBegin(bytesOf("\xe2\x82")), true);
  assertThrows(() =>
    new TextDecoder("utf-8", { fatal: true }).decode(bytesOf("\xe2\x82"))
  );
});
