/**
 * Connects our peer and an adapter, in every way.
 *
 * @module
 */

import {
  connect,
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

/** How our peer and an adapter are connected. */
export interface Way {
  readonly transport: Transport;
  /** The side that accepts the connection; the other one opens it. */
  readonly acceptor: Acceptor | "theirs";
}

/** Options of the two ends. */
export interface Setup {
  /** Options of our peer, which always has the standard operations. */
  readonly ours?: Omit<PeerOptions, "handlers" | "role">;
  /** Options of their connection. */
  readonly theirs?: ConnectionOptions;
}

/** A message that our peer has sent or received. */
export interface Traced {
  readonly direction: "in" | "out";
  readonly message: Message;
  /** The time, in milliseconds. */
  readonly at: number;
}

/** A connection between our peer and an adapter. Disposing of it closes it. */
export interface ConnectionPair extends AsyncDisposable {
  readonly transport: Transport;
  readonly ours: Peer;
  readonly theirs: AdapterConnection;
  /** The events of our peer. */
  readonly events: Journal<PeerEvent>;
  /** The messages that our peer has sent and received. */
  readonly messages: Journal<Traced>;
}

/** Connects our peer and an adapter. */
export async function openPair(
  adapter: Adapter,
  way: Way,
  setup: Setup = {},
): Promise<ConnectionPair> {
  const events = new Journal<PeerEvent>();
  const messages = new Journal<Traced>();
  const options: PeerOptions = {
    ...setup.ours,
    handlers: standardOperations(),
    onEvent: events.add,
    onMessage: (direction, message) =>
      messages.add({ direction, message, at: performance.now() }),
  };
  const { transport, acceptor } = way;
  const common = { transport, events, messages };

  if (acceptor === "theirs") {
    const listener = await adapter.listen(transport, setup.theirs);
    const ours = await connect(listener.address, options);
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
 * Returns the ProtocolError that ends the conversation of a peer.
 *
 * @throws {Error} If it ends otherwise.
 */
export async function failureOf(peer: Peer): Promise<ProtocolError> {
  const { error } = await peer.closed;
  if (isProtocolError(error)) return error;
  throw new Error(
    "Cannot find the failure: the conversation ended without a ProtocolError",
    { cause: error },
  );
}
