/**
 * The connection of subcommands that start fast.
 * Internal to the package.
 *
 * @module
 */

import { isProtocolError } from "../../codec/protocol_error.ts";
import { peerOver } from "../../page/over_socket.ts";
import type { PagePeer } from "../../page/page_peer.ts";
import { describeFailure, quoteBytes } from "../../quoting/quote.ts";
import {
  ConnectionClosedError,
  isConnectionClosedError,
} from "../../peer/connection_closed_error.ts";
import { unreserved } from "../../peer/reserved_names.ts";
import type { Given } from "../command.ts";
import { connectWithin, type SimplePeer } from "../connect_within.ts";
import { ConnectionFailure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { quickClock } from "./_clock.ts";
import { TcpSocket } from "./_tcp_socket.ts";

/** Connects by TCP, and logs in if the user wants that. */
export async function openQuickly(
  url: string,
  given: Given,
  terminal: Terminal,
): Promise<SimplePeer> {
  return await connectWithin(
    url,
    given,
    terminal,
    (signal) => connect(url, signal),
  );
}

async function connect(url: string, signal: AbortSignal) {
  signal.throwIfAborted();
  const { hostname, port } = new URL(url);
  const socket = new TcpSocket(url, await dial(url, hostname, port, signal));
  const peer = peerOver(socket, {
    clock: quickClock,
    connectTimeout: Infinity,
    limits: { handshakeTimeout: Infinity },
  });
  const abort = () => peer.abort(signal.reason);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    await peer.opened;
    return patient(peer, socket);
  } catch (error) {
    throw signal.aborted ? signal.reason : openingError(error, socket);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Returns a peer that closes once all has left, however long that takes. */
function patient(
  peer: PagePeer,
  socket: TcpSocket,
): Omit<SimplePeer, keyof AsyncDisposable> {
  return {
    requestBytes: (...args) =>
      peer.requestBytes(...args).catch((error) => {
        throw isConnectionClosedError(error) ? closedBy(error, socket) : error;
      }),
    notifyBytes: (name, payload) =>
      peer.notifyBytes(unreserved(name, "send"), payload),
    async close() {
      // The peer waits for a limited time.
      await socket.written;
      await peer.close();
    },
    abort(reason) {
      peer.abort(reason);
      socket.abort();
    },
    closed: peer.closed,
  };
}

async function dial(
  url: string,
  hostname: string,
  port: string,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  try {
    const conn = await Deno.connect({ hostname, port: Number(port), signal });
    conn.setNoDelay();
    return conn;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new ConnectionFailure(
      `Cannot connect to ${url}: ${describeFailure(error)}`,
      { cause: error },
    );
  }
}

/** Says why the connection ended: the peer has a WebSocket in mind. */
function closedBy(
  error: ConnectionClosedError,
  { error: broken }: TcpSocket,
): ConnectionClosedError {
  const { message, outcome, cause } = error;
  return isProtocolError(cause) || outcome === "not-sent"
    ? error
    : new ConnectionClosedError(message, {
      outcome,
      cause: broken ?? new Error("the remote peer ended the connection"),
    });
}

/** Says what ended the opening: the peer says less, and knows of WebSockets only. */
function openingError(error: unknown, { start, error: broken }: TcpSocket) {
  const isFault = isProtocolError(error);
  if (broken !== undefined && !isFault) return broken;
  const what = isFault
    ? `protocol version is ${quoteBytes(start)}, wanted 01`
    : `it ended after ${start.byteLength} of 2 bytes of the protocol version`;
  return new Error(`Cannot start the conversation: ${what}`, { cause: error });
}
