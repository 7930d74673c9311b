/**
 * The cost of the codec, next to the oracle and to a plain copy of the same bytes.
 *
 * One iteration does what the row's name says: a row of 1,000 messages in 60 µs
 * is 60 ns a message.
 *
 * @module
 */

import { oracleDecode, oracleEncode } from "./testing/oracle.ts";
import { Decoder } from "./decoder.ts";
import { Encoder } from "./encoder.ts";
import type { Message } from "./message.ts";
import { MAX_NAME_BYTES } from "./name.ts";
import { json } from "./payload.ts";

const LIMITS = {
  version: "01",
  maxNameBytes: MAX_NAME_BYTES,
  maxPayloadBytes: 0xffffffff,
} as const;

const MIB = 1024 * 1024;
const SMALL = new TextEncoder().encode("sixteen bytes it");
const LARGE = new Uint8Array(64 * 1024).fill(0x78);

/** Make the messages of a bench, numbered as a program numbers its requests. */
const MAKERS: Readonly<
  Record<string, (id: number, payload: Uint8Array) => Message>
> = {
  requests: (id, payload) => ({
    kind: "SingleRequest",
    id,
    operation: "echo",
    payload,
  }),
  results: (id, payload) => ({ kind: "SingleResult", id, payload }),
  notifications: (_, payload) => ({
    kind: "Notification",
    name: "echo",
    payload,
  }),
};

for (const [kinds, make] of Object.entries(MAKERS)) {
  const messages = many(1000, make, SMALL);
  benchEncode(`1,000 small ${kinds}`, messages);
  benchDecode(`1,000 small ${kinds}`, messages);
}

benchEncode("16 requests of 64 KiB", many(16, MAKERS.requests!, LARGE));
benchDecode("16 requests of 64 KiB", many(16, MAKERS.requests!, LARGE));
benchConcatenated("64 KiB", many(1024, MAKERS.requests!, LARGE));
benchConcatenated("16 B", many(64 * MIB / 36, MAKERS.requests!, SMALL));
benchGathered(16 * MIB);
benchJson("1 KiB", 10);
benchJson("1 MiB", 10_000);

/** Writes the headers and payloads of messages into one buffer. */
function benchEncode(what: string, messages: readonly Message[]): void {
  const group = `encode ${what}`;
  const encoder = new Encoder();
  const wire = wireOf(messages);
  const buffer = new Uint8Array(wire.byteLength);
  Deno.bench(`encode ${what}`, { group, baseline: true }, () => {
    write(encoder, messages, buffer);
  });
  Deno.bench(`encode ${what}, headers only`, { group }, () => {
    let at = 0;
    for (const message of messages) {
      at = encoder.writeHeader(message, buffer, at);
    }
  });
  Deno.bench(`encode ${what} as write units`, { group }, () => {
    for (const message of messages) encoder.encode(message);
  });
  Deno.bench(`encode ${what}, oracle`, { group }, () => {
    for (const message of messages) oracleEncode(message, "01");
  });
  benchCopy(`copy the bytes of ${what}`, group, wire, buffer);
}

/** Reads messages from one chunk. */
function benchDecode(what: string, messages: readonly Message[]): void {
  const group = `decode ${what}`;
  const wire = wireOf(messages);
  const decoder = new Decoder(LIMITS);
  Deno.bench(`decode ${what}`, { group, baseline: true }, () => {
    read(decoder, wire, messages.length);
  });
  Deno.bench(`decode ${what}, headers only`, { group }, () => {
    decoder.push(wire);
    while (decoder.readHeader() !== undefined) decoder.skip();
  });
  Deno.bench(`decode ${what}, oracle`, { group }, () => {
    oracleDecode(wire, LIMITS);
  });
  const buffer = new Uint8Array(wire.byteLength);
  benchCopy(`copy the bytes of ${what}`, group, wire, buffer);
}

/**
 * Writes and reads 64 MiB of messages; the oracle, which would take half a
 * minute, 1 MiB.
 */
