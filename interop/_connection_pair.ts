/**
 * Connects a peer of this library and an adapter.
 *
 * @module
 */

import {
  connect,
  type Handlers,
  isProtocolError,
  type Peer,
  type PeerEvent,
  type PeerOptions,
  type ProtocolError,
} from "@gotalk/gotalk";
import type { Message } from "@gotalk/gotalk/codec";
import { accept, type Acceptor } from "./_acceptor.ts";
import {
  type ConnectionOptions,
  standardOperations,
} from "@gotalk/conformance";
import type { Adapter, AdapterConnection, Transport } from "./_adapter.ts";
import { Journal } from "./_journal.ts";

/** How the peer and the adapter are connected. */
export interface Way {
  readonly transport: Transport;
  /** The end that accepts the connection; the other one opens it. */
  readonly acceptor: Acceptor | "theirs";
}

/** Options of both ends. */
export interface Setup {
  /** Options of the peer. */
  readonly ours?: Omit<PeerOptions, "handlers" | "role">;
  /** Handlers of the peer; the standard operations by default. */
  readonly handlers?: Handlers;
  /** Options of the adapter's connection. */
  readonly theirs?: ConnectionOptions;
}

/** A message that the peer has sent or received. */
export interface Traced {
  readonly direction: "in" | "out";
  readonly message: Message;
  /** The time, in milliseconds. */
  readonly at: number;
}

/** A connection between a peer and an adapter. Disposing of it closes it. */
export interface ConnectionPair extends AsyncDisposable {
  readonly transport: Transport;
  readonly ours: Peer;
  readonly theirs: AdapterConnection;
  /** The events of the peer. */
  readonly events: Journal<PeerEvent>;
  /** The messages that the peer has sent and received. */
  readonly messages: Journal<Traced>;
}

/** Connects a peer and an adapter. */
export async function openPair(
  adapter: Adapter,
  way: Way,
  setup: Setup = {},
): Promise<ConnectionPair> {
  const events = new Journal<PeerEvent>();
  const messages = new Journal<Traced>();
  const options: PeerOptions = {
    ...setup.ours,
    handlers: setup.handlers ?? standardOperations(),
    onEvent: events.add,
    onMessage: (direction, message) =>
      messages.add({ direction, message, at: performance.now() }),
  };
  const { transport, acceptor } = way;
  const common = { transport, events, messages };

  if (acceptor === "theirs") {
    const listener = await adapter.listen(transport, setup.theirs);
    // The Go reference refuses a WebSocket without an Origin.
    const ours = await connect(listener.address, {
      ...options,
      origin: "same",
    });
    const theirs = await listener.accepted();
    const close = () => ours.close();
    return { ...common, ours, theirs, [Symbol.asyncDispose]: close };
  }
  const accepting = await accept(acceptor, options);
  const theirs = await adapter.connect(accepting.address, setup.theirs);
  const ours = await accepting.peer;
  const close = () => accepting.close();
  return { ...common, ours, theirs, [Symbol.asyncDispose]: close };
}

/**
 * Waits for the end of a peer's conversation, and returns the ProtocolError
 * that ended it.
 *
 * @throws {Error} If it ends without a ProtocolError.
 */
export async function failureOf(peer: Peer): Promise<ProtocolError> {
  const { error } = await peer.closed;
  if (isProtocolError(error)) return error;
  throw new Error(
    "Cannot return the ProtocolError: the conversation ended without one",
    { cause: error },
  );
}
