/**
 * Connecting from a page.
 *
 * @module
 */

import { onAbort } from "../peer/abort.ts";
import type { AnyContract, Contract } from "../peer/contract.ts";
import { checkOptionNames } from "../quoting/option_names.ts";
import { PageConnection } from "./_connection.ts";
import { ReconnectingConnection } from "./_reconnecting.ts";
import { PAGE_OPTIONS, RECONNECT_OPTIONS } from "./option_names.ts";
import type { PageOptions } from "./options.ts";
import type {
  PagePeer,
  PageReconnectOptions,
  ReconnectingPagePeer,
} from "./page_peer.ts";

/** Options of {@linkcode connect}. */
export interface PageConnectOptions extends PageOptions {
  /** Cancels connecting when it is aborted. It has no effect on a connected peer. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects to a server by WebSocket, and returns the peer once the server has
 * sent the same protocol version.
 *
 * Without a URL, the server is where the script came from, if that is named
 * `gotalk.js`, and otherwise where the page came from: in the same folder. A URL
 * may be relative to the page, with `ws:`, `wss:`, `http:` or `https:`.
 *
 * @throws {Error} If connecting fails: a `WebSocketCloseError` with the close
 * code, which browsers do not reveal before the WebSocket is open.
 * @throws {ProtocolError} If the server does not speak Gotalk, or another version.
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 *
 * @example
 * ```ts
 * import { fetchHandler, Handlers } from "@gotalk/gotalk";
 * import { connect } from "@gotalk/gotalk/browser";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers().handle("greet", (name: string) => `Hello ${name}`);
 * await using server = Deno.serve(
 *   { hostname: "127.0.0.1", port: 0, onListen() {} },
 *   fetchHandler(handlers),
 * );
 * await using peer = await connect(`ws://127.0.0.1:${server.addr.port}`);
 * assertEquals(await peer.request("greet", "Rasmus"), "Hello Rasmus");
 * ```
 */
export async function connect<Offered extends Contract = AnyContract>(
  url?: string | URL,
  options: PageConnectOptions = {},
): Promise<PagePeer<Offered>> {
  checkOptionNames(options, { ...PAGE_OPTIONS, signal: 1 });
  const { signal } = options;
  signal?.throwIfAborted();
  const peer = new PageConnection(opener(url, options)(), options);
  const remove = onAbort(signal, (reason) => peer.abort(reason));
  try {
    await peer.opened;
    return peer as unknown as PagePeer<Offered>;
  } finally {
    remove();
  }
}

/**
 * Connects to a server like {@linkcode connect}, and again whenever the
 * connection ends, until the peer is closed.
 *
 * An attempt follows at once when the browser is online again, or the page is
 * shown again. See `ReconnectingPeer` of the main entry for what becomes of calls
 * meanwhile, and `onConnectionEvent` for what a page can show.
 *
 * @throws {TypeError} If an option is unknown or of the wrong kind, or the URL is none.
 * @throws {RangeError} If a number is out of its range.
 *
 * @example
 * ```ts
 * import { fetchHandler, Handlers } from "@gotalk/gotalk";
 * import { reconnect } from "@gotalk/gotalk/browser";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers().handle("greet", (name: string) => `Hello ${name}`);
 * await using server = Deno.serve(
 *   { hostname: "127.0.0.1", port: 0, onListen() {} },
 *   fetchHandler(handlers),
 * );
 * await using peer = reconnect(`ws://127.0.0.1:${server.addr.port}`);
 * assertEquals(await peer.request("greet", "Rasmus"), "Hello Rasmus");
 * ```
 */
export function reconnect<Offered extends Contract = AnyContract>(
  url?: string | URL,
  options: PageReconnectOptions = {},
): ReconnectingPagePeer<Offered> {
  checkOptionNames(options, RECONNECT_OPTIONS);
  const peer = new ReconnectingConnection(opener(url, options), options);
  return peer as unknown as ReconnectingPagePeer<Offered>;
}

/** Returns what opens a WebSocket. */
function opener(
  url: string | URL | undefined,
  { protocols = [] }: PageOptions,
): () => WebSocket {
  const address = addressOf(url);
  return () => new WebSocket(address, [...protocols]);
}

/** Returns the address of a WebSocket: by default, that of the server that handed out the script, or the page. */
function addressOf(url: string | URL | undefined): string {
  const { location } = globalThis as { location?: { href: string } };
  const page = location?.href;
  const script = import.meta.url;
  const home = /\/gotalk\.js(?:[?#]|$)/.test(script) ? script : page;
  const address = new URL(url ?? ".", url === undefined ? home : page);
  address.protocol = address.protocol.replace("http", "ws");
  address.hash = "";
  return address.href;
}
