/**
 * Requests that came through proxies which say for whom they speak.
 *
 * @module
 */

import { netAddress } from "../address.ts";
import {
  type AddressMatcher,
  addressMatcher,
  parseIpAddress,
} from "../ip_addresses.ts";
import { isHost } from "./_handshake_server.ts";
import { splitList } from "./_http.ts";

/** Which proxies are trusted, and what. */
export interface ProxyOptions {
  /**
   * The proxies that are trusted: IP addresses such as `"10.0.0.1"`, ranges such
   * as `"10.0.0.0/8"`, and `"unix"` for clients on a Unix socket; none by
   * default. What they say of a client replaces what is known of the
   * connection: `info.remote`, `info.secure` and the URL of the request. A
   * client of which they do not say that it is secure is not.
   *
   * Clients must not be able to connect from these addresses themselves, since
   * they could claim anything.
   */
  readonly trustedProxies?: readonly string[] | undefined;
  /**
   * The headers by which the trusted proxies say it, and which they set or
   * extend on every request: `"x-forwarded"` for `X-Forwarded-For`,
   * `X-Forwarded-Proto` and `X-Forwarded-Host` (the default), `"forwarded"` for
   * `Forwarded` (RFC 7239), or `"none"`. Other headers of the kind are
   * ignored, as a client may have sent them.
   */
  readonly proxyHeaders?: "x-forwarded" | "forwarded" | "none" | undefined;
}

/** The headers that each choice reads. */
export const FORWARDING_HEADERS = {
  "x-forwarded": ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"],
  "forwarded": ["forwarded"],
  "none": [],
} as const satisfies Record<
  NonNullable<ProxyOptions["proxyHeaders"]>,
  readonly string[]
>;

/** A request, and what is known of the client. */
export interface ReceivedRequest {
  /** The request, with the URL that the client asked for. */
  readonly request: Request;
  /** The address of the client, `unix:` on a Unix socket, if it is known. */
  readonly remote: string | undefined;
  /** Whether the client's connection is encrypted. */
  readonly secure: boolean;
}

/** What a proxy says of the request before it. */
interface Hop {
  /** The client of the proxy: an IP address, and a port if any. */
  readonly client: string | undefined;
  readonly proto: string | undefined;
  readonly host: string | undefined;
}

/** The proxies that a request is followed back through, at most. */
const MAX_HOPS = 32;

/** Returns a request as it was before it came through trusted proxies. */
export function beforeProxies(
  received: ReceivedRequest,
  { trustedProxies, proxyHeaders = "x-forwarded" }: ProxyOptions,
): ReceivedRequest {
  if (trustedProxies === undefined) return received;
  const isTrusted = addressMatcher(trustedProxies);
  const { headers } = received.request;
  switch (proxyHeaders) {
    case "none":
      return received;
    case "x-forwarded":
      return follow(received, xForwarded(headers), isTrusted);
    case "forwarded":
      return follow(received, forwarded(headers), isTrusted);
    // deno-coverage-ignore-start
    default:
      return proxyHeaders satisfies never;
      // deno-coverage-ignore-stop
  }
}

/**
 * Goes back from proxy to proxy, from the last hop to the first one that no
 * trusted proxy wrote.
 */
function follow(
  received: ReceivedRequest,
  hops: readonly Hop[],
  isTrusted: AddressMatcher,
): ReceivedRequest {
  let { remote, secure } = received;
  let proto: string | undefined, host: string | undefined;
  for (const hop of hops.slice(-MAX_HOPS).reverse()) {
    if (!isTrusted(remote)) break;
    proto = hop.proto ?? proto;
    host = hop.host ?? host;
    if (hop.client === undefined) break;
    // Unknown if the proxy hides it: not the address of the proxy, which an
    // application may let do more.
    remote = clientAddress(hop.client);
  }
  // The connection of the proxy says nothing of the client's.
  if (remote !== received.remote) secure = false;
  if (proto !== undefined) secure = /^(?:https|wss)$/i.test(proto);
  const scheme = proto && (secure ? "https:" : "http:");
  return { request: readdress(received.request, scheme, host), remote, secure };
}

/** Returns a request with another scheme and host, in its URL and its `Host`. */
function readdress(
  request: Request,
  scheme: string | undefined,
  host: string | undefined,
): Request {
  const before = URL.parse(request.url);
  // A Host that is none is refused later.
  if (before === null || (host !== undefined && !isHost(host))) return request;
  try {
    const { protocol, pathname, search } = before;
    const url = new URL(
      `${scheme || protocol}//${host ?? before.host}${pathname}${search}`,
    );
    if (url.href === before.href) return request;
    const headers = new Headers(request.headers);
    headers.set("host", url.host);
    return new Request(url, { method: request.method, headers });
  } catch {
    // A Request has neither every host nor every method that a server receives;
    // such a request is refused later.
    return request;
  }
}

/** The last proxy knows scheme and host, if it does not pass on what it got. */
function xForwarded(headers: Headers): Hop[] {
  const [clients, protos, hosts] = FORWARDING_HEADERS["x-forwarded"]
    .map((name) => splitList(headers.get(name) ?? ""));
  const last = { proto: protos!.at(-1), host: hosts!.at(-1) };
  const none = { proto: undefined, host: undefined };
  if (clients!.length === 0) return [{ client: undefined, ...last }];
  return clients!.map((client, at) => ({
    client,
    ...(at === clients!.length - 1 ? last : none),
  }));
}

/**
 * Returns the elements of `Forwarded`; one of an unknown client if it is
 * malformed, as what a client sent before may hide what a proxy wrote.
 *
 * Character by character: the time for a regular expression grows with the
 * square of the length.
 */
function forwarded(headers: Headers): Hop[] {
  const hops: Hop[] = [];
  let pairs = new Map<string, string>();
  let name = "", value: string | undefined, isQuoted = false;
  // The comma at the end ends the last element, and what is escaped there.
  const text = `${headers.get(FORWARDING_HEADERS.forwarded[0]) ?? ""},`;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (isQuoted) {
      if (char === '"') isQuoted = false;
      else value += char === "\\" ? text[++at]! : char;
    } else if (char === "," || char === ";") {
      pairs.set(name.trim().toLowerCase(), (value ?? "").trim());
      name = "", value = undefined;
      if (char === ";") continue;
      const [client, proto, host] = ["for", "proto", "host"]
        .map((key) => pairs.get(key) || undefined);
      hops.push({ client, proto, host });
      pairs = new Map();
    } else if (value === undefined) {
      if (char === "=") value = "";
      else name += char;
    } else if (char === '"') {
      isQuoted = true;
    } else {
      value += char;
    }
  }
  return isQuoted ? [UNKNOWN] : hops;
}

const UNKNOWN: Hop = { client: "unknown", proto: undefined, host: undefined };

/** Returns the address of a client as a URL; its port may be unknown. */
function clientAddress(text: string): string | undefined {
  if (parseIpAddress(text)) return netAddress("tcp", { hostname: text });
  const [, six, four, port] =
    /^(?:\[(.*)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ??
      [];
  const hostname = six ?? four ?? "";
  if (parseIpAddress(hostname) === undefined) return undefined;
  return netAddress("tcp", { hostname, ...port && { port: Number(port) } });
}
