/**
 * How long an implementation takes to answer.
 *
 * @module
 */

import type { Role, Transport } from "../cases/case.ts";
import type { Description, Implementation } from "../implementation.ts";
import { Commander } from "./_commander.ts";
import { Conversation } from "./_conversation.ts";
import { Opener } from "./_opener.ts";
import { Trace } from "./_trace.ts";

/** So many echoes are measured on each connection. */
const ECHOES = 15;

/** So many connections are measured at the same time, as cases are run at the same time as well. */
const CONNECTIONS = 4;

/** How long all of it may take, in milliseconds. */
const PATIENCE = 5000;

/** Counts when nothing can be measured, in milliseconds. */
const USUAL = 5;

/**
 * The time between an `echo` request and its answer, in milliseconds: the median of some, over the
 * first transport in the first role that the implementation has.
 *
 * An implementation that cannot be measured, for want of the operation or because it does not answer,
 * is taken for a usual one; its cases will tell what is wrong.
 */
export async function measureRoundTrip(
  subject: Implementation,
  description: Description,
): Promise<number> {
  const way = firstWay(subject, description);
  if (way === undefined || !description.operations.includes("echo")) {
    return USUAL;
  }
  const { signal } = new AbortController();
  const commander = new Commander(subject, PATIENCE, signal);
  const opener = new Opener(commander, {
    ...way,
    resets: false,
    patience: PATIENCE,
    signal,
  });
  const times: number[] = [];
  const measure = async () => {
    const { wire } = await opener.open();
    const conversation = new Conversation(wire, {
      trace: new Trace(),
      patience: PATIENCE,
      roundTrip: 0,
      signal,
    });
    try {
      await conversation.handshake();
      for (let count = 0; count < ECHOES; count++) {
        const before = performance.now();
        await conversation.echo("how long");
        conversation.stepEnds();
        times.push(performance.now() - before);
      }
    } finally {
      await conversation.dispose();
    }
  };
  // Where one fails, what was measured until then counts.
  await Promise.allSettled(Array.from({ length: CONNECTIONS }, measure));
  await opener.dispose();
  return times.sort((a, b) => a - b)[times.length >> 1] ?? USUAL;
}

/** The first role and transport that there is. */
function firstWay(
  subject: Implementation,
  { roles }: Description,
): { readonly role: Role; readonly over: Transport } | undefined {
  for (const role of ["acceptor", "initiator"] as const) {
    const transports = roles[role];
    if (transports === undefined) continue;
    for (const over of ["tcp", "websocket"] as const) {
      if (transports.includes(over)) return { role, over };
    }
    if (subject.adopt !== undefined) return { role, over: "memory" };
  }
  return undefined;
}
