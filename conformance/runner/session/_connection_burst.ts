/**
 * Opens many connections at the same time.
 *
 * @module
 */

import type { SendItem } from "../cases/case.ts";
import type { Unit } from "../cases/expand.ts";
import type { OpenConnection } from "./_connector.ts";
import type { Bindings } from "./expectation/pattern.ts";
import { type Outgoing, outgoing, pieces, writePiece } from "./_outgoing.ts";
import { settlesWithin, withTimeout } from "./_timeout.ts";
import type { TraceLog } from "./_trace_log.ts";

/** Options of a connection burst. */
export interface ConnectionBurstOptions {
  /** The number of connections. */
  readonly times: number;
  /** What is sent on each connection. */
  readonly send: readonly SendItem[];
  /** The values that its variables have. */
  readonly bindings: Bindings;
  /** How each connection is ended; they stay open when absent. */
  readonly close?: "end" | "half" | "reset" | undefined;
  /** Whether nothing is read on them. */
  readonly hold?: true | undefined;
  readonly unit: Unit;
  readonly open: () => Promise<OpenConnection>;
  /** How long one write may take, in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly trace: TraceLog;
}

/** The number of connections that are opened at the same time. */
const CONCURRENCY = 64;

/**
 * Opens connections and sends on them.
 *
 * @returns A function that ends the connections that stay open.
 */
export async function runConnectionBurst(
  options: ConnectionBurstOptions,
): Promise<() => Promise<void>> {
  const { times, send, bindings, close, trace, signal } = options;
  // Here, where a variable without a value is an error of the case.
  const parts = send.map((item) => outgoing(item, bindings));
  trace.add(">", `opens ${times} connections, ${send.length} items on each`);
  const staying: OpenConnection[] = [];
  let refused = 0;
  let left = times;
  async function work(): Promise<void> {
    while (left > 0) {
      left--;
      signal.throwIfAborted();
      try {
        const opened = await openOne(options, parts);
        if (close === undefined) staying.push(opened);
      } catch {
        // An implementation may refuse some.
        refused++;
      }
    }
  }
  const workers = Math.min(CONCURRENCY, times);
  await Promise.all(Array.from({ length: workers }, work));
  signal.throwIfAborted();
  if (refused > 0) trace.add("#", `${refused} connections were refused`);
  return async () => {
    await Promise.all(staying.map(({ wire }) => wire.destroy()));
  };
}

async function openOne(
  { open, unit, close, hold, timeout, signal }: ConnectionBurstOptions,
  parts: readonly Outgoing[],
): Promise<OpenConnection> {
  const opened = await open();
  const { wire } = opened;
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  if (hold) wire.hold();
  // Unread data would turn the end of the connection into a reset.
  wire.start((arrival) => {
    if (arrival.type === "end") resolve();
  });
  try {
    for (const piece of pieces(parts, { unit, over: wire.transport })) {
      await withTimeout(writePiece(wire, piece), timeout, "send", signal);
    }
    if (close === "reset") wire.reset();
    else if (close === "half") await wire.half?.();
    else if (close === "end") {
      await wire.end();
      await settlesWithin(ended, 100, signal);
    }
  } catch {
    // The fate of these connections does not matter.
  }
  if (close === "reset" || close === "end") await wire.destroy();
  return opened;
}
