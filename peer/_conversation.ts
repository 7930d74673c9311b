/**
 * The life of a connection: how it begins, what goes where, and how it ends.
 *
 * @module
 */

import {
  encodeVersion,
  type Header,
  isProtocolError,
  LimitError,
  type Message,
  type MessageKind,
  type PayloadCodec,
  ProtocolError,
  ProtocolErrorCode,
  quoteName,
} from "../codec/mod.ts";
import type { Channel, ChannelEnd } from "../transport/channel.ts";
import type { Asked } from "./responder/request_listener.ts";
import { closedError } from "./requestor/_call.ts";
import { Calls } from "./requestor/requestor.ts";
import { checkedLimits } from "./_checked_limits.ts";
import { Deadline } from "./link/watchdog.ts";
import { Gate, type GateOwner } from "./responder/login_gate.ts";
import { IdleBudget } from "./link/rate_limit.ts";
import { InboundBudget } from "./link/receive_budget.ts";
import { Liveness, timeout } from "./link/keepalive.ts";
import { Observation } from "./link/observers.ts";
import { Outbox, type OutboxOwner } from "./link/writer.ts";
import { Receiver, type ReceiverOwner } from "./link/reader.ts";
import { Serving } from "./responder/responder.ts";
import type { Wire } from "./link/_wire.ts";
import { type Clock, systemClock } from "./clock.ts";
import type {
  CloseInfo,
  DropReason,
  PeerEvent,
  PeerState,
  PeerStats,
} from "./events.ts";
import type { Limits } from "./limits.ts";
import type { Peer } from "./peer.ts";
import type { PeerOptions } from "./peer_options.ts";
import { tracedHandlers } from "./tracer.ts";

const SENT: Promise<void> = Promise.resolve();

/** How a conversation comes to its end. */
interface Ending {
  /** Why; `undefined` when it was time. */
  readonly error?: unknown;
  /** The protocol code that goes with it. */
  readonly code?: number;
  /** Whether the other side is told the code. */
  readonly tell?: boolean;
  /** Whether the channel is broken, so that nothing can be delivered. */
  readonly broken?: boolean;
}

