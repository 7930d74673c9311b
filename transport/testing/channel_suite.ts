/**
 * What every channel does, as tests to be run on each kind of channel.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  AssertionError,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { concat, equals } from "@std/bytes";
import type { Channel } from "../channel.ts";
import { WriteUnits } from "../write_units.ts";

/** The two ends of a channel that was opened for a test. */
export interface ChannelPair {
  readonly a: Channel;
  readonly b: Channel;
  /** Ends what else was opened; both channels have ended by then. */
  readonly release?: () => void | Promise<void>;
}

/** In what a kind of channel differs from the others. */
export interface ChannelTraits {
  /** Whether one direction can end before the other; true by default. */
  readonly halfClose?: boolean;
  /** How many bytes are taken at most while nobody reads, or `false` when there is no such limit; 16 MiB by default. */
  readonly backpressure?: number | false;
  /** Whether the other end can tell an abort from an end; false by default. */
  readonly abortSeen?: boolean;
}

const KIB = 1024;
const PIECE = 64 * KIB;

/** No test takes nearly as long; one that hangs fails. */
const DEADLINE = 30_000;

/** Registers the tests for one kind of channel; each opens channels of its own. */
export function testChannel(
  name: string,
  open: () => Promise<ChannelPair>,
  traits: ChannelTraits = {},
): void {
  const { halfClose = true, backpressure = 16 * KIB * KIB, abortSeen = false } =
    traits;
  const most = backpressure || 0;

  function testPairs(
    behaviour: string,
    body: (
      next: (body: (pair: ChannelPair) => Promise<void>) => Promise<void>,
    ) => Promise<void>,
    applies = true,
  ): void {
    if (!applies) return;
    Deno.test(
      `${name} ${behaviour}`,
      () => inTime(body((once) => withPair(open, once))),
    );
  }

  function test(
    behaviour: string,
    body: (pair: ChannelPair) => Promise<void>,
    applies?: boolean,
  ): void {
    testPairs(behaviour, (next) => next(body), applies);
  }

  test("gives the bytes in order, whatever the sizes of the units", async ({ a, b }) => {
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

  test("keeps no hold of the units that were written and the chunks that were read", async ({ a, b }) => {
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

  test("holds a writer up while nobody reads", async ({ a, b }) => {
    const { taken, pending } = await fill(a, b, most);
    const piece = pattern(PIECE, 0);
    for (let at = 0; at <= taken; at += PIECE) {
      assertBytes((await receive(b, PIECE)).subarray(0, PIECE), piece);
    }
    await pending;
    const [after] = await Promise.all([receive(b, 2), send(a, pattern(2, 9))]);
    assertBytes(after, pattern(2, 9));
  }, backpressure !== false);

  test("answers after the asking side has ended", async ({ a, b }) => {
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
    // Both directions have ended, so that nothing is left to close.
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
  }, halfClose);

  test(
    "goes on both ways after closeWrite, which it cannot do",
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

  test("delivers a pending write before it closes", async ({ a, b }) => {
    const all = pattern(3 * 1024 * KIB, 4);
    const writing = send(a, all);
    const closing = a.close();
    assertBytes(await receiveAll(b), all);
    await b.close();
    await Promise.all([writing, closing]);
    assert((await a.closed).clean);
    assert((await b.closed).clean);
  });

  test("gives null again after the end", async ({ a, b }) => {
    await Promise.all([send(a, pattern(1, 0)), a.close(), ended(b)]);
    for (let again = 0; again < 3; again++) {
      assertStrictEquals(await b.read(), null);
      assertStrictEquals(await a.read(), null);
    }
  });

  test("delivers the last message although the other end keeps sending", async ({ a, b }) => {
    const last = pattern(200, 5);
    const flood = async () => {
      for (;;) await send(b, pattern(PIECE, 0));
    };
    const flooding = assertRejects(flood);
    // By now the flood is under way, and nobody reads it.
    const [, chunk] = await Promise.all([
      send(a, last).then(() => a.close({ code: 2, reason: "test" })),
      receive(b, last.byteLength),
    ]);
    assertBytes(chunk, last);
    await a.closed;
    await flooding;
    b.abort();
  });

  test("tells a writer that the other end has closed", async ({ a, b }) => {
    const closing = b.close();
    await assertRejects(async () => {
      for (;;) await send(a, pattern(PIECE, 0));
    });
    await Promise.all([closing, a.close()]);
  });

  test("closes in a bounded time although the other end does nothing", async ({ a }) => {
    await a.close();
    await a.closed;
    assertStrictEquals(await a.read(), null);
    await assertRejects(() => send(a, pattern(1, 0)), Error, "Cannot write");
  });

  test("gives null to a read that is pending when it closes", async ({ a, b }) => {
    const [chunk] = await Promise.all([a.read(), a.close(), ended(b)]);
    assertStrictEquals(chunk, null);
    assert((await a.closed).clean);
  });

  test("closes from both ends at once", async ({ a, b }) => {
    await Promise.all([a.close(), b.close()]);
    assert((await a.closed).clean);
    assert((await b.closed).clean);
  });

  for (const [moment, arrange] of Object.entries(MOMENTS)) {
    test(`can be aborted ${moment}`, async (pair) => {
      const { a, b } = pair;
      const reason = new Error("aborted by the test");
      const pending = await arrange(pair, most);
      a.abort(reason);
      for (const call of pending) {
        assertStrictEquals(await assertRejects(() => call), reason);
      }
      const end = await a.closed;
      assertFalse(end.clean);
      assertStrictEquals(end.error, reason);
      assertStrictEquals(await assertRejects(() => a.read()), reason);
      assertStrictEquals(
        await assertRejects(() => send(a, pattern(1, 0))),
        reason,
      );
      if (abortSeen) await assertRejects(() => receiveAll(b));
      else await receiveAll(b).catch(() => {});
      await b.close();
      assertStrictEquals((await b.closed).error !== undefined, abortSeen);
    }, backpressure !== false || moment !== "during a write");
  }

  test("can be aborted after it has ended, to no effect", async ({ a, b }) => {
    await Promise.all([a.close(), ended(b)]);
    a.abort(new Error("too late"));
    assert((await a.closed).clean);
    assertStrictEquals(await a.read(), null);
  });

  test("settles everything when both ends abort", async ({ a, b }) => {
    const calls = [a.read(), b.read()].map((call) => assertRejects(() => call));
    a.abort();
    b.abort();
    await Promise.all([...calls, a.closed, b.closed]);
  });

  test("gives its bytes as a stream", async ({ a, b }) => {
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

  test("is aborted by cancelling its stream", async ({ a, b }) => {
    const reason = new Error("cancelled by the test");
    const reader = a.readable.getReader();
    const reading = reader.read();
    await reader.cancel(reason);
    assert((await reading).done);
    assertStrictEquals((await a.closed).error, reason);
    await ended(b);
  });

  testPairs("opens and closes 100 times", async (next) => {
    for (let cycle = 0; cycle < 100; cycle++) {
      await next(async ({ a, b }) => {
        const message = pattern(3, cycle);
        const [received] = await Promise.all([receive(b, 3), send(a, message)]);
        assertBytes(received, message);
        const [first, second] = cycle % 2 === 0 ? [a, b] : [b, a];
        await Promise.all([first.close(), ended(second)]);
      });
    }
  });

  testPairs(
    "can be ended in every order of calls, at once and again",
    async (next) => {
      for (
        const calls of sequences(["close", "closeWrite", "abort"] as const, 3)
      ) {
        await next(async ({ a, b }) => {
          const reading = a.read().catch(() => null);
          const writing = send(a, pattern(10, 0)).catch(() => {});
          const other = ended(b);
          await Promise.all(calls.map((call) => a[call]()));
          // Without a half-close, the calls so far may have ended nothing.
          await a.close();
          await Promise.all([reading, writing, other, a.closed, b.closed]);
          for (const call of calls) await a[call]();
        });
      }
    },
  );
}

/** The moments at which a channel is aborted: what is done before, and the calls that are pending then. */
const MOMENTS: Readonly<
  Record<
    string,
    (pair: ChannelPair, most: number) => Promise<Promise<unknown>[]>
  >
> = {
  "before anything": () => Promise.resolve([]),
  "during a read": ({ a }) => Promise.resolve([a.read()]),
  "during a write": async (
    { a, b },
    most,
  ) => [(await fill(a, b, most)).pending],
  "after a write": async ({ a, b }) => {
    await Promise.all([send(a, pattern(9, 0)), receive(b, 9)]);
    return [];
  },
  "during a read, with bytes unread at the other end": async ({ a, b }) => {
    await Promise.all([send(a, pattern(9, 0)), receive(b, 9)]);
    const reading = a.read();
    // Whether it is delivered is open; that it settles is not.
    send(a, pattern(PIECE, 0)).catch(() => {});
    return [reading];
  },
};

/** Opens a channel, and sees to it that nothing of it is left. */
async function withPair(
  open: () => Promise<ChannelPair>,
  body: (pair: ChannelPair) => Promise<void>,
): Promise<void> {
  const pair = await open();
  try {
    await body(pair);
  } finally {
    pair.a.abort();
    pair.b.abort();
    await Promise.all([pair.a.closed, pair.b.closed]);
    await pair.release?.();
  }
}

async function inTime(work: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new AssertionError(`Still under way after ${DEADLINE} ms`)),
    DEADLINE,
  );
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Writes until a write stays pending although the other direction has been used again and again. */
async function fill(
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
  throw new AssertionError(
    `More than ${most} bytes were taken that nobody reads`,
  );
}

async function send(channel: Channel, ...bytes: Uint8Array[]): Promise<void> {
  const units = new WriteUnits();
  for (const unit of bytes) units.add(unit);
  await channel.write(units);
}

/** What was read of a channel beyond what was asked for. */
const surplus = new WeakMap<Channel, Uint8Array>();

/** Reads so many bytes. */
async function receive(channel: Channel, length: number): Promise<Uint8Array> {
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

/** Reads a chunk, where there has to be one. */
async function readChunk(channel: Channel): Promise<Uint8Array> {
  const chunk = await channel.read();
  if (chunk === null) throw new AssertionError("The end came too early");
  return chunk;
}

/** Reads to the end. */
async function receiveAll(channel: Channel): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await channel.read();
    if (chunk === null) break;
    chunks.push(chunk);
  }
  return concat(chunks);
}

/** Reads to the end, however it comes, and closes. */
async function ended(channel: Channel): Promise<void> {
  await receiveAll(channel).catch(() => {});
  await channel.close();
}

/** Bytes that differ from place to place and from seed to seed. */
function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    bytes[index] = seed * 7 + index * 31 + (index >> 8);
  }
  return bytes;
}

/** Compares without a difference of a million lines. */
function assertBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.byteLength, expected.byteLength);
  assert(equals(actual, expected), "The bytes differ");
}

/** All sequences of so many of the items. */
function sequences<Item>(items: readonly Item[], length: number): Item[][] {
  if (length === 0) return [[]];
  return sequences(items, length - 1).flatMap((rest) =>
    items.map((item) => [item, ...rest])
  );
}
