/**
 * Options of subcommands that read captures.
 *
 * @module
 */

import { integerOption } from "../arguments.ts";
import { type Given, type Option, UsageError } from "../command.ts";

/** The option that chooses the connections of a server. */
export const PORT_OPTION: Option = {
  name: "port",
  value: "PORT",
  about: "of a capture, only connections with this port, whatever they carry",
};

/**
 * Returns the port that was given.
 *
 * @throws {UsageError} If it is none.
 */
export function portOption(given: Given): number | undefined {
  if (given.values.port === undefined) return undefined;
  const port = integerOption(given, "port", 0);
  if (port <= 65_535) return port;
  throw new UsageError(`--port is ${port}, wanted at most 65535`);
}