function benchConcatenated(size: string, messages: readonly Message[]): void {
  const wire = wireOf(messages);
  const buffer = new Uint8Array(wire.byteLength);
  const encoder = new Encoder();
  const decoder = new Decoder(LIMITS);
  const what = `64 MiB of requests of ${size}`;
  const group = what;
  benchCopy(`copy ${what}`, group, wire, buffer, true);
  Deno.bench(`encode ${what}`, { group }, () => {
    write(encoder, messages, buffer);
  });
  Deno.bench(`decode ${what}`, { group }, () => {
    read(decoder, wire, messages.length);
  });
  Deno.bench(`decode ${what}, in chunks of 64 KiB, payloads copied out`, {
    group,
  }, () => {
    let at = 0;
    for (let start = 0; start < wire.byteLength; start += LARGE.byteLength) {
      decoder.push(wire.subarray(start, start + LARGE.byteLength));
      for (let message; (message = decoder.read()) !== undefined;) {
        const { payload } = message as { payload: Uint8Array };
        buffer.set(payload, at);
        at += payload.byteLength;
      }
    }
  });
  const few = messages.slice(0, messages.length / 64);
  const part = wireOf(few);
  Deno.bench(`decode 1 MiB of requests of ${size}, oracle`, { group }, () => {
    oracleDecode(part, LIMITS);
  });
}

/** Reads one large payload that arrives in many chunks. */
function benchGathered(size: number): void {
  const wire = wireOf([{
    kind: "SingleResult",
    id: 1,
    payload: new Uint8Array(size),
  }]);
  const decoder = new Decoder(LIMITS);
  const what = `a payload of ${size / MIB} MiB`;
  benchCopy(`copy ${what}`, what, wire, new Uint8Array(wire.byteLength), true);
  Deno.bench(`decode ${what} in chunks of 64 KiB`, { group: what }, () => {
    for (let start = 0; start < wire.byteLength; start += LARGE.byteLength) {
      decoder.push(wire.subarray(start, start + LARGE.byteLength));
      decoder.read();
    }
  });
}

function benchCopy(
  name: string,
  group: string,
  wire: Uint8Array,
  buffer: Uint8Array,
  baseline = false,
): void {
  Deno.bench(name, { group, baseline }, () => {
    buffer.set(wire);
  });
}

function write(
  encoder: Encoder,
  messages: readonly Message[],
  buffer: Uint8Array,
): number {
  let at = 0;
  for (const message of messages) {
    at = encoder.writeHeader(message, buffer, at);
    if ("payload" in message) {
      buffer.set(message.payload, at);
      at += message.payload.byteLength;
    }
  }
  return at;
}

function read(decoder: Decoder, wire: Uint8Array, count: number): void {
  decoder.push(wire);
  while (decoder.read() !== undefined) count--;
  if (count !== 0) throw new Error(`${count} messages are missing`);
}

function many(
  count: number,
  make: (id: number, payload: Uint8Array) => Message,
  payload: Uint8Array,
): Message[] {
  return Array.from({ length: count }, (_, id) => make(id, payload));
}

function wireOf(messages: readonly Message[]): Uint8Array {
  const encoder = new Encoder();
  let length = 0;
  for (const message of messages) {
    length += encoder.headerLength(message);
    if ("payload" in message) length += message.payload.byteLength;
  }
  const wire = new Uint8Array(length);
  write(encoder, messages, wire);
  return wire;
}

/** What the limits for JSON cost beside parsing it. */
function benchJson(size: string, records: number): void {
  const value = Array.from({ length: records }, (_, id) => ({
    id,
    name: "Rasmus Andersson",
    tags: ["a", "b"],
    ok: true,
    score: id / 2,
    note: "as long as others",
  }));
  const payload = json.encode(value);
  const group = `JSON of ${size}`;
  const limits = {
    maxJsonBytes: Infinity,
    maxJsonDepth: 256,
    maxJsonKeys: 1_000_000,
  };
  Deno.bench(`${group}, parsed`, { group, baseline: true }, () => {
    json.decode(payload);
  });
  Deno.bench(`${group}, within limits`, { group }, () => {
    json.decode(payload, undefined, limits);
  });
}
