/**
 * The limits with which a target runs, as text.
 *
 * @module
 */

import type { ConnectionOptions } from "./implementation.ts";

/** The form of the value of each option that a target can be known to have. */
const FORMS = {
  maxConcurrentRequests: "N",
  maxConcurrentStreams: "N",
  overloadWait: "N-N",
  heartbeatInterval: "N",
  readTimeout: "N",
  handshakeTimeout: "N",
  streamIdleTimeout: "N",
  maxPayload: "N",
  maxSkip: "N",
  maxName: "N",
  maxInboundBytes: "N",
  streams: "true or false",
  traces: "true or false",
  operations: "true or false",
  login: "true or false",
  loginTimeout: "N",
  maxLoginPayload: "N",
} as const satisfies Partial<Record<keyof ConnectionOptions, string>>;

const PATTERNS = {
  "N": /^\d+$/,
  "N-N": /^\d+-\d+$/,
  "true or false": /^(?:true|false)$/,
} as const satisfies Readonly<
  Record<(typeof FORMS)[keyof typeof FORMS], RegExp>
>;

/**
 * Reads limits of the form `maxPayload=1000,overloadWait=100-200`.
 *
 * @throws {TypeError} If a name or a value is unknown.
 */
export function parseLimits(text: string): ConnectionOptions {
  const options: Record<string, unknown> = {};
  for (const limit of text.split(",")) {
    const [, name = "", value = ""] = /^(\w+)=(.*)$/.exec(limit) ?? [];
    if (!Object.hasOwn(FORMS, name)) {
      throw new TypeError(
        `got ${limit}, wanted NAME=VALUE with one of ${
          Object.keys(FORMS).join(", ")
        }`,
      );
    }
    const form = FORMS[name as keyof typeof FORMS];
    if (!PATTERNS[form].test(value)) {
      throw new TypeError(`got ${limit}, wanted ${name}=${form}`);
    }
    options[name] = form === "N"
      ? Number(value)
      : form === "N-N"
      ? value.split("-").map(Number)
      : value === "true";
  }
  return options as ConnectionOptions;
}

/** Writes limits in the form that {@linkcode parseLimits} reads. */
export function formatLimits(options: ConnectionOptions): string {
  return Object.entries(options).map(([name, value]) =>
    `${name}=${Array.isArray(value) ? value.join("-") : value}`
  ).join(",");
}
