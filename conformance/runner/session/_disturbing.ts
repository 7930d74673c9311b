/**
 * Whether a limit that a case does not name gets in its way.
 *
 * @module
 */

import { sizeOf } from "../cases/bytes.ts";
import type { Bytes, SendItem, SessionCase } from "../cases/case.ts";
import type { ConnectionOptions } from "../implementation.ts";

/** A shorter timeout can end a case in which the runner is silent, in milliseconds. */
const AMPLE = 10_000;

/**
 * Returns the name of an option with which a server runs, which a case does not
 * name and which might get in its way; `undefined` if there is none.
 */
export function disturbingOption(
  session: SessionCase,
  known: ConnectionOptions,
): string | undefined {
  const { options = {}, needs = [] } = session;
  const sent = whatIsSent(session);
  const disturbs = {
    maxPayload: (most: number) => sent.payload > most,
    maxSkip: (most: number) => sent.payload > most,
    maxName: (most: number) => sent.name > most,
    maxConcurrentRequests: (most: number) => sent.requests > most,
    maxConcurrentStreams: (most: number) => sent.streams > most,
    maxInboundBytes: (most: number) => sent.bytes > most,
    readTimeout: (ms: number) => ms > 0 && ms < AMPLE,
    handshakeTimeout: (ms: number) => ms > 0 && ms < AMPLE,
    streamIdleTimeout: (ms: number) => ms > 0 && ms < AMPLE,
    heartbeatInterval: () => false,
    overloadWait: () => false,
    streams: (accepted: boolean) => !accepted && sent.streams > 0,
    traces: () => false,
    operations: (offered: boolean) =>
      offered && needs.includes("extensionOperations"),
    login: (required: boolean) => required,
    loginTimeout: () => false,
    maxLoginPayload: () => false,
    virtualTime: () => true,
  } as const satisfies Record<
    keyof ConnectionOptions,
    ((value: number) => boolean) | ((value: boolean) => boolean)
  >;
  return Object.entries(known).find(([name, value]) => {
    const isDisturbing = disturbs[name as keyof ConnectionOptions] as (
      value: unknown,
    ) => boolean;
    return options[name] === undefined && isDisturbing(value);
  })?.[0];
}

/** Returns the largest values that a case sends, itself and through operations of a server. */
function whatIsSent({ steps }: SessionCase) {
  const sent = { payload: 0, name: 0, requests: 0, streams: 0, bytes: 0 };
  const count = (items: readonly SendItem[], times: number) => {
    for (const item of items) {
      if (!("kind" in item)) {
        const size = sizeOf(
          "bytes" in item
            ? item.bytes
            : "raw" in item
            ? item.raw
            : item.frame.data ?? "",
        );
        // It can be anything.
        sent.payload = Math.max(sent.payload, size);
        sent.name = Math.max(sent.name, size);
        sent.requests += times * size;
        sent.streams += times * size;
        sent.bytes += times * size;
        continue;
      }
      const { kind, operation = "", name = "", payload = "" } = item;
      const size = sizeOf(payload as Bytes);
      sent.payload = Math.max(sent.payload, size);
      sent.name = Math.max(sent.name, sizeOf(operation), sizeOf(name));
      sent.bytes += times * size;
      if (kind === "SingleRequest") sent.requests += times;
      if (kind === "StreamRequest") sent.streams += times;
    }
  };
  for (const step of steps) {
    if ("send" in step) count(step.send, 1);
    else if ("flood" in step) count(step.flood.send, step.flood.times);
    else if ("storm" in step) count(step.storm.send, step.storm.times);
    else if ("echo" in step) {
      sent.payload = Math.max(sent.payload, sizeOf(step.echo));
      sent.requests++;
    } else if ("do" in step) {
      // Its argument is JSON, with two digits for each byte if it is not text.
      const size = 100 + 2 * sizeOf(step.payload ?? "") +
        (step.operation?.length ?? 0) + sizeOf(step.name ?? "");
      sent.payload = Math.max(sent.payload, size);
      sent.name = Math.max(sent.name, "notify-back".length);
      sent.bytes += size;
      if (step.do === "open-stream") sent.streams++;
      else sent.requests++;
    } else if ("report" in step) sent.requests++;
  }
  return sent;
}
