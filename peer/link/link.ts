/**
 * The link: the bytes and messages of one connection.
 *
 * @module
 */

import {
  encodeVersion,
  type Header,
  LimitError,
  type Message,
  type MessageKind,
  ProtocolError,
  ProtocolErrorCode,
} from "../../codec/mod.ts";
import { nameOfValue } from "../../quoting/value.ts";
import type { Channel } from "../../transport/channel.ts";
import { freeMemory } from "../../quoting/free_memory.ts";
import type { Clock } from "../clock.ts";
import type { DropReason, PeerEventDetails } from "../events.ts";
import { guardedClock } from "../guarded_clock.ts";
import { checkedLimits, type Limits } from "../limits.ts";
import { memoryTotal } from "../memory_budget.ts";
import type { PeerOptions } from "../peer_options.ts";
import { randomSource } from "../hooks.ts";
import type { PeerStats } from "../peer_state.ts";
import type { Remote } from "../remote.ts";
import { Tracing } from "../tracing.ts";
import { type ExtensionEvents, Extensions } from "./extensions/extensions.ts";
import { Keepalive } from "./keepalive.ts";
import { MemoryAccount } from "./memory_account.ts";
import { Observers } from "../observers.ts";
import { RateLimit } from "./rate_limit.ts";
import { Reader, type ReaderEvents } from "./reader.ts";
import { ReceiveBudget } from "./receive_budget.ts";
import { RoundTrip } from "./round_trip.ts";
import { Writer } from "./writer.ts";

/** Why a conversation ends. */
export interface Ending {
  /** The failure; `undefined` if a peer closed the conversation. */
  readonly error?: unknown;
  /** Why calls fail, if there is no failure. */
  readonly cause?: unknown;
  /** The code of the ProtocolError sent or received. */
  readonly code?: number;
  /** Whether to send the ProtocolError. */
  readonly report?: boolean;
  /** Whether the channel failed, so that nothing can be delivered. */
  readonly broken?: boolean;
}

/** Receives what happens on a link. */
export interface LinkEvents extends ReaderEvents, ExtensionEvents {
  /** Nothing can be sent any more. */
  writeFailed(error: unknown): void;
  /** The conversation must end. */
  ended(ending: Ending): void;
  /** Too much data of streams is unread. Ends the stream with the most; returns whether there was one. */
  endFullestStream(): boolean;
  /** A call or a handler settled, which draining may wait for. */
  settled(): void;
  /** Whether handlers of the local peer are running. */
  readonly isHandling: boolean;
}

/** Options of a link. */
export type LinkOptions = Pick<
  PeerOptions,
  | "clock"
  | "extensions"
  | "limits"
  | "load"
  | "memory"
  | "onEvent"
  | "onMessage"
  | "random"
  | "role"
  | "telemetry"
>;

/**
 * One connection, as the requestor and the responder share it: what they send
 * with, and the limits, time and budgets that apply to both.
 *
 * It owns the write queue, the reader and the keepalive. It does not know calls
 * or handlers: what it reads goes up through {@linkcode LinkEvents}.
 */
export class Link {
  /** The remote peer, for contexts of handlers. */
  readonly remote: Remote;
  /** The channel. */
  readonly channel: Channel;
  /** The limits of the local peer. */
  readonly limits: Limits;
  /** Whether the local peer has accepted the connection. */
  readonly isAcceptor: boolean;
  /** The source of time. */
  readonly clock: Clock;
  /** Returns random numbers from 0 up to 1. */
  readonly random: () => number;
  /** Counts all memory that the remote peer makes the local one hold. */
  readonly memory: MemoryAccount;
  /** Counts unread stream data. */
  readonly receiveBudget: ReceiveBudget;
  /** The write queue. */
  readonly writer: Writer;
  /** Sends heartbeats, and detects a silent remote peer. */
  readonly keepalive: Keepalive;
  /** The observers of the application. */
  readonly observers: Observers;
  /** Traces calls and handlers; `undefined` without telemetry. */
  readonly tracing: Tracing | undefined;
  /** The extensions of the protocol; `undefined` if they are off. */
  readonly extensions: Extensions | undefined;
  readonly #reader: Reader;
  readonly #unproductive: RateLimit;
  readonly #events: LinkEvents;
  #stopped = false;
  #roundTrip: RoundTrip | undefined;
  /** The bounds of how far the remote clock is ahead, in milliseconds. */
  #offsetAtLeast: number | undefined;
  #offsetAtMost = 0;

