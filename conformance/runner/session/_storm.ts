/**
 * Many connections at the same time.
 *
 * @module
 */

import type { SendItem } from "../cases/case.ts";
import { bounded, settles } from "./_bounded.ts";
import type { Opened } from "./_opener.ts";
import { outgoing, pieces, type Unit } from "./_outgoing.ts";
import type { Trace } from "./_trace.ts";

/** What a storm is made of. */
export interface StormOptions {
  readonly times: number;
  /** What is sent on each connection. */
  readonly send: readonly SendItem[];
  /** How each is ended; they stay open when absent. */
  readonly close?: "end" | "half" | "reset" | undefined;
  readonly unit: Unit;
  readonly open: () => Promise<Opened>;
  /** How long one may take, in milliseconds. */
  readonly patience: number;
  readonly signal: AbortSignal;
  readonly trace: Trace;
}

/** So many connections are being opened at the same time. */
const AT_ONCE = 64;

/** Opens connections and sends on them; gives what ends those that stay. */
export async function runStorm(
  options: StormOptions,
): Promise<() => Promise<void>> {
  const { times, send, close, trace, signal } = options;
  trace.add(">", `opens ${times} connections, ${send.length} items on each`);
  const staying: Opened[] = [];
  let refused = 0;
  let left = times;
  async function work(): Promise<void> {
    while (left > 0) {
      left--;
      signal.throwIfAborted();
      try {
        const opened = await one(options);
        if (close === undefined) staying.push(opened);
      } catch {
        // An implementation may refuse some.
        refused++;
      }
    }
  }
  const workers = Math.min(AT_ONCE, times);
  await Promise.all(Array.from({ length: workers }, work));
  signal.throwIfAborted();
  if (refused > 0) trace.add("#", `${refused} connections were not taken`);
  return async () => {
    await Promise.all(staying.map(({ wire }) => wire.destroy()));
  };
}

async function one(
  { open, send, unit, close, patience, signal }: StormOptions,
): Promise<Opened> {
  const opened = await open();
  const { wire } = opened;
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  // Read, so that ending the connection is no reset.
  wire.start((arrival) => {
    if (arrival.type === "end") resolve();
  });
  try {
    const parts = send.map((item) => outgoing(item, new Map()));
    for (const piece of pieces(parts, { unit, over: wire.transport })) {
      const writing = piece instanceof Uint8Array
        ? wire.write(piece)
        : wire.frame!(piece);
      await bounded(writing, patience, "send", signal);
    }
    if (close === "reset") wire.reset();
    else if (close === "half") await wire.half?.();
    else if (close === "end") {
      await wire.end();
      await settles(ended, 100, signal);
    }
  } catch {
    // What becomes of these connections does not matter.
  }
  if (close === "reset" || close === "end") await wire.destroy();
  return opened;
}
