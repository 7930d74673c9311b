/**
 * Checks the codec cases against two decoders that share no code: the shipping one and the naive
 * one.
 *
 * `codec/codec_property_test.ts` shows that the two agree on bytes that no case resembles.
 */

import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { oracleDecode, textOf } from "../../../codec/testing/oracle.ts";
import {
  type Message,
  type ProtocolVersion,
  requestIdBytes,
} from "@gotalk/gotalk/codec";
import { decodeRaw } from "../../implementations/adapters/deno/codec.ts";
import type { RawMessage } from "../implementation.ts";
import { joinBytes, sameBytes, showBytes, toBytes } from "./bytes.ts";
import type { CaseFile, CodecCase } from "./case.ts";
import { cut } from "./chunks.ts";
import { CORPUS } from "./corpus.ts";
import { type DecodeRun, expand, messageEnds } from "./expand.ts";
import { toRawMessage } from "./show_message.ts";

const files = Object.entries(CORPUS.files)
  .filter(([path]) => path.startsWith("codec/"))
  .map(([, file]) => file as CaseFile<CodecCase>);
const decoded = files.flatMap(({ cases }) => cases)
  .filter(({ directions }) => directions.includes("decode"));
const runs = files.flatMap((file) => expand(file))
  .filter((run): run is DecodeRun => run.kind === "decode");

/** Above this number of bytes, the naive codec does not read every prefix, which would take long. */
const FEW_BYTES = 512;

Deno.test("the shipping decoder reads each codec case, whatever the chunks", () => {
  assertGreaterOrEqual(runs.length, 3_000);
  for (const run of runs) {
    const chunks = cut(bytesOf(run), run.chunk);
    const { messages, refused } = decodeRaw({ ...howOf(run), chunks });
    const wanted = wantedOf(run);
    const chunkOf = (at: number) => chunkAt(chunks, at);
    assertSame(
      messages.map(({ message }) => message),
      wanted.messages,
      run.name,
    );
    assertEquals(
      messages.map(({ chunk }) => chunk),
      wanted.ends.map((end) => chunkOf(end - 1)),
      run.name,
    );
    assertEquals(refused?.reason, wanted.error?.reason, run.name);
    if (refused === undefined) continue;
    assertEquals(refused.chunk, chunkOf(wanted.error!.at!), run.name);
    if (wanted.error?.code !== undefined) {
      assertEquals(refused.code, wanted.error.code, run.name);
    }
  }
});

Deno.test("the naive decoder reads each codec case", () => {
  for (const run of runs) {
    if (run.chunk !== "whole" && run.chunk !== "glued") continue;
    const { messages, refused } = readNaively(bytesOf(run), howOf(run));
    const wanted = wantedOf(run);
    assertSame(messages, wanted.messages, run.name);
    assertEquals(refused?.reason, wanted.error?.reason, run.name);
    if (wanted.error?.code !== undefined) {
      assertEquals(refused?.code, wanted.error.code, run.name);
    }
  }
});

Deno.test("the naive decoder reads each prefix of a codec case", () => {
  for (const each of decoded) {
    const { end: _, ...how } = each;
    const bytes = toBytes(each.wire!);
    if (bytes.length > FEW_BYTES) continue;
    const ends = messageEnds(each);
    for (let size = 0; size <= bytes.length; size++) {
      const { messages, refused } = readNaively(bytes.subarray(0, size), how);
      const complete = ends.filter((end) => end <= size).length;
      assertSame(
        messages,
        each.messages.slice(0, complete).map(toRawMessage),
        `${each.id}, ${size} bytes`,
      );
      const shows = each.error !== undefined && each.error.at! < size;
      assertEquals(
        refused?.reason,
        shows ? each.error!.reason : undefined,
        `${each.id}, ${size} bytes`,
      );
    }
  }
});

Deno.test("both decoders agree on 10,000 joined pieces of cases", () => {
  // Most of the generated cases are refused, and would leave little that is read.
  const wires = decoded.filter(({ id }) => !id.startsWith("codec/matrix-"))
    .map(({ wire }) => toBytes(wire!))
    .filter(({ length }) => length <= FEW_BYTES);
  const upTo = numbersUpTo();
  const piece = () => {
    const wire = wires[upTo(wires.length - 1)]!;
    const from = upTo(5) ? 0 : upTo(wire.length);
    return wire.subarray(from, upTo(3) ? wire.length : from + upTo(20));
  };
  let refusals = 0;
  for (let round = 0; round < 10_000; round++) {
    const bytes = joinBytes(Array.from({ length: 1 + upTo(3) }, piece));
    const how: How = {
      ...upTo(3) ? {} : { version: "00" },
      ...upTo(5) ? {} : { handshake: true },
      ...upTo(1) ? {} : { end: true },
      ...upTo(3) ? {} : { limits: { name: upTo(16), payload: upTo(16) } },
    };
    const at = upTo(bytes.length);
    const chunks = [bytes.subarray(0, at), bytes.subarray(at)];
    const shipping = decodeRaw({ ...how, chunks });
    const naive = readNaively(bytes, how);
    const name = `${showBytes(bytes)} ${JSON.stringify(how)}`;
    assertSame(
      shipping.messages.map(({ message }) => message),
      naive.messages,
      name,
    );
    assertEquals(shipping.refused?.reason, naive.refused?.reason, name);
    assertEquals(shipping.refused?.code, naive.refused?.code, name);
    if (naive.refused !== undefined) refusals++;
  }
  assertGreaterOrEqual(refusals, 1_000);
  assertGreaterOrEqual(10_000 - refusals, 1_000);
});

