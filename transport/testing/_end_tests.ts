/**
 * The part of the channel suite about endings: close, closeWrite and abort at
 * any moment and in any order.
 *
 * @module
 */

import {
  assert,
  assertFalse,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  assertBytes,
  ended,
  fill,
  pattern,
  PIECE,
  receive,
  receiveAll,
  send,
} from "./channel_driver.ts";
import type { ChannelPair, SuiteContext } from "./_suite_context.ts";
import { TestClock } from "./test_clock.ts";

const KIB = 1024;

/** Registers the tests for one kind of channel. */
export function testEndings({ test, testPairs, traits }: SuiteContext): void {
  const { backpressure, abortSeen } = traits;
  const most = backpressure || 0;

  test("delivers a pending write before it closes", async ({ a, b }) => {
    const all = pattern(3 * 1024 * KIB, 4);
    const writing = send(a, all);
    // On a busy machine, the remote side takes longer than closing waits by itself.
    const closing = a.close({ linger: 10_000 });
    assertBytes(await receiveAll(b), all);
    await b.close();
    await Promise.all([writing, closing]);
    assert((await a.closed).clean);
    assert((await b.closed).clean);
  });

  test("returns null again after the end", async ({ a, b }) => {
    await Promise.all([send(a, pattern(1, 0)), a.close(), ended(b)]);
    for (let again = 0; again < 3; again++) {
      assertStrictEquals(await b.read(), null);
      assertStrictEquals(await a.read(), null);
    }
  });

  test("delivers the last message although the remote side keeps sending (error/linger)", async ({ a, b }) => {
    const last = pattern(200, 5);
    const flood = async () => {
      for (;;) await send(b, pattern(PIECE, 0));
    };
    const flooding = assertRejects(flood);
    // By now the flood has started, and nobody reads it.
    const [, chunk] = await Promise.all([
      send(a, last).then(() => a.close({ code: 2, reason: "test" })),
      receive(b, last.byteLength),
    ]);
    assertBytes(chunk, last);
    await a.closed;
    await flooding;
    b.abort();
  });

  test("rejects writes once the remote side has closed", async ({ a, b }) => {
    const closing = b.close();
    await assertRejects(async () => {
      for (;;) await send(a, pattern(PIECE, 0));
    });
    await Promise.all([closing, a.close()]);
  });

  testPairs(
    "closes in a bounded time although the remote side does nothing",
    async (next) => {
      const clock = new TestClock();
      await next(async ({ a }) => {
        await clock.runUntil(a.close(), 6_000);
        await a.closed;
        assertStrictEquals(await a.read(), null);
        await assertRejects(
          () => send(a, pattern(1, 0)),
          Error,
          "Cannot write",
        );
      }, clock);
    },
  );

  test("resolves a pending read with null when it closes", async ({ a, b }) => {
    const [chunk] = await Promise.all([a.read(), a.close(), ended(b)]);
    assertStrictEquals(chunk, null);
    assert((await a.closed).clean);
  });

  test("can be closed from both sides at once", async ({ a, b }) => {
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

  test("can be aborted after it has ended, without effect", async ({ a, b }) => {
    await Promise.all([a.close(), ended(b)]);
    a.abort(new Error("too late"));
    assert((await a.closed).clean);
    assertStrictEquals(await a.read(), null);
  });

  test("settles all calls when both sides abort", async ({ a, b }) => {
    const calls = [a.read(), b.read()].map((call) => assertRejects(() => call));
    a.abort();
    b.abort();
    await Promise.all([...calls, a.closed, b.closed]);
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
    "can be ended in every order of calls, at once and repeatedly",
    async (next) => {
      for (
        const calls of sequences(["close", "closeWrite", "abort"] as const, 3)
      ) {
        await next(async ({ a, b }) => {
          const reading = a.read().catch(() => null);
          const writing = send(a, pattern(10, 0)).catch(() => {});
          const other = ended(b);
          await Promise.all(calls.map((call) => a[call]()));
          // Without half-close, the calls so far may have ended nothing.
          await a.close();
          await Promise.all([reading, writing, other, a.closed, b.closed]);
          for (const call of calls) await a[call]();
        });
      }
    },
  );
}

/**
 * The moments at which a channel is aborted: each prepares the channel and
 * returns the calls that are pending then.
 */
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
  "during a read, with bytes unread at the remote side": async ({ a, b }) => {
    await Promise.all([send(a, pattern(9, 0)), receive(b, 9)]);
    const reading = a.read();
    // It may or may not be delivered, but it must settle.
    send(a, pattern(PIECE, 0)).catch(() => {});
    return [reading];
  },
};

/** Returns all sequences of `length` items. */
function sequences<Item>(items: readonly Item[], length: number): Item[][] {
  if (length === 0) return [[]];
  return sequences(items, length - 1).flatMap((rest) =>
    items.map((item) => [item, ...rest])
  );
}
