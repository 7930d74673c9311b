/**
 * The part of the channel suite about bytes: order, ownership, backpressure and
 * half-close.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { concat } from "@std/bytes";
import type { Channel } from "../channel.ts";
import { WriteUnits } from "../write_units.ts";
import {
  assertBytes,
  ended,
  fill,
  pattern,
  PIECE,
  readChunk,
  receive,
  receiveAll,
  send,
} from "./channel_driver.ts";
import type { SuiteContext } from "./_suite_context.ts";

const KIB = 1024;

/** What a channel may hold when a write has settled, in bytes: a WebSocket of the runtime. */
const LARGEST_BUFFER = 1024 * KIB;

/** Registers the tests for one kind of channel. */
export function testBytes({ test, traits }: SuiteContext): void {
  const { halfClose, backpressure } = traits;
  const most = backpressure || 0;

  test("delivers the bytes in order, whatever the sizes of the units", async ({ a, b }) => {
    const sizes = [0, 1, 65_535, 65_536, 2, 1024 * KIB, 0, 32_767, 32_768, 3];
    const batches = [
      ...sizes.map((size, index) => [pattern(size, index)]),
      sizes.map((size, index) => pattern(size, 100 + index)),
      Array.from({ length: 10_000 }, (_, index) => pattern(index % 17, index)),
    ];
    const all = concat(batches.flat());
    const sendAll = async (channel: Channel) => {
      for (const batch of batches) await send(channel, ...batch);
    };
    const [, , atA, atB] = await Promise.all([
      sendAll(a),
      sendAll(b),
      receive(a, all.byteLength),
      receive(b, all.byteLength),
    ]);
    assertBytes(atA, all);
    assertBytes(atB, all);
  });

  test("keeps no reference to written units and chunks that were read", async ({ a, b }) => {
    const units = new WriteUnits();
    const large = new Uint8Array(40 * KIB);
    const rounds = 20;
    const write = async () => {
      for (let round = 0; round < rounds; round++) {
        units.clear();
        units.add(pattern(100, round));
        large.fill(round);
        units.add(large);
        await a.write(units);
        units.buffer.fill(0xff);
        large.fill(0xff);
      }
    };
    const chunks: Uint8Array[] = [];
    const read = async () => {
      let left = rounds * (100 + large.byteLength);
      while (left > 0) {
        const chunk = await readChunk(b);
        chunks.push(chunk.slice());
        chunk.fill(0xee);
        left -= chunk.byteLength;
      }
    };
    await Promise.all([write(), read()]);
    const expected = Array.from({ length: rounds }, (_, round) => [
      pattern(100, round),
      new Uint8Array(large.byteLength).fill(round),
    ]);
    assertBytes(concat(chunks), concat(expected.flat()));
  });

  test("does not change a chunk that was read", async ({ a, b }) => {
    const all = pattern(400 * KIB, 1);
    const chunks: Uint8Array[] = [];
    const write = async () => {
      for (let at = 0; at < all.byteLength; at += 10 * KIB) {
        await send(a, all.subarray(at, at + 10 * KIB));
      }
      await a.close();
    };
    const read = async () => {
      for (;;) {
        const chunk = await b.read();
        if (chunk === null) break;
        chunks.push(chunk);
      }
      await b.close();
    };
    await Promise.all([write(), read()]);
    assertBytes(concat(chunks), all);
  });

  test("reports the memory of bytes that wait to be read, until they are read or it ends", async ({ a, b }) => {
    let waiting = 0;
    b.observeBuffers?.({
      bufferChanged(change) {
        waiting += change;
        assert(waiting >= 0);
      },
    });
    const bytes = pattern(200 * KIB, 1);
    await Promise.all([send(a, bytes, bytes), receive(b, 400 * KIB)]);
    assertEquals(waiting, 0);
    const sending = send(a, bytes).catch(() => {});
    await receive(b, 1);
    b.abort();
    assertEquals(waiting, 0);
    await ended(a);
    await sending;
    assertEquals(waiting, 0);
  });

  test("reports which bytes of a pending write are taken", async ({ a, b }) => {
    const start = a.bytesTaken;
    const unit = pattern(256 * KIB, 3);
    const count = Math.ceil(most / unit.byteLength) + 32;
    const total = count * unit.byteLength;
    let isPending = true;
    const writing = send(a, ...Array<Uint8Array>(count).fill(unit))
      .finally(() => isPending = false);
    const steps = new Set<number>();
    for (let received = 0; received < total;) {
      if (isPending) steps.add(a.bytesTaken - start);
      received += (await readChunk(b)).byteLength;
    }
    await writing;
    assert(steps.size >= 4, `only ${steps.size} steps`);
    // TLS adds at least 22 bytes to each 16 KiB, and more if its records are small.
    const ascending = [...steps].sort((a, b) => a - b);
    assertEquals([...steps], ascending);
    assert(ascending.at(-1)! < 1.02 * total, `${ascending.at(-1)} of ${total}`);
    assert(a.bytesTaken - start >= total - LARGEST_BUFFER);
  }, backpressure !== false);

  test(
    "applies backpressure to a writer while nobody reads",
    async ({ a, b }) => {
      const start = a.bytesTaken;
      const { taken, pending } = await fill(a, b, most);
      // The pending piece is not taken; a WebSocket also counts its frames.
      assert(a.bytesTaken - start < taken + 2 * PIECE);
      const piece = pattern(PIECE, 0);
      for (let at = 0; at <= taken; at += PIECE) {
        assertBytes((await receive(b, PIECE)).subarray(0, PIECE), piece);
      }
      await pending;
      const [after] = await Promise.all([
        receive(b, 2),
        send(a, pattern(2, 9)),
      ]);
      assertBytes(after, pattern(2, 9));
    },
    backpressure !== false,
  );

  test(
    "can answer after the remote side has ended its direction",
    async ({ a, b }) => {
      assert(a.halfClose && b.halfClose);
      const answer = pattern(100 * KIB, 2);
      const ask = async () => {
        await send(a, pattern(10, 1));
        await a.closeWrite();
        assertBytes(await receiveAll(a), answer);
      };
      const serve = async () => {
        assertBytes(await receiveAll(b), pattern(10, 1));
        await send(b, answer);
        await b.closeWrite();
      };
      await Promise.all([ask(), serve()]);
      // Both directions have ended, so nothing is left to close.
      assertEquals(await a.closed, { clean: true, error: undefined });
      assertEquals(await b.closed, { clean: true, error: undefined });
      for (const channel of [a, b]) {
        assertStrictEquals(await channel.read(), null);
        await assertRejects(
          () => send(channel, pattern(1, 0)),
          Error,
          "Cannot write",
        );
      }
    },
    halfClose,
  );

  test(
    "continues in both directions after closeWrite, which has no effect",
    async ({ a, b }) => {
      assertFalse(a.halfClose || b.halfClose);
      await a.closeWrite();
      for (const [from, to] of [[a, b], [b, a]] as const) {
        const [received] = await Promise.all([
          receive(to, 5),
          send(from, pattern(5, 3)),
        ]);
        assertBytes(received, pattern(5, 3));
      }
    },
    !halfClose,
  );

  test("provides its bytes as a stream", async ({ a, b }) => {
    const all = pattern(300 * KIB, 6);
    assertStrictEquals(b.readable, b.readable);
    const read = async () => {
      const chunks = await Array.fromAsync(b.readable);
      await b.close();
      return concat(chunks);
    };
    const [received] = await Promise.all([
      read(),
      send(a, all).then(() => a.close()),
    ]);
    assertBytes(received, all);
  });
}
