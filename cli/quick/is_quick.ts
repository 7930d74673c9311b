/**
 * Which arguments the quick way is for.
 * Internal to the package.
 *
 * @module
 */

import type { Given } from "../command.ts";

/** A URL of TCP, with a name or an IPv4 address, and a port; other ones are checked elsewhere. */
export const TCP: RegExp = /^tcp:\/\/([a-z\d.-]+):([1-9]\d{0,3}|[1-5]\d{4})$/;

/**
 * Whether requests and notifications with these arguments are sent the quick way:
 * over TCP, in Deno, without options of other transports.
 */
export function isQuick(
  { words: [url = ""], values: { cert, key }, lists, flags }: Given,
): boolean {
  return typeof Deno.connect === "function" && TCP.test(url) &&
    cert === undefined && key === undefined && !flags.has("insecure") &&
    lists.ca === undefined && lists.header === undefined;
}
