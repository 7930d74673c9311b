/**
 * The options of subcommands that connect.
 *
 * @module
 */

import { durationOption } from "./arguments.ts";
import { type Given, type Option, UsageError } from "./command.ts";

/** How long a connection and each answer may take unless the user decides, in milliseconds. */
const TIMEOUT = 30_000;

/** The options of every subcommand that connects. */
export const CONNECTION_OPTIONS: readonly Option[] = [
  {
    name: "timeout",
    value: "DURATION",
    about:
      "how long connecting may take, and each answer: 500ms, 2s, 1m, or a " +
      "number of seconds; 30s by default",
  },
  {
    name: "login",
    value: "NAME=INPUT",
    about: "first send this request, with JSON, @FILE or - for standard input",
  },
  {
    name: "header",
    value: "NAME:VALUE",
    repeats: true,
    about: "a header of the WebSocket request; Origin is that of the server",
  },
  {
    name: "ca",
    value: "FILE",
    repeats: true,
    about: "certificates in PEM to trust as well",
  },
  { name: "cert", value: "FILE", about: "certificate of this client, in PEM" },
  { name: "key", value: "FILE", about: "key of this certificate, in PEM" },
  {
    name: "insecure",
    about: "check no certificate; needs deno to start again",
  },
];

/** The option of subcommands whose output programs can read. */
export const JSON_OPTION: Option = {
  name: "json",
  about: "print JSON for programs, one value a line, errors included",
};

/** Returns how long connecting and each answer may take, in milliseconds. */
export function timeoutOf(given: Given): number {
  return durationOption(given, "timeout", TIMEOUT);
}

/**
 * Splits the value of an option at the first separator.
 *
 * @throws {UsageError} If there is none, or nothing in front of it.
 */
export function splitPair(
  option: string,
  given: string,
  separator: string,
): [name: string, value: string] {
  const at = given.indexOf(separator);
  if (at > 0) return [given.slice(0, at), given.slice(at + 1)];
  throw new UsageError(
    `--${option} is ${given}, wanted a name and a value with ${separator} between them`,
  );
}
