/**
 * The cost of WebSocket framing compared with a plain copy of the same payload.
 *
 * Each run moves 1 MiB of payload: 65,536 frames of 16 bytes, or 16 of 64 KiB.
 * Chunks hold 2,048 small frames or a large one. Reading starts with a copy of
 * the chunk, since masked payloads are unmasked in place.
 */

import {
  applyMask,
  MaskKeys,
  MAX_FRAME_HEADER,
  OPCODE,
  writeFrame,
} from "./_frame.ts";
import { FrameReader } from "./_frame_reader.ts";
import { JoinedReader } from "./_joined_reader.ts";
import { Utf8Check } from "./_utf8.ts";

const TOTAL = 2 ** 20;
const keys = new MaskKeys();

/** Fills a chunk with frames; returns how much of it they take. */
function fill(
  chunk: Uint8Array,
  payload: Uint8Array,
  count: number,
  masked: boolean,
): number {
  let at = 0;
  for (let i = 0; i < count; i++) {
    const key = masked ? keys.next() : undefined;
    at = writeFrame(chunk, at, OPCODE.binary, payload, key);
  }
  return at;
}

function expectAll(read: number): void {
  if (read !== TOTAL) throw new Error(`${read} bytes read, not ${TOTAL}`);
}

for (const size of [16, 65536]) {
  const payload = Uint8Array.from({ length: size }, (_, i) => i);
  const perChunk = Math.ceil(32768 / size);
  const chunks = TOTAL / size / perChunk;
  const buffer = new Uint8Array(perChunk * (size + MAX_FRAME_HEADER));
  const group = `${TOTAL / size} frames of ${size} bytes`;

  Deno.bench("plain copy", { group, baseline: true }, () => {
    for (let i = 0; i < chunks; i++) {
      for (let at = 0, n = 0; n < perChunk; n++, at += size) {
        buffer.set(payload, at);
      }
    }
  });
  for (const masked of [false, true]) {
    const how = masked ? "masked" : "unmasked";
    const frames = new Uint8Array(buffer.length);
    const length = fill(frames, payload, perChunk, masked);
    const wire = frames.subarray(0, length);
    const chunk = new Uint8Array(length);

    Deno.bench(`write, ${how}`, { group }, () => {
      for (let i = 0; i < chunks; i++) fill(buffer, payload, perChunk, masked);
    });
    const reader = new FrameReader(masked ? "server" : "client");
    Deno.bench(`read, ${how}`, { group }, () => {
      let read = 0;
      for (let i = 0; i < chunks; i++) {
        chunk.set(wire);
        reader.push(chunk);
        for (let event; (event = reader.read()) !== undefined;) {
          if (event.kind === "data") read += event.bytes.length;
        }
      }
      expectAll(read);
    });
    const joined = new JoinedReader(
      new FrameReader(masked ? "server" : "client"),
    );
    Deno.bench(`read joined, ${how}`, { group }, () => {
      let read = 0;
      for (let i = 0; i < chunks; i++) {
        chunk.set(wire);
        joined.push(chunk);
        for (let event; (event = joined.read()) !== undefined;) {
          if (event instanceof Uint8Array) read += event.length;
        }
      }
      expectAll(read);
    });
  }
}

{
  const group = "1 MiB in place";
  const bytes = new Uint8Array(TOTAL + 8).fill(0x61), other = bytes.slice();
  Deno.bench("copy of it", { group, baseline: true }, () => other.set(bytes));
  for (const offset of [0, 1]) {
    Deno.bench(`mask at offset ${offset}`, { group }, () => {
      applyMask(bytes, offset, offset + TOTAL, keys.next(), 0);
    });
  }
  const text = new TextEncoder().encode(
    "日本語 and ASCII. ".repeat(TOTAL / 21),
  );
  Deno.bench("check as UTF-8, ASCII", { group }, () => {
    if (new Utf8Check().push(other, 0, TOTAL) >= 0) {
      throw new Error("not UTF-8");
    }
  });
  Deno.bench("check as UTF-8, mixed", { group }, () => {
    if (new Utf8Check().push(text, 0, text.length) >= 0) {
      throw new Error("not UTF-8");
    }
  });
}
