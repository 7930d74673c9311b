/**
 * Measures how long an implementation takes to answer.
 *
 * @module
 */

import type { Role, Transport } from "../cases/case.ts";
import type { Description, Implementation } from "../implementation.ts";
import { CommandClient } from "./_command_client.ts";
import { Connector } from "./_connector.ts";
import { SessionConnection } from "./_session_connection.ts";
import { TraceLog } from "./_trace_log.ts";

/** The number of echoes on each connection. */
const ECHOES = 15;

/**
 * The number of connections at the same time: more than one, since cases run at
 * the same time too.
 */
const CONNECTIONS = 4;

/** How long each part of the measurement may take, in milliseconds. */
const TIMEOUT = 5000;

/** The round trip when nothing can be measured, in milliseconds. */
const DEFAULT_ROUND_TRIP = 5;

/**
 * Returns the median time between an `echo` request and its result, in
 * milliseconds, over the first transport in the first role of the implementation.
 *
 * Returns a default for an implementation that lacks the operation or does not
 * answer. Its cases show what is wrong.
 */
export async function measureRoundTrip(
  implementation: Implementation,
  description: Description,
): Promise<number> {
  const way = firstWay(implementation, description);
  if (way === undefined || !description.operations.includes("echo")) {
    return DEFAULT_ROUND_TRIP;
  }
  const { signal } = new AbortController();
  const client = new CommandClient(implementation, TIMEOUT, signal);
  const connector = new Connector(client, {
    ...way,
    resets: false,
    hasOwnListener: false,
    timeout: TIMEOUT,
    signal,
  });
  const times: number[] = [];
  const measure = async () => {
    const { wire } = await connector.open();
    const connection = new SessionConnection(wire, {
      trace: new TraceLog(),
      timeout: TIMEOUT,
      roundTrip: 0,
      signal,
    });
    try {
      await connection.handshake();
      for (let count = 0; count < ECHOES; count++) {
        const before = performance.now();
        await connection.echo("how long");
        connection.endStep();
        times.push(performance.now() - before);
      }
    } finally {
      await connection.dispose();
    }
  };
  // After a failure, the times measured so far count.
  await Promise.allSettled(Array.from({ length: CONNECTIONS }, measure));
  await connector.dispose();
  return times.sort((a, b) => a - b)[times.length >> 1] ?? DEFAULT_ROUND_TRIP;
}

/** Returns the first role and transport of the implementation. */
function firstWay(
  implementation: Implementation,
  { roles }: Description,
): { readonly role: Role; readonly over: Transport } | undefined {
  for (const role of ["acceptor", "initiator"] as const) {
    const transports = roles[role];
    if (transports === undefined) continue;
    for (const over of ["tcp", "websocket"] as const) {
      if (transports.includes(over)) return { role, over };
    }
    if (implementation.adopt !== undefined) return { role, over: "memory" };
  }
  return undefined;
}