/** Connects a channel, the calls of this side and the handlers for the other side. */
export class Conversation
  implements Wire, OutboxOwner, ReceiverOwner, GateOwner {
  readonly peer: Peer;
  readonly channel: Channel;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: () => number;
  readonly inbound: InboundBudget;
  readonly calls: Calls;
  readonly serving: Serving;
  /** Who the other side is. */
  auth: unknown;
  /** Resolves when the other side speaks this version and has logged in if it has to; rejects when the conversation ends before. */
  readonly opened: Promise<void>;
  /** Resolves when the conversation has ended. */
  readonly closed: Promise<CloseInfo>;
  state: PeerState = "opening";

  readonly #observation: Observation;
  readonly #outbox: Outbox;
  readonly #receiver: Receiver;
  readonly #liveness: Liveness;
  readonly #idleBudget: IdleBudget;
  readonly #writing: Deadline;
  /** What has to be over in time: the handshake, then the login, and closing in the end. */
  #phase: Deadline | undefined;
  /** What settles {@linkcode opened}; let go of once it has. */
  #opening: PromiseWithResolvers<void> | undefined;
  readonly #resolveClosed: (info: CloseInfo) => void;
  /** Who hears what the other side asks: the handlers, or what stands before them. */
  #asked: Asked;
  #ending: Ending | undefined;
  #inputOver = false;
  #idle: (() => void)[] | undefined;

  constructor(peer: Peer, channel: Channel, options: PeerOptions) {
    this.peer = peer;
    this.channel = channel;
    this.limits = checkedLimits(options.limits);
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? Math.random;
    this.#observation = new Observation(options);
    const { limits, clock } = this;
    this.inbound = new InboundBudget(
      limits.maxUnreadBytesPerStream,
      limits.maxUnreadBytes,
    );
    this.calls = new Calls(this, options.retry);
    this.serving = new Serving(
      this,
      tracedHandlers(options),
      options.overload ?? "retry",
    );
    this.auth = options.auth;
    this.#asked = this.serving;
    this.#outbox = new Outbox(channel, this, "01");
    this.#receiver = new Receiver(
      channel,
      this,
      limits,
      this.inbound,
      "01",
      this.#observation.onMessage,
    );
    this.#liveness = new Liveness(
      this,
      options.role ?? "initiator",
      options.load ?? noLoad,
    );
    this.#idleBudget = new IdleBudget(
      clock,
      limits.maxUnproductiveBurst,
      limits.maxUnproductivePerSecond,
    );
    if (options.login !== undefined) {
      const { login, tracer } = options;
      this.#asked = new Gate(this, this.serving, this, login, tracer);
      const { maxPayloadBytes, maxLoginPayloadBytes } = limits;
      this.#receiver.maxPayloadBytes = Math.min(
        maxPayloadBytes,
        maxLoginPayloadBytes,
      );
    }
    this.#writing = new Deadline(clock, () =>
      this.#end({
        error: timeout(`a write did not get on for ${limits.writeTimeout} ms`),
        broken: true,
      }));
    this.#opening = Promise.withResolvers();
    this.opened = this.#opening.promise;
    this.opened.catch(() => {});
    const { promise, resolve } = Promise.withResolvers<CloseInfo>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.#start();
  }

  get batch(): number {
    return this.#outbox.batch;
  }

  get begun(): number {
    return this.#outbox.begun;
  }

  get queuedBytes(): number {
    return this.#outbox.byteLength;
  }

  get stats(): PeerStats {
    const { messagesOut, bytesOut, dropped } = this.#observation;
    return {
      messagesIn: this.#receiver.messages,
      messagesOut,
      bytesIn: this.#receiver.bytes,
      bytesOut,
      dropped,
      pending: this.calls.pending,
      running: this.serving.running,
    };
  }

  send(message: Message): void {
    const { maxWriteQueueBytes, maxPayloadBytes } = this.limits;
    // Whoever can wait does so long before; one large payload may be beyond the limit.
    if (this.queuedBytes >= maxWriteQueueBytes + maxPayloadBytes) {
      return this.#end({ error: this.#queueFull(message.kind), broken: true });
    }
    this.#outbox.send(message);
    this.#observation.sent(message);
  }

  room(bytes: number): Promise<void> {
    return this.#outbox.room(bytes);
  }

  recycle(payload: Uint8Array<ArrayBuffer>): void {
    void this.#outbox.flushed().then(() => {
      if (this.#ending === undefined) this.#receiver.recycle(payload);
    });
  }

  rest(): void {
    this.#receiver.rest();
  }

  emit(event: PeerEvent): void {
    this.#observation.emit(event);
  }

  drop(kind: MessageKind, reason: DropReason): void {
    this.emit({ type: "drop", kind, reason });
    // The other side cannot know that a call was given up, and has to answer it.
    if (kind !== "Notification" && reason !== "call-abandoned") {
      this.countIdle();
    }
  }

  countIdle(): void {
    if (this.#idleBudget.take()) return;
    const { maxUnproductivePerSecond } = this.limits;
    this.fail(
      new ProtocolError(
        `Cannot go on with the conversation: too many messages do no work, wanted at most ${maxUnproductivePerSecond} per second`,
        { code: ProtocolErrorCode.invalidMessage, reason: "over-limit" },
      ),
    );
  }

  fail(error: ProtocolError): void {
    this.#end({ error, code: error.code, tell: true });
  }

  settled(): void {
    if (this.#inputOver && this.serving.running === 0) this.#end({});
    if (this.#idle === undefined) return;
    const busy = this.calls.pending + this.serving.running > 0;
    if (busy && this.#ending === undefined) return;
    const idle = this.#idle;
    this.#idle = undefined;
    for (const resolve of idle) resolve();
  }

  /** Sends a notification; resolves when there is room for more, rejects when it cannot be sent. */
  notify<T>(name: string, value: T, codec: PayloadCodec<T>): Promise<void> {
    try {
      if (this.#ending !== undefined || this.#inputOver) {
        throw closedError(name, "not-sent", this.#ending?.error);
      }
      this.#checkQueue(name);
      this.send({
        kind: "Notification",
        name,
        payload: codec.encode(value, { operation: name }),
      });
    } catch (error) {
      return Promise.reject(error);
    }
    const { writeHighWaterMarkBytes } = this.limits;
    return this.queuedBytes < writeHighWaterMarkBytes
      ? SENT
      : this.room(writeHighWaterMarkBytes);
  }

  /** Takes no new calls of either side, and waits until those that run have settled or the time is up. */
  async drain(time: number): Promise<void> {
    if (this.state === "opening" || this.state === "open") {
      this.#enter("draining");
    }
    this.calls.refuse(new Error("this side is draining the connection"));
    this.serving.refuse("shutting down");
    const { promise, resolve } = Promise.withResolvers<void>();
    const deadline = new Deadline(this.clock, resolve);
    deadline.extend(time);
    (this.#idle ??= []).push(resolve);
    this.settled();
    if (this.#ending !== undefined) resolve();
    await promise;
    deadline.clear();
    return await this.close();
  }

  /** Delivers what was sent, then ends the connection. */
  async close(): Promise<void> {
    this.#end({});
    await this.closed;
  }

  /** Ends the connection at once. */
  abort(reason: unknown): void {
    this.#end({ error: reason, broken: true });
    this.channel.abort(reason);
  }

  writing(bytes: number): void {
    this.#observation.bytesOut += bytes;
    this.#writing.extend(this.limits.writeTimeout);
  }

  written(): void {
    this.#writing.suspend();
  }

  writeFailed(error: unknown): void {
    this.#end({ error, broken: true });
  }

  versionRead(): void {
    const { loginTimeout } = this.limits;
    if (this.#asked === this.serving) {
      this.#enterPhase();
      this.#open();
    } else {
      this.#enterPhase(
        loginTimeout,
        () =>
          this.fail(timeout(`no login succeeded within ${loginTimeout} ms`)),
      );
    }
    this.#liveness.start();
  }

  loggedIn(auth: unknown): void {
    if (this.#ending !== undefined) return;
    this.auth = auth;
    this.#enterPhase();
    this.#asked = this.serving;
    this.#receiver.maxPayloadBytes = this.limits.maxPayloadBytes;
    this.#open();
    // Those who have waited for it hear of it first.
    void this.opened.then(() => this.inbound.release());
  }

  loginRefused(error: unknown): void {
    this.#end({ error, code: ProtocolErrorCode.abnormal, tell: true });
  }

  dispatching(active: boolean): void {
    if (active) this.#outbox.cork();
    else this.#outbox.uncork();
  }

  received(bytes: number, incomplete: boolean, completed: boolean): void {
    if (this.#ending !== undefined) return;
    this.#liveness.received(bytes, incomplete, completed);
  }

  paused(active: boolean): void {
    if (active) this.#liveness.pause();
    else if (this.#ending === undefined) this.#liveness.resume();
  }

  message(header: Header, payload: Uint8Array<ArrayBuffer>): void {
    switch (header.kind) {
      case "SingleRequest":
        return this.#asked.single(header.id, header.name, payload);
      case "StreamRequest":
        return this.#asked.stream(header.id, header.name, payload);
      case "StreamRequestPart":
        return this.#asked.part(header.id, payload);
      case "Notification":
        return this.#asked.notification(header.name, payload);
      case "Heartbeat":
        this.countIdle();
        this.#liveness.heard();
        return this.emit({
          type: "heartbeat",
          load: header.load,
          time: header.time,
        });
      case "ProtocolError":
        return this.#reported(header.code);
      default:
        this.calls.answer(header, payload);
    }
  }

  tooLarge(header: Header): void {
    const { kind, id, name } = header;
    if (kind === "SingleRequest" || kind === "StreamRequest") {
      return this.#asked.tooLarge(id, name, kind === "StreamRequest");
    }
    if (kind === "Notification") return this.#asked.notificationTooLarge();
    if (kind === "StreamRequestPart") return this.#asked.partTooLarge(id);
    this.calls.tooLarge(header);
  }

  #open(): void {
    if (this.state === "opening") this.#enter("open");
    this.#opening?.resolve();
    this.#opening = undefined;
  }

  #start(): void {
    this.#outbox.sendBytes(encodeVersion("01"));
    const { handshakeTimeout } = this.limits;
    this.#enterPhase(
      handshakeTimeout,
      () =>
        this.fail(
          timeout(`no protocol version came within ${handshakeTimeout} ms`),
        ),
    );
    const received = this.#receiver.run().then(
      () => this.#inputEnded(),
      (error) => this.#inputBroke(error),
    );
    void this.channel.closed.then(async (end) => {
      // How the input ended tells more than that it did.
      if (end.error === undefined) await received;
      this.#ended(end);
    });
  }

  /** Lets go of the time for one phase of the connection, and may set one for the next. */
  #enterPhase(time?: number, expired?: () => void): void {
    this.#phase?.clear();
    this.#phase = expired && new Deadline(this.clock, expired);
    if (time !== undefined) this.#phase?.extend(time);
  }

  #inputBroke(error: unknown): void {
    if (isProtocolError(error)) this.fail(error);
    else this.#end({ error, broken: true });
  }

  /** The other side will say nothing more; what it asked for is still answered. */
  #inputEnded(): void {
    if (this.#ending !== undefined) return;
    const cause = new Error("the other side ended the connection");
    this.calls.connectionClosed(cause, this.channel.halfClose);
    if (!this.channel.halfClose) return this.#end({});
    this.#liveness.pause();
    this.serving.inputOver(cause);
    this.#inputOver = true;
    this.settled();
  }

  #reported(code: number): void {
    const error = new ProtocolError(
      `Cannot go on with the conversation: the other side reported code ${code}`,
      { code, reason: "reported", side: "remote" },
    );
    this.#end({ error, code });
  }

  /** Refuses what a sender that does not wait would pile up. */
  #checkQueue(name: string): void {
    const { maxWriteQueueBytes } = this.limits;
    if (this.queuedBytes >= maxWriteQueueBytes) {
      throw this.#queueFull(quoteName(name));
    }
  }

  #queueFull(what: string): LimitError {
    const { maxWriteQueueBytes } = this.limits;
    return new LimitError(
      `Cannot send ${what}: ${this.queuedBytes} bytes wait to be written, wanted less than ${maxWriteQueueBytes}`,
      { code: "maxWriteQueueBytes" },
    );
  }

  /** Settles everything, delivers what can be delivered, and closes the channel. Only the first end counts. */
  #end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    const { error, code, tell, broken } = ending;
    this.#receiver.stop();
    this.inbound.close();
    this.#enterPhase();
    this.#liveness.stop();
    this.#enter("closing");
    const cause = error ?? new Error("the connection was closed");
    this.#opening?.reject(cause);
    this.#opening = undefined;
    this.calls.connectionClosed(cause, !broken);
    this.serving.connectionClosed(cause);
    this.settled();
    if (broken) {
      this.#outbox.close();
      return this.channel.abort(cause);
    }
    if (tell && code !== undefined) this.send({ kind: "ProtocolError", code });
    const { closeTimeout } = this.limits;
    this.#enterPhase(
      closeTimeout,
      () =>
        this.channel.abort(
          timeout(`closing took more than ${closeTimeout} ms`),
        ),
    );
    void this.#outbox.drained().then(() => {
      this.#outbox.close();
      return this.channel.close({ code });
    });
  }

  #ended(end: ChannelEnd): void {
    if (this.#ending === undefined) {
      this.#end({ error: end.error, broken: true });
    }
    this.#outbox.close();
    this.#writing.clear();
    this.#enterPhase();
    this.#enter("closed");
    const error = this.#ending?.error ?? end.error;
    this.#resolveClosed({ clean: error === undefined, error, channel: end });
  }

  #enter(state: PeerState): void {
    if (this.state === state) return;
    this.state = state;
    this.emit({ type: "state", state });
  }
}

function noLoad(): number {
  return 0;
}
