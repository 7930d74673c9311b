/**
 * Translates the options of connections to limits of the library.
 *
 * @module
 */

import type { Limits } from "@gotalk/gotalk";
import {
  AdapterError,
  type ConnectionOptions,
  SkippedError,
} from "../../../runner/implementation.ts";

/** How an option becomes a limit; `undefined` for an option that is not a limit. */
type Translation =
  | {
    /** The name of the limit. */
    readonly limit: keyof Limits;
    /** The form of its value; `"never-at-0"` is a number of which 0 stands for "never". */
    readonly form: "number" | "never-at-0" | "range";
  }
  | undefined;

const OPTIONS = {
  streams: undefined,
  virtualTime: undefined,
  traces: undefined,
  operations: undefined,
  login: undefined,
  maxConcurrentRequests: { limit: "maxConcurrentRequests", form: "number" },
  maxConcurrentStreams: { limit: "maxConcurrentStreams", form: "number" },
  overloadWait: { limit: "overloadWait", form: "range" },
  heartbeatInterval: { limit: "heartbeatInterval", form: "never-at-0" },
  readTimeout: { limit: "receiveTimeout", form: "never-at-0" },
  handshakeTimeout: { limit: "handshakeTimeout", form: "number" },
  maxPayload: { limit: "maxPayloadBytes", form: "number" },
  maxSkip: { limit: "maxSkippedBytes", form: "number" },
  maxName: { limit: "maxNameBytes", form: "number" },
  maxInboundBytes: { limit: "maxUnreadBytes", form: "number" },
  streamIdleTimeout: { limit: "streamIdleTimeout", form: "number" },
  loginTimeout: { limit: "loginTimeout", form: "number" },
  maxLoginPayload: { limit: "maxLoginPayloadBytes", form: "number" },
} as const satisfies Readonly<Record<keyof ConnectionOptions, Translation>>;

/**
 * Returns the limits that options stand for.
 *
 * @throws {SkippedError} If the library does not have an option.
 * @throws {AdapterError} If an option has a wrong value.
 */
export function limitsOf(options: ConnectionOptions): Partial<Limits> {
  const limits: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTIONS, option)) {
      throw new SkippedError(`there is no option ${option}`);
    }
    const translation: Translation = OPTIONS[option as keyof ConnectionOptions];
    if (value === undefined || translation === undefined) continue;
    limits[translation.limit] = valueOf(option, value, translation.form);
  }
  return limits;
}

function valueOf(
  option: string,
  value: unknown,
  form: NonNullable<Translation>["form"],
): number | [number, number] {
  switch (form) {
    case "number":
      return numberOf(option, value);
    case "never-at-0":
      return value === 0 ? Infinity : numberOf(option, value);
    case "range":
      return rangeOf(option, value);
    default:
      return form satisfies never;
  }
}

function rangeOf(option: string, value: unknown): [number, number] {
  const [min, max] = Array.isArray(value) ? value : [];
  const range: [number, number] = [
    numberOf(option, min),
    numberOf(option, max),
  ];
  if (range[0] <= range[1] && range[1] <= 0xffffffff) return range;
  throw new AdapterError(
    `Cannot set ${option}: got ${value}, wanted [min, max]`,
  );
}

function numberOf(option: string, value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw new AdapterError(
    `Cannot set ${option}: got ${
      JSON.stringify(value)
    }, wanted an integer from 0 up`,
  );
}