  /** Creates the link of a channel; {@linkcode run} starts it. */
  constructor(
    remote: Remote,
    channel: Channel,
    options: LinkOptions,
    events: LinkEvents,
  ) {
    checkChannel(channel);
    this.remote = remote;
    this.channel = channel;
    this.limits = checkedLimits(options.limits);
    this.isAcceptor = options.role === "acceptor";
    this.#events = events;
    const { onEvent, onMessage } = options;
    this.observers = new Observers(remote, onEvent, onMessage);
    const { limits, observers } = this;
    const clock = this.clock = guardedClock(options.clock, observers);
    this.random = randomSource(options.random, observers);
    const { extensions = true, telemetry } = options;
    if (telemetry !== undefined) this.tracing = new Tracing(telemetry, this);
    if (extensions) this.extensions = new Extensions(this, events);
    this.memory = new MemoryAccount(memoryTotal(options.memory), this);
    this.receiveBudget = new ReceiveBudget(
      limits.maxUnreadBytesPerStream,
      limits.maxUnreadBytes,
      this.memory,
      () => events.endFullestStream(),
      channel.wholeUnits !== true,
    );
    this.writer = new Writer(
      channel,
      clock,
      limits.writeTimeout,
      (error) => events.writeFailed(error),
      this.memory,
    );
    this.keepalive = new Keepalive(
      this,
      options.role ?? "initiator",
      options.load ?? noLoad,
    );
    this.#unproductive = new RateLimit(
      clock,
      limits.maxUnproductiveBurst,
      limits.maxUnproductivePerSecond,
    );
    this.#reader = new Reader(this, events);
    channel.observeBuffers?.(this.#reader);
  }

