/**
 * Connections between our peer and an adapter, of every kind.
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
import { type Message } from "@gotalk/gotalk/codec";
import { accept, type Acceptor } from "./_accepting.ts";
import {
  type ConnectionOptions,
  standardOperations,
} from "@gotalk/conformance";
import type { Adapter, AdapterConnection, Transport } from "./_adapter.ts";
import { Journal } from "./_journal.ts";

/** How our peer and an adapter come to be connected. */
export interface Way {
  readonly transport: Transport;
  /** Who accepts the connection, which then the other side opens. */
  readonly acceptor: Acceptor | "theirs";
}

/** How the two ends are set up, other than usual. */
export interface Setup {
  /** Our peer; it has the standard operations anyway. */
  readonly ours?: Omit<PeerOptions, "handlers" | "role">;
  /** Their connection. */
  readonly theirs?: ConnectionOptions;
}

/** A message that our peer has sent or received. */
export interface Traced {
  readonly direction: "in" | "out";
  readonly message: Message;
  /** When it was, in milliseconds. */
  readonly at: number;
}

/** A connection between our peer and an adapter. Disposing of it closes it. */
export interface Ends extends AsyncDisposable {
  readonly transport: Transport;
  readonly ours: Peer;
  readonly theirs: AdapterConnection;
  /** What happened in our peer. */
  readonly events: Journal<PeerEvent>;
  /** What our peer has sent and received. */
  readonly messages: Journal<Traced>;
}

/** Connects our peer and an adapter. */
export async function openEnds(
  adapter: Adapter,
  way: Way,
  setup: Setup = {},
): Promise<Ends> {
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

/** The ProtocolError that ends the conversation of a peer. */
export async function failureOf(peer: Peer): Promise<ProtocolError> {
  const { error } = await peer.closed;
  if (isProtocolError(error)) return error;
  throw new Error("Wanted a conversation to break off", { cause: error });
}
