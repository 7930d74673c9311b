/**
 * Values that a caller sends, and ways in which the call ends before them.
 *
 * @module
 */

import { assertRejects } from "@std/assert";
import { Handlers } from "../handlers.ts";
import type { Remote } from "../remote.ts";

/** Handlers of values: they return all of them, return one, and fail. */
export const valuesHandlers: Handlers = new Handlers()
  .handleValues("echo", (_input, { values }) => values)
  .handleValues("first", async function* (_input, { values }) {
    for await (const value of values) return void (yield value);
  })
  .handleValues("refuse", () => {
    throw new Error("expected failure of the handler");
  });

/** Values that are sent. */
export interface SentValues {
  readonly values: AsyncIterable<number>;
  /** Resolves when their iteration has ended. */
  readonly ended: Promise<void>;
  /** What the end of the iteration may fail with. */
  readonly end: Error;
}

/** Returns values that are sent, and what became of their iteration. */
export function sentValues(fails: (end: Error) => void): SentValues {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const end = new Error("expected failure of finally");
  return {
    ended,
    end,
    values: (async function* () {
      try {
        for (let n = 0;; n++) {
          await Promise.resolve();
          yield n;
        }
      } finally {
        resolve();
        fails(end);
      }
    })(),
  };
}

/** Ways in which a call of values ends before the values that it sends. */
export const SENT_VALUES_ENDS: Readonly<
  Record<
    string,
    (
      peer: Pick<Remote, "close" | "values">,
      values: AsyncIterable<number>,
    ) => unknown
  >
> = {
  "the loop is left": async (peer, values) => {
    for await (const _ of peer.values("echo", 1, { values })) break;
  },
  "return() is called while a value is awaited": async (peer, values) => {
    const all = peer.values("echo", 1, { values });
    await all.next();
    const waiting = all.next();
    await all.return();
    await waiting;
  },
  "the loop throws": async (peer, values) => {
    const loop = async () => {
      for await (const _ of peer.values("echo", 1, { values })) {
        throw new Error("expected failure of the loop");
      }
    };
    await assertRejects(loop, Error, "expected failure of the loop");
  },
  "the signal aborts": async (peer, values) => {
    const controller = new AbortController();
    const { signal } = controller;
    const all = peer.values("echo", 1, { values, signal });
    await all.next();
    controller.abort();
    await assertRejects(() => Array.fromAsync(all));
  },
  "the handler ends first": async (peer, values) => {
    await Array.fromAsync(peer.values("first", 1, { values }));
  },
  "the handler fails": async (peer, values) => {
    await assertRejects(() =>
      Array.fromAsync(peer.values("refuse", 1, { values }))
    );
  },
  "the connection ends": async (peer, values) => {
    const all = peer.values("echo", 1, { values });
    await all.next();
    await peer.close();
    await assertRejects(() => Array.fromAsync(all));
  },
};
