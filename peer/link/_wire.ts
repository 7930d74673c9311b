/**
 * What the parts of a peer share.
 *
 * @module
 */

import type { Message, MessageKind, ProtocolError } from "../../codec/mod.ts";
import type { InboundBudget } from "./receive_budget.ts";
import type { Clock } from "../clock.ts";
import type { DropReason, PeerEvent } from "../events.ts";
import type { Limits } from "../limits.ts";
import type { Peer } from "../peer.ts";

/** The connection, as the calls, the handlers and the heartbeats of a peer see it. */
export interface Wire {
  /** The peer, for contexts. */
  readonly peer: Peer;
  /** The limits that hold. */
  readonly limits: Limits;
  /** Where the time comes from. */
  readonly clock: Clock;
  /** Counts what waits for the application. */
  readonly inbound: InboundBudget;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** The number of the batch that what is sent next is in. */
  readonly batch: number;
  /** How many batches have been given to the channel: those with numbers less than this. */
  readonly begun: number;
  /** How many bytes wait to be written. */
  readonly queuedBytes: number;
  /** Sends a message. */
  send(message: Message): void;
  /** Waits until fewer than so many bytes wait to be written, or the connection has ended. */
  room(bytes: number): Promise<void>;
  /** Takes the memory of a payload back, once all that was sent up to now has been written. */
  recycle(payload: Uint8Array<ArrayBuffer>): void;
  /** Lets go of memory that is kept for what may come. */
  rest(): void;
  /** Tells who observes the peer. */
  emit(event: PeerEvent): void;
  /** Notes that a message was dropped, and whether it counts as one that does no work. */
  drop(kind: MessageKind, reason: DropReason): void;
  /** Counts a message that does no work; too many end the conversation. */
  countIdle(): void;
  /** Ends the conversation, since the other side broke the protocol. */
  fail(error: ProtocolError): void;
  /** Something finished that closing may wait for. */
  settled(): void;
}
