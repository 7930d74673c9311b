/**
 * The cases that judge implementations of Gotalk, as data. The types and comments are in `index.d.ts`.
 */

import { readFileSync } from "node:fs";

const BYTES_FIELDS = new Set(["id", "operation", "name", "payload"]);

/** The number of bytes above which only some of the ways to cut are used. */
const MANY_BYTES = 4096;

export const corpus = new URL("./corpus/", import.meta.url);

function read(path) {
  return JSON.parse(readFileSync(new URL(path, corpus), "utf8"));
}

export const manifest = read("manifest.json");

export function* cases(suite) {
  for (const { path } of manifest.files) {
    if (!path.startsWith(`${suite}/`)) continue;
    for (const each of read(path).cases) {
      if (each.withdrawn === undefined) yield each;
    }
  }
}

export function* codecCases(direction) {
  for (const each of cases("codec")) {
    if (direction === undefined || each.directions.includes(direction)) {
      yield {
        handshake: false,
        version: "01",
        end: false,
        flags: [],
        limits: {},
        ...each,
        ...each.wire !== undefined && { wire: toBytes(each.wire) },
        messages: each.messages.map(toMessage),
      };
    }
  }
}

function toMessage(message) {
  const fields = Object.entries(message).map(([name, value]) => [
    name,
    BYTES_FIELDS.has(name) ? toBytes(value) : value,
  ]);
  return Object.fromEntries(fields);
}

export function toBytes(value) {
  if (typeof value === "string") return new TextEncoder().encode(value);
  return join(value.map(segment));
}

function segment(value) {
  const { ascii, utf8, hex, repeat, times, pattern } = value;
  if (ascii !== undefined) return toBytes(ascii);
  if (utf8 !== undefined) return toBytes(utf8);
  if (hex !== undefined) {
    return Uint8Array.from(
      hex.match(/../g) ?? [],
      (pair) => parseInt(pair, 16),
    );
  }
  if (repeat !== undefined) {
    return join(Array.from({ length: times }, () => toBytes(repeat)));
  }
  if (pattern === undefined) {
    throw new TypeError(`Cannot read the segment ${JSON.stringify(value)}`);
  }
  const { seed = 1, letters = false } = value;
  const random = lcg(seed);
  return Uint8Array.from({ length: pattern }, () => {
    const byte = random() >>> 24;
    return letters ? 97 + byte % 26 : byte;
  });
}

function join(parts) {
  const joined = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function lcg(x) {
  return () => x = (Math.imul(1664525, x) + 1013904223) >>> 0;
}

export function* cuts({ wire = new Uint8Array(0), chunks: chosen }) {
  for (const [name, sizes] of cutSizes(wire.length)) {
    if (chosen !== undefined && !chosen.includes(name)) continue;
    let at = 0;
    yield [name, sizes.map((size) => wire.subarray(at, at += size))];
  }
}

function* cutSizes(size) {
  const many = size > MANY_BYTES;
  yield ["whole", [size]];
  if (!many) yield ["bytewise", pieces(size, () => 1)];
  const early = Array.from({ length: 40 }, (_, at) => at + 1);
  const points = new Set([...early, Math.floor(size / 2), size - 1]);
  for (const at of [...points].sort((a, b) => a - b)) {
    if (0 < at && at < size) yield [`split@${at}`, [at, size - at]];
  }
  if (!many) {
    yield ["by3", pieces(size, () => 3)];
    yield ["by7", pieces(size, () => 7)];
    const fives = pieces(size, () => 5).flatMap((five) => [0, five]);
    yield ["with-empties", [...fives, 0]];
  }
  const random = lcg(1);
  const bound = many ? 65521 : 17;
  yield ["random#1", pieces(size, () => 1 + (random() >>> 16) % bound)];
}

function pieces(size, next) {
  const sizes = [];
  for (let rest = size; rest > 0; rest -= sizes.at(-1)) {
    sizes.push(Math.min(rest, next()));
  }
  return sizes;
}