/** Bytes of the messages, compared without listing them all when they differ. */
function assertSame(
  read: readonly object[],
  wanted: readonly object[],
  name: string,
): void {
  assertEquals(read.length, wanted.length, name);
  for (const [at, message] of read.entries()) {
    const other = wanted[at] as Record<string, unknown>;
    assertEquals(Object.keys(message), Object.keys(other), name);
    for (const [field, value] of Object.entries(message)) {
      const same = value instanceof Uint8Array
        ? sameBytes(value, other[field] as Uint8Array)
        : value === other[field];
      assert(same, `${name}: ${field} of message ${at}`);
    }
  }
}

function bytesOf({ case: each, next }: DecodeRun): Uint8Array<ArrayBuffer> {
  const bytes = toBytes(each.wire!);
  return next === undefined ? bytes : joinBytes([bytes, toBytes(next.wire!)]);
}

/** How the bytes of a run are read: as the case says, and ended where the last of them is. */
function howOf({ case: each, next }: DecodeRun) {
  if (next === undefined) return each;
  const { end: _, ...how } = each;
  return next.end ? { ...how, end: next.end } : how;
}

/** What a run must give: where its messages end, and what is refused at which byte. */
function wantedOf({ case: each, next }: DecodeRun) {
  const ends = messageEnds(each);
  const messages = each.messages.map(toRawMessage);
  if (next === undefined) return { messages, ends, error: each.error };
  const before = toBytes(each.wire!).length;
  messages.push(...next.messages.map(toRawMessage));
  ends.push(...messageEnds(next).map((end) => before + end));
  const error = next.error && { ...next.error, at: before + next.error.at! };
  return { messages, ends, error };
}

/** The chunk in which a byte is; the last one for the end. */
function chunkAt(chunks: readonly Uint8Array[], at: number): number {
  let end = 0;
  const chunk = chunks.findIndex(({ length }) => at < (end += length));
  return chunk < 0 ? Math.max(0, chunks.length - 1) : chunk;
}

/** Whatever a case to decode depends on, besides its bytes. */
type How = Pick<CodecCase, "version" | "handshake" | "limits" | "end">;

/** What the naive codec reads in all bytes of a case, or in a beginning of them. */
function readNaively(
  bytes: Uint8Array,
  { version = "01", handshake, limits, end }: How,
): { messages: RawMessage[]; refused?: { reason: string; code: number } } {
  if (handshake) {
    const text = textOf(bytes.subarray(0, 2));
    const reason = /[^0-9a-fA-F]/.test(text)
      ? "not-a-version"
      : text.length < 2
      ? "truncated"
      : text === version
      ? undefined
      : "unsupported-version";
    if (reason === "truncated" && !end) return { messages: [] };
    if (reason !== undefined) {
      return {
        messages: [],
        refused: { reason, code: reason === "truncated" ? 2 : 1 },
      };
    }
  }
  const { messages, fault } = oracleDecode(bytes.subarray(handshake ? 2 : 0), {
    version,
    maxNameBytes: limits?.name ?? 4095,
    maxPayloadBytes: limits?.payload ?? 0xffffffff,
  });
  const read = {
    messages: messages.map((message) => fromMessage(message, version)),
  };
  if (fault === undefined || fault.reason === "truncated" && !end) return read;
  return { ...read, refused: { reason: fault.reason, code: fault.code } };
}

function fromMessage(message: Message, version: ProtocolVersion): RawMessage {
  return Object.fromEntries(
    Object.entries(message).map(([field, value]) => {
      if (field === "id") return [field, requestIdBytes(value, version)];
      const isName = field === "operation" || field === "name";
      const asBytes = isName && typeof value === "string";
      return [field, asBytes ? new TextEncoder().encode(value) : value];
    }),
  ) as unknown as RawMessage;
}

/** Whole numbers from 0 up to a largest one, always the same. */
function numbersUpTo(): (largest: number) => number {
  let x = 1;
  return (largest) => {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0;
    return (x >>> 8) % (largest + 1);
  };
}