  /** What was counted on this connection. */
  get stats(): Omit<PeerStats, "pending" | "running" | "abandoned"> {
    const { messagesOut, dropped, unsent } = this.observers;
    const { messagesIn, bytesIn } = this.#reader;
    const { bytesOut } = this.writer;
    const low = this.#offsetAtLeast;
    return {
      messagesIn,
      messagesOut,
      bytesIn,
      bytesOut,
      dropped,
      unsent,
      cancelsIn: this.extensions?.cancelsIn ?? 0,
      cancelsOut: this.extensions?.cancelsOut ?? 0,
      creditsIn: this.extensions?.creditsIn ?? 0,
      creditsOut: this.extensions?.creditsOut ?? 0,
      roundTripTime: this.#roundTrip?.time,
      clockOffset: low === undefined
        ? undefined
        : (low + this.#offsetAtMost) / 2,
    };
  }

  /** Measures the round-trip time; created with the first call. */
  get roundTrip(): RoundTrip {
    return this.#roundTrip ??= new RoundTrip(this.clock);
  }

  /** Whether the write queue is above its high-water mark, so that senders should wait. */
  get congested(): boolean {
    return this.writer.queuedBytes >= this.limits.writeHighWaterMarkBytes;
  }

  /** Whether there is a tracer. */
  get traced(): boolean {
    return this.tracing !== undefined;
  }

  /** Waits until the write queue is below its high-water mark, or closed, or the message is no longer `wanted`. */
  uncongested(wanted?: () => boolean): Promise<void> {
    return this.writer.available(this.limits.writeHighWaterMarkBytes, wanted);
  }

  /**
   * Sends the version at once and before anything else (handshake/version,
   * handshake/version-first, handshake/at-once; messages may follow it:
   * handshake/messages-at-once), then reads until the remote peer ends its
   * direction. Rejects like `Reader.run`.
   */
  run(): Promise<void> {
    this.writer.sendBytes(encodeVersion());
    this.extensions?.start();
    return this.#reader.run();
  }

  /** Starts the keepalive, once both versions are known. */
  startKeepalive(): void {
    // A hook may have ended the conversation meanwhile.
    if (!this.#stopped) this.keepalive.start();
  }

  /** Sets the largest payload that is accepted from now on, in bytes. */
  acceptPayloads(maxBytes: number): void {
    this.#reader.maxPayloadBytes = maxBytes;
  }

  /**
   * Sends a message.
   *
   * @throws {LimitError} If the message cannot be encoded.
   */
  send(message: Message): void {
    const { maxWriteQueueBytes, maxPayloadBytes } = this.limits;
    // Senders that can wait do so long before this. One large payload may
    // exceed the limit, so that it can be sent at all (limits/unsent).
    if (this.writer.queuedBytes >= maxWriteQueueBytes + maxPayloadBytes) {
      const error = this.writeQueueFull(message.kind);
      return this.#events.ended({ error, broken: true });
    }
    this.writer.send(message);
    this.observers.sent(message);
  }

  /** Creates the error for something that cannot be sent because the write queue is full. */
  writeQueueFull(what: string): LimitError {
    const { maxWriteQueueBytes } = this.limits;
    return new LimitError(
      `Cannot send ${what}: the write queue holds ${this.writer.queuedBytes} bytes, wanted less than ${maxWriteQueueBytes}`,
      { code: "maxWriteQueueBytes" },
    );
  }

  /** Recycles the memory of a payload once everything queued so far has been written. */
  recycle(payload: Uint8Array<ArrayBuffer>): void {
    void this.writer.flushed().then(() => {
      if (!this.#stopped) this.#reader.recycle(payload);
    });
  }

  /** Frees the memory of a payload that nobody but an observer has received. */
  free(payload: Uint8Array): void {
    // One that does not fill its buffer may share it with others.
    const isWhole = payload.byteLength === payload.buffer.byteLength;
    if (isWhole && !this.observers.observesMessages) freeMemory(payload);
  }

  /** Reports an event to the observers. */
  emit(event: PeerEventDetails): void {
    this.observers.emit(event);
  }

  /** Sends a heartbeat, and releases memory that was not needed since the last one. */
  sendHeartbeat(load: number, time: number): void {
    this.send({ kind: "Heartbeat", load, time });
    this.#reader.releaseMemory();
  }

  /** Records a heartbeat of the remote peer, with any values (heartbeat/any-value, heartbeat/no-answer). */
  heartbeatReceived({ load, time }: Header): void {
    this.countUnproductive();
    this.keepalive.heartbeatReceived();
    this.#compareClocks(time);
    this.emit({ type: "heartbeat", load, time });
  }

  /** Narrows the bounds of the clock's offset by a time in whole seconds. */
  #compareClocks(seconds: number): void {
    const low = Math.round(seconds * 1000 - this.clock.date());
    const high = low + 1000 + Math.round(this.#roundTrip?.time ?? 0);
    const before = this.#offsetAtLeast;
    const least = before === undefined ? low : Math.max(before, low);
    const most = Math.min(this.#offsetAtMost, high);
    // Bounds that exclude each other: one of the clocks was set.
    const isSound = before !== undefined && least <= most;
    this.#offsetAtLeast = isSound ? least : low;
    this.#offsetAtMost = isSound ? most : high;
  }

  /** Records that a message was dropped. It may count as unproductive. */
  drop(kind: MessageKind, reason: DropReason, counts = true): void {
    this.tracing?.dropped(reason);
    this.emit({ type: "drop", kind, reason });
    // The remote peer cannot know that a call was abandoned and must answer it.
    const isBlamed = kind !== "Notification" && reason !== "call-abandoned";
    if (isBlamed && counts) this.countUnproductive();
  }

  /** Counts an unproductive message; too many end the conversation (limits/idle-messages). */
  countUnproductive(): void {
    if (this.#unproductive.take()) return;
    const { maxUnproductivePerSecond } = this.limits;
    this.fail(
      new ProtocolError(
        `Cannot continue the conversation: too many unproductive messages, wanted at most ${maxUnproductivePerSecond} per second`,
        { code: ProtocolErrorCode.invalidMessage, reason: "over-limit" },
      ),
    );
  }

  /** Ends the conversation with a ProtocolError (error/codes). */
  fail(error: ProtocolError): void {
    this.#events.ended({ error, code: error.code, report: true });
  }

  /** Ends the conversation at once, since all conversations together hold too much. */
  giveWay(error: LimitError): void {
    this.#events.ended({ error, broken: true });
    // One that is closing would hold its write queue for long.
    this.abort(error);
  }

  /** Whether the remote peer awaits results of the local one. */
  get isHandling(): boolean {
    return this.#events.isHandling;
  }

  /** Reports that a call or handler settled. */
  settled(): void {
    this.#events.settled();
  }

  /** Expects nothing more from the remote peer, which has ended its direction. */
  inputEnded(): void {
    this.keepalive.inputEnded();
  }

  /** Dispatches no more messages and sends no more heartbeats. Queued messages are still written. */
  stop(): void {
    this.#stopped = true;
    this.#reader.stop();
    this.receiveBudget.close();
    this.keepalive.stop();
  }

  /** Flushes the write queue, then closes the channel, which lingers (error/last, error/linger). */
  async close(code: number | undefined): Promise<void> {
    const began = this.clock.now();
    await this.writer.drained();
    this.writer.close();
    // If the remote peer is slow, it needs as long again for what the system holds.
    const linger = this.clock.now() - began;
    await this.channel.close(linger > 0 ? { code, linger } : { code });
  }

  /** Discards the write queue and aborts the channel. */
  abort(cause: unknown): void {
    this.writer.close();
    this.channel.abort(cause);
  }
}

/** Refuses what is no channel before anything begins, since nothing could be reported later. */
function checkChannel(channel: Partial<Channel> | undefined): void {
  const { read, write } = channel ?? {};
  if (typeof read === "function" && typeof write === "function") return;
  throw new TypeError(
    `Cannot begin a conversation: got ${
      nameOfValue(channel)
    }, wanted a channel, such as streamsChannel(streams); connect() takes URLs`,
  );
}

function noLoad(): number {
  return 0;
}
