/**
 * Peers that connect.
 *
 * @module
 */

import {
  type AnyContract,
  type Contract,
  Peer,
  type PeerOptions,
  ReconnectingPeer,
  type ReconnectOptions,
} from "./peer/mod.ts";
import type { Channel } from "./transport/channel.ts";
import { openChannel, type OpenOptions } from "./transport/open.ts";

export type { OpenOptions };

/** How to connect, and how the peer is set up. */
export interface ConnectOptions extends OpenOptions, PeerOptions {}

/**
 * Connects to a URL (`tcp:`, `tls:`, `unix:`, `ws:`, `wss:`), or begins a conversation over a channel
 * that is there already, and resolves once the other side has said that it speaks the same version.
 *
 * `signal` gives connecting up; later it has no effect. Needs permission to use the network.
 *
 * @throws {Error} If connecting fails; `cause` says why.
 * @throws {ProtocolError} If the other side does not speak Gotalk, or another version.
 *
 * @example
 * ```ts
 * import { connect, Handlers, serve } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers().handle("greet", (name: string) => `Hello ${name}`);
 * await using server = await serve({ port: 0 }, handlers);
 * await using peer = await connect(server.address);
 * assertEquals(await peer.request("greet", "Rasmus"), "Hello Rasmus");
 * ```
 */
export async function connect<Remote extends Contract = AnyContract>(
  target: string | URL | Channel,
  options: ConnectOptions = {},
): Promise<Peer<Remote>> {
  const { signal } = options;
  const isAddress = typeof target === "string" || target instanceof URL;
  const channel = isAddress ? await openChannel(target, options) : target;
  const peer = new Peer<Remote>(channel, options);
  const giveUp = () => peer.abort(signal?.reason);
  if (signal?.aborted) giveUp();
  signal?.addEventListener("abort", giveUp);
  try {
    await peer.opened;
    // A server that refuses says so right after its version, and the conversation is over at once.
    if (peer.state !== "open") {
      const { error } = await peer.closed;
      if (error !== undefined) throw error;
    }
    return peer;
  } catch (error) {
    await peer.closed;
    throw error;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

/**
 * Connects to a URL, as {@linkcode connect} does, and again whenever the connection ends, until the peer
 * is closed. Needs permission to use the network.
 *
 * @example
 * ```ts
 * import { Handlers, reconnect, serve } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers().handle("greet", (name: string) => `Hello ${name}`);
 * await using server = await serve({ port: 0 }, handlers);
 * await using peer = reconnect(server.address);
 * assertEquals(await peer.request("greet", "Rasmus"), "Hello Rasmus");
 * ```
 */
export function reconnect<Remote extends Contract = AnyContract>(
  url: string | URL,
  options: Omit<OpenOptions, "signal"> & ReconnectOptions = {},
): ReconnectingPeer<Remote> {
  return new ReconnectingPeer<Remote>(
    (signal) => openChannel(url, { ...options, signal }),
    options,
  );
}
