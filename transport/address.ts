/**
 * Socket addresses as URLs.
 * Internal to the package.
 *
 * @module
 */

import { ipAddressText } from "./ip_addresses.ts";

/**
 * Returns the address of a socket as a URL; without the port if it is unknown.
 * An IP address has one form, whoever wrote it: the shortest, and that of IPv4
 * for an IPv4 address in IPv6, as a listener for both reports them.
 */
export function netAddress(
  scheme: "tcp" | "tls",
  { hostname, port }: { readonly hostname: string; readonly port?: number },
): string {
  let host = hostname;
  if (host.includes(":")) {
    host = ipAddressText(host) ?? host;
    if (host.includes(":")) host = `[${host}]`;
  }
  if (port === undefined) return `${scheme}://${host}`;
  // Joined: a template string keeps all of its parts alive, for each of
  // thousands of connections (connections-idle).
  return [scheme, "://", host, ":", port].join("");
}

/** Returns the path of a Unix socket as a URL, with reserved characters escaped. */
export function unixAddress(path: string): string {
  return `unix:${path.split("/").map(encodeURIComponent).join("/")}`;
}
