/**
 * The behaviour that all channels share, as tests for each kind of channel.
 *
 * @module
 */

import { assertEquals, AssertionError } from "@std/assert";
import type { ChannelInfo } from "../channel.ts";
import { testBytes } from "./_byte_tests.ts";
import { testEndings } from "./_end_tests.ts";
import type {
  ChannelPair,
  ChannelTraits,
  PairTest,
  SuiteContext,
} from "./_suite_context.ts";
import type { TestClock } from "./test_clock.ts";

export type { ChannelPair, ChannelTraits };

const KIB = 1024;

/** The limit of the runtime and the system together, generously. */
const SYSTEM_BUFFERS = 16 * KIB * KIB;

/** A byte stream of the system: TCP, and what behaves like it. */
const SOCKET: ChannelTraits = {
  halfClose: true,
  backpressure: SYSTEM_BUFFERS,
  abortSeen: false,
};

/** The kinds whose two sides a test can hold: not that of an HTTP request. */
type ChannelKind = Exclude<ChannelInfo["transport"], "http">;

/** The traits of each kind of channel. */
export const TRAITS = {
  tcp: SOCKET,
  tls: SOCKET,
  unix: SOCKET,
  websocket: {
    halfClose: false,
    backpressure: SYSTEM_BUFFERS,
    abortSeen: true,
  },
  memory: { halfClose: true, backpressure: 64 * KIB, abortSeen: true },
  streams: { halfClose: true, backpressure: 64 * KIB, abortSeen: true },
  port: { halfClose: true, backpressure: 256 * KIB, abortSeen: true },
} as const satisfies Record<ChannelKind, ChannelTraits>;

/** No test takes nearly as long, in milliseconds; a longer one hangs. */
const DEADLINE = 30_000;

/**
 * Registers the tests for a kind of channel.
 *
 * @param name The start of the names of the tests.
 * @param kind The kind of the channels.
 * @param open Opens a channel. It may ignore the clock, which one test passes.
 * @param differences Traits that differ from those of the kind.
 */
export function testChannel(
  name: string,
  kind: ChannelKind,
  open: (clock?: TestClock) => Promise<ChannelPair>,
  differences: Partial<ChannelTraits> = {},
): void {
  const traits = { ...TRAITS[kind], ...differences };
  const context: SuiteContext = {
    traits,
    testPairs(behaviour, body, applies = true) {
      if (!applies) return;
      Deno.test(
        `${name} ${behaviour}`,
        () => bounded(body((once, clock) => withPair(() => open(clock), once))),
      );
    },
    test(behaviour, body, applies) {
      context.testPairs(behaviour, (next) => next(body), applies);
    },
  };
  context.test("reports its kind", async ({ a, b }) => {
    assertEquals([a.info.transport, b.info.transport], [kind, kind]);
    await Promise.all([a.close(), b.close()]);
  });
  testBytes(context);
  testEndings(context);
}

/** Opens a channel, and releases everything after the test. */
async function withPair(
  open: () => Promise<ChannelPair>,
  body: PairTest,
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

/** Fails if the work is not done before the deadline. */
async function bounded(work: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new AssertionError(`Not done after ${DEADLINE} ms`)),
    DEADLINE,
  );
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
