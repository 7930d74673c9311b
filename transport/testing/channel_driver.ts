/**
 * Reading and writing channels in tests.
 *
 * @module
 */

import { assert, assertEquals, AssertionError } from "@std/assert";
import { concat, equals } from "@std/bytes";
import type { Channel } from "../channel.ts";
import { WriteUnits } from "../write_units.ts";

/** The size of the pieces that {@linkcode fill} writes, in bytes. */
export const PIECE: number = 64 * 1024;

/** Writes each array as a unit, all in one batch. */
export async function send(
  channel: Channel,
  ...bytes: Uint8Array[]
): Promise<void> {
  const units = new WriteUnits();
  for (const unit of bytes) units.add(unit);
  await channel.write(units);
}

/** Bytes of a channel that were read beyond the requested length. */
const surplus = new WeakMap<Channel, Uint8Array>();

/** Reads `length` bytes. */
export async function receive(
  channel: Channel,
  length: number,
): Promise<Uint8Array> {
  const chunks = [surplus.get(channel) ?? new Uint8Array()];
  let received = chunks[0]!.byteLength;
  while (received < length) {
    const chunk = await readChunk(channel);
    chunks.push(chunk);
    received += chunk.byteLength;
  }
  const all = concat(chunks);
  surplus.set(channel, all.subarray(length));
  return all.subarray(0, length);
}

/** Reads a chunk; fails at the end. */
export async function readChunk(channel: Channel): Promise<Uint8Array> {
  const chunk = await channel.read();
  if (chunk === null) throw new AssertionError("The end came too early");
  return chunk;
}

/** Reads to the end. */
export async function receiveAll(channel: Channel): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await channel.read();
    if (chunk === null) break;
    chunks.push(chunk);
  }
  return concat(chunks);
}

/** Reads to the end, whether orderly or not, and closes. */
export async function ended(channel: Channel): Promise<void> {
  await receiveAll(channel).catch(() => {});
  await channel.close();
}

/**
 * Writes until a write stays pending although the other direction has been used
 * repeatedly; fails after more than `most` bytes.
 */
export async function fill(
  from: Channel,
  to: Channel,
  most: number,
): Promise<{ taken: number; pending: Promise<void> }> {
  const piece = pattern(PIECE, 0);
  for (let taken = 0; taken <= most; taken += PIECE) {
    let settled = false;
    const pending = send(from, piece).finally(() => settled = true);
    pending.catch(() => {});
    for (let trip = 0; trip < 10 && !settled; trip++) {
      await Promise.all([send(to, pattern(1, trip)), receive(from, 1)]);
    }
    if (!settled) return { taken, pending };
  }
  throw new AssertionError(`More than ${most} unread bytes were taken`);
}

/** Returns bytes that differ from place to place and from seed to seed. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    bytes[index] = seed * 7 + index * 31 + (index >> 8);
  }
  return bytes;
}

/** Compares bytes without printing a difference of a million lines. */
export function assertBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.byteLength, expected.byteLength);
  assert(equals(actual, expected), "The bytes differ");
}
