import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  applyMask,
  closePayload,
  isCloseCode,
  maskInto,
  MaskKeys,
  OPCODE,
  type Opcode,
  writeFrame,
  writeFrameHeader,
} from "./_frame.ts";

/** The mask as RFC 6455 section 5.3 words it, a byte at a time. */
function maskSlowly(bytes: Uint8Array, key: number, phase: number): Uint8Array {
  return bytes.map((byte, i) => byte ^ key >>> 24 - 8 * ((i + phase) % 4));
}

/** A header, written in the middle of a buffer that must stay as it is. */
function header(
  opcode: Opcode,
  fin: boolean,
  length: number,
  key?: number,
): number[] {
  const buffer = new Uint8Array(20).fill(0xee);
  const end = writeFrameHeader(buffer, 3, opcode, fin, length, key);
  assert(buffer.subarray(0, 3).every((byte) => byte === 0xee));
  assert(buffer.subarray(end).every((byte) => byte === 0xee));
  return [...buffer.subarray(3, end)];
}

/** Bytes that differ from their neighbours. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 31 + 7);
}

Deno.test("writeFrameHeader() writes the length in its shortest form", () => {
  const cases: [number, number[]][] = [
    [0, [0]],
    [125, [125]],
    [126, [126, 0, 126]],
    [65535, [126, 255, 255]],
    [65536, [127, 0, 0, 0, 0, 0, 1, 0, 0]],
    [0x1f_87654321, [127, 0, 0, 0, 0x1f, 0x87, 0x65, 0x43, 0x21]],
    [2 ** 53 - 1, [127, 0, 0x1f, 255, 255, 255, 255, 255, 255]],
  ];
  for (const [length, bytes] of cases) {
    assertEquals(header(OPCODE.binary, true, length), [0x82, ...bytes]);
  }
});

Deno.test("writeFrameHeader() writes opcode, end bit and mask key", () => {
  assertEquals(header(OPCODE.text, false, 3), [0x01, 3]);
  assertEquals(header(OPCODE.continuation, true, 2), [0x80, 2]);
  assertEquals(header(OPCODE.ping, true, 5), [0x89, 5]);
  assertEquals(
    header(OPCODE.text, true, 5, 0x37fa213d),
    [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d],
  );
  assertEquals(
    header(OPCODE.binary, true, 256, -1),
    [0x82, 0xfe, 1, 0, 255, 255, 255, 255],
  );
});

Deno.test("writeFrame() writes the examples of RFC 6455 section 5.7", () => {
  const hello = new TextEncoder().encode("Hello");
  const buffer = new Uint8Array(11);
  assertEquals(writeFrame(buffer, 0, OPCODE.text, hello, undefined), 7);
  assertEquals(
    [...buffer.subarray(0, 7)],
    [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f],
  );
  assertEquals(writeFrame(buffer, 0, OPCODE.text, hello, 0x37fa213d), 11);
  assertEquals(
    [...buffer],
    [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58],
  );
  assertEquals(hello, new TextEncoder().encode("Hello"));
});

Deno.test("applyMask() equals the slow mask at every length, offset and phase", () => {
  const key = 0x8142c3e7;
  for (const length of [...Array(40).keys(), 95, 96, 97, 98, 99, 100, 115]) {
    for (let offset = 0; offset < 8; offset++) {
      // Half of the offset in the view, half in the range.
      const whole = pattern(140).subarray(offset >> 1);
      const start = (offset + 1) >> 1, end = start + length;
      for (let phase = 0; phase < 4; phase++) {
        const wanted = whole.slice();
        wanted.set(maskSlowly(whole.slice(start, end), key, phase), start);
        const bytes = new Uint8Array(144).subarray(offset >> 1);
        bytes.set(whole);
        const got = bytes.subarray(0, whole.length);
        applyMask(got, start, end, key, phase);
        assertEquals(got, wanted, `${length} at ${offset}, phase ${phase}`);
      }
    }
  }
});

Deno.test("maskInto() masks parts like the whole", () => {
  const payload = pattern(1000), key = 0x01fe8034;
  for (const cut of [0, 1, 2, 3, 4, 101, 502, 999, 1000]) {
    const buffer = new Uint8Array(1003);
    const at = maskInto(buffer, 3, payload.subarray(0, cut), key, 0);
    assertEquals(at, 3 + cut);
    assertEquals(
      maskInto(buffer, at, payload.subarray(cut), key, cut),
      buffer.length,
    );
    assertEquals(buffer.subarray(3), maskSlowly(payload, key, 0));
  }
  assertEquals(payload, pattern(1000));
});

Deno.test("MaskKeys returns each key once and draws in bulk", () => {
  let draws = 0, count = 0;
  const keys = new MaskKeys((words) => {
    draws++;
    for (let i = 0; i < words.length; i++) words[i] = count++;
  });
  assertEquals(draws, 0);
  for (let i = 0; i < 1000; i++) assertEquals(keys.next(), i);
  assert(draws <= 10, `${draws} draws`);
});

Deno.test("MaskKeys is random by default", () => {
  const keys = new MaskKeys();
  const drawn = new Set(Array.from({ length: 1000 }, () => keys.next()));
  assert(drawn.size > 990, `${drawn.size} different keys`);
});

Deno.test("isCloseCode() accepts the codes that may be sent", () => {
  const sendable = [1000, 1003, 1007, 1011, 1014, 3000, 4000, 4002, 4999];
  const others = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535];
  for (const code of sendable) assert(isCloseCode(code), `${code}`);
  for (const code of others) assert(!isCloseCode(code), `${code}`);
  for (const code of [NaN, Infinity, 1000.5, -1000]) {
    assert(!isCloseCode(code), `${code}`);
  }
});

Deno.test("closePayload() contains the code and the reason", () => {
  assertEquals([...closePayload(1000)], [0x03, 0xe8]);
  assertEquals([...closePayload(4002, "né")], [0x0f, 0xa2, 0x6e, 0xc3, 0xa9]);
});

Deno.test("closePayload() cuts the reason at a character boundary", () => {
  const full = closePayload(1000, "x".repeat(200));
  assertEquals(full.length, 125);
  const cut = closePayload(1000, "x" + "日".repeat(60));
  assertEquals(cut.length, 2 + 1 + 40 * 3);
  assertEquals(
    new TextDecoder("utf-8", { fatal: true }).decode(cut.subarray(2)),
    "x" + "日".repeat(40),
  );
});

Deno.test("closePayload() rejects codes that must not be sent", () => {
  for (const code of [1005, 1006, 1015, 999, 5000, 1000.5]) {
    assertThrows(() => closePayload(code), RangeError, `code ${code}, wanted`);
  }
});
