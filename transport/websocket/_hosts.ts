/**
 * The hosts that requests may be addressed to.
 *
 * A page can have the name of its own server resolve to another machine (DNS
 * rebinding), such as the one that its visitor sits at. Its requests then have
 * the page's name as `Origin` and as `Host`, so they look like those of a page
 * of the server itself.
 *
 * @module
 */

import { ipAddressOf, isLoopback, parseIpAddress } from "../ip_addresses.ts";
import { FORWARDING_HEADERS, type ReceivedRequest } from "./_forwarded.ts";

/**
 * The names of a server that requests may be addressed to, besides loopback
 * names and IP addresses, which are always accepted: no page of somebody else
 * can have them.
 *
 * - A list of names, such as `"example.com"`, and `".example.com"` for that name
 *   and all names below it. Ports do not matter. Any request that is addressed
 *   to another name is refused.
 * - `"*"`: every name.
 */
export type HostPolicy = "*" | readonly string[];

/** The header of proxies that no page can set. */
const VIA = "via";

/** Headers that proxies set, and that no page can set for a WebSocket. */
const PROXY_HEADERS = [
  ...Object.values(FORWARDING_HEADERS).flat(),
  VIA,
  "x-real-ip",
];

/** Whether a request is addressed to a loopback name, an address, or a listed name. */
export function isHostListed(
  { hostname }: URL,
  list: readonly string[],
): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, "");
  return parseIpAddress(name.replace(/^\[|\]$/g, "")) !== undefined ||
    [...list, ".localhost"].some((item) => isNameIn(name, item));
}

function isNameIn(name: string, item: string): boolean {
  const below = item.startsWith(".");
  // The URL parser knows how names are written in requests. The options have
  // been checked.
  const wanted = new URL(`http://${below ? item.slice(1) : item}`).hostname;
  return name === wanted || below && name.endsWith(`.${wanted}`);
}

/**
 * Whether a request of a page may have come straight from a browser on this
 * machine. If it is addressed to a name that anybody can own, then its page may
 * be anybody's.
 *
 * Not so if it came through a proxy on this machine, whose business such pages
 * are: the proxy has added a header, or the page is encrypted, while no one has
 * a certificate for a name of somebody else.
 */
export function isFromThisMachine(
  { request, remote }: ReceivedRequest,
): boolean {
  const origin = request.headers.get("origin");
  // A page reads from its own server without one.
  const isRead = origin === null && /^(?:GET|HEAD)$/.test(request.method) &&
    !request.headers.has("upgrade") && request.url.startsWith("http:");
  if (!isRead && (origin === null || /^https:/i.test(origin))) return false;
  if (remote?.startsWith("unix:")) return false;
  const address = ipAddressOf(remote);
  if (address !== undefined && !isLoopback(address)) return false;
  // A page sets any header but that one for a call to what passes for its own server.
  const proof = request.headers.has("upgrade") ? PROXY_HEADERS : [VIA];
  return !proof.some((name) => request.headers.has(name));
}
