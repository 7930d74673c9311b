/**
 * The options of connections, as our peer understands them.
 *
 * @module
 */

import type { Limits } from "@gotalk/gotalk";
import {
  AdapterError,
  type ConnectionOptions,
  SkippedError,
} from "../../../runner/implementation.ts";

/** Options that are limits of our peer, by what it calls them. */
const LIMITS = {
  maxConcurrentRequests: "maxConcurrentRequests",
  maxConcurrentStreams: "maxConcurrentStreams",
  heartbeatInterval: "heartbeatInterval",
  readTimeout: "receiveTimeout",
  handshakeTimeout: "handshakeTimeout",
  maxPayload: "maxPayloadBytes",
  maxSkip: "maxSkippedBytes",
  maxName: "maxNameBytes",
  maxInboundBytes: "maxUnreadBytes",
  streamIdleTimeout: "streamIdleTimeout",
} as const satisfies Partial<Record<keyof ConnectionOptions, keyof Limits>>;

/** Options for which 0 means that there is no such time. */
const ZERO_IS_NEVER: ReadonlySet<string> = new Set([
  "heartbeatInterval",
  "readTimeout",
]);

/** Options that are no limits. */
const OTHERS: ReadonlySet<string> = new Set(["streams", "virtualTime"]);

/**
 * The limits that options stand for.
 *
 * @throws {SkippedError} when there is an option that our peer does not have.
 * @throws {AdapterError} when the value of one makes no sense.
 */
export function limitsOf(options: ConnectionOptions): Partial<Limits> {
  const limits: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || OTHERS.has(option)) continue;
    if (option === "overloadWait") limits[option] = rangeOf(value);
    else if (Object.hasOwn(LIMITS, option)) {
      const limit = LIMITS[option as keyof typeof LIMITS];
      const isNever = value === 0 && ZERO_IS_NEVER.has(option);
      limits[limit] = isNever ? Infinity : numberOf(option, value);
    } else throw new SkippedError(`there is no option ${option}`);
  }
  return limits;
}

function rangeOf(value: unknown): [number, number] {
  const [min, max] = Array.isArray(value) ? value : [];
  const range: [number, number] = [
    numberOf("overloadWait", min),
    numberOf("overloadWait", max),
  ];
  if (range[0] <= range[1] && range[1] <= 0xffffffff) return range;
  throw new AdapterError(
    `Cannot set overloadWait: it is ${value}, wanted [min, max]`,
  );
}

function numberOf(option: string, value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw new AdapterError(
    `Cannot set ${option}: it is ${
      JSON.stringify(value)
    }, wanted an integer from 0 up`,
  );
}
