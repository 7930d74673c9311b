/**
 * The life of a conversation: opening, dispatch and ending.
 *
 * @module
 */

import { describeReceived } from "../codec/describe.ts";
import {
  type Credit,
  type Header,
  isProtocolError,
  ProtocolError,
  ProtocolErrorCode,
  type RequestId,
} from "../codec/mod.ts";
import { escapeUnprintable } from "../quoting/quote.ts";
import type { Channel, ChannelEnd } from "../transport/channel.ts";
import { timeToTake } from "../transport/slowest_rate.ts";
import { Drains, sendNoNewWork } from "./_drain.ts";
import type { DrainOptions } from "./drain_options.ts";
import type { CloseInfo, PeerState, PeerStats } from "./peer_state.ts";
import { endFullestStream } from "./_fullest_stream.ts";
import { Handlers } from "./handlers.ts";
import {
  isParsed,
  oversizedMessage,
  refusedMessage,
} from "./_skipped_message.ts";
import { isForExtension } from "./link/extensions/extensions.ts";
import { type Ending, Link, type LinkEvents } from "./link/link.ts";
import type { MemoryLimit } from "./link/memory_account.ts";
import { timeoutError, Watchdog } from "./link/watchdog.ts";
import type { PeerOptions } from "./peer_options.ts";
import type { Remote } from "./remote.ts";
import { Requestor } from "./requestor/requestor.ts";
import { LoginGate } from "./responder/login_gate.ts";
import type { Failure, RequestListener } from "./responder/request_listener.ts";
import { Responder } from "./responder/responder.ts";
import type { Measured } from "./instruments.ts";

const NO_HANDLERS = new Handlers();

/** Longest time to read what has arrived once nothing can be sent, in milliseconds. */
const READ_AFTER_WRITE_ERROR = 1_000;

/**
 * Connects a link, the requestor and the responder, and takes the conversation
 * through its phases: opening, open, draining, closing, closed.
 */
export class Conversation implements LinkEvents, Measured {
  readonly requestor: Requestor;
  /** The identity of the remote peer. */
  auth: unknown;
  /** Resolves when the remote peer speaks this version and has logged in, if it must. Rejects if the conversation ends first. */
  readonly opened: Promise<void>;
  /** Resolves when the conversation has ended. */
  readonly closed: Promise<CloseInfo>;
  state: PeerState = "opening";

  readonly #link: Link;
  readonly #responder: Responder;
  /** Receives requests: the responder, or the login gate in front of it. */
  #listener: RequestListener;
  /** The timeout of the current phase: handshake, then login; closing in the end. */
  #phase: Watchdog | undefined;
  /** Settles {@linkcode opened}; `undefined` once it has. */
  #opening: PromiseWithResolvers<void> | undefined;
  readonly #resolveClosed: (info: CloseInfo) => void;
  #closeInfo: CloseInfo | undefined;
  #ending: Ending | undefined;
  #inputOver = false;
  /** Why nothing can be sent any more, although input is still read. */
  #writeError: unknown;
  /** What waits for calls and handlers. */
  #drains: Drains | undefined;

  /** Begins a conversation over a channel. */
  constructor(remote: Remote, channel: Channel, options: PeerOptions) {
    const { auth, listOperations, login, overload, retry } = options;
    const handlers = options.handlers ?? NO_HANDLERS;
    this.auth = auth;
    const link = this.#link = new Link(remote, channel, options, this);
    this.requestor = new Requestor(link, retry);
    this.#responder = new Responder(
      link,
      handlers,
      overload,
      listOperations === true && link.extensions !== undefined,
    );
    this.#listener = this.#responder;
    if (login !== undefined) {
      this.#listener = new LoginGate(
        link,
        this.#responder,
        login,
        (auth, failure) => this.#loginDecided(auth, failure),
      );
      const { maxPayloadBytes, maxLoginPayloadBytes } = link.limits;
      link.acceptPayloads(Math.min(maxPayloadBytes, maxLoginPayloadBytes));
    }
    this.#opening = Promise.withResolvers();
    this.opened = this.#opening.promise;
    this.opened.catch(() => {});
    const closing = Promise.withResolvers<CloseInfo>();
    ({ promise: this.closed, resolve: this.#resolveClosed } = closing);
    link.tracing?.instruments.opened(this);
    this.#start();
  }

  get link(): Link {
    return this.#link;
  }

  /** How the conversation has ended; `undefined` before. */
  get closeInfo(): CloseInfo | undefined {
    return this.#closeInfo;
  }

  get stats(): PeerStats {
    return {
      ...this.#link.stats,
      pending: this.requestor.pending,
      running: this.#responder.running,
      abandoned: this.#responder.abandoned,
    };
  }

  /** Refuses new calls of both peers, and closes once running ones have settled, or the time has passed. */
  async drain(options: DrainOptions): Promise<void> {
    const responder = this.#responder;
    const { clock, limits: { closeTimeout } } = this.#link;
    const end = clock.now() + (options.timeout ?? closeTimeout);
    const drains = this.#drains ??= new Drains(
      this.#link,
      this.requestor,
      responder,
      () =>
        !this.#inputOver && (this.#link.isAcceptor || responder.received > 0),
    );
    if (this.state === "opening" || this.state === "open") {
      this.#enter("draining");
    }
    if (this.#ending === undefined) await drains.wait(options);
    await this.close();
    await drains.handled(Math.max(0, end - clock.now()));
  }

  /** Delivers queued messages, then ends the connection. */
  async close(): Promise<void> {
    this.ended({});
    await this.closed;
  }

  /** Ends the connection at once. */
  abort(reason: unknown): void {
    this.ended({ error: reason, broken: true });
    this.#link.abort(reason);
  }

  versionRead(): void {
    if (this.#listener === this.#responder) {
      this.#enterPhase();
      this.#open();
    } else {
      // limits/login
      this.#enterPhase(
        this.#link.limits.loginTimeout,
        (timeout) => `no login succeeded within ${timeout} ms`,
      );
    }
    this.#link.startKeepalive();
  }

  message(header: Header, payload: Uint8Array<ArrayBuffer>): void {
    const { kind } = header;
    if (isForExtension(this.#link.extensions, header, payload)) {
      return this.#listener.extension();
    }
    switch (kind) {
      case "SingleRequest":
        return this.#listener.single(header.id, header.name, payload);
      case "StreamRequest":
        return this.#listener.stream(header.id, header.name, payload);
      case "StreamRequestPart":
        return this.#listener.part(header.id, payload);
      case "Notification":
        return this.#listener.notification(header.name, payload);
      case "SingleResult":
      case "StreamResult":
      case "ErrorResult":
      case "RetryResult":
        return this.requestor.result(kind, header, payload);
      case "Heartbeat":
        return this.#link.heartbeatReceived(header);
      case "ProtocolError":
        return this.#protocolErrorReceived(header.code);
      // deno-coverage-ignore-start
      default:
        return kind satisfies never;
        // deno-coverage-ignore-stop
    }
  }

  oversized(header: Header): void {
    const { extensions } = this.#link;
    oversizedMessage(header, extensions, this.#listener, this.requestor);
  }

  parses(header: Header): boolean {
    return isParsed(header, this.#listener, this.requestor);
  }

  refused(header: Header, limit: MemoryLimit | "maxJsonBytes"): void {
    const { extensions } = this.#link;
    refusedMessage(header, limit, extensions, this.#listener, this.requestor);
  }

  cancelled(id: RequestId, reason: string): boolean {
    return this.#responder.cancel(id, reason);
  }

  credited({ direction, id, offset }: Credit): boolean {
    return direction === "p"
      ? this.requestor.credited(id, offset)
      : this.#responder.credited(id, offset);
  }

  remoteDrains(reason: string): void {
    this.#link.emit({ type: "drain", reason: escapeUnprintable(reason) });
    sendNoNewWork(this.requestor, this.#responder, reason);
  }

  get isHandling(): boolean {
    return this.#responder.running > 0;
  }

  endFullestStream(): boolean {
    return endFullestStream(this.requestor, this.#responder);
  }

  settled(): void {
    this.requestor.failUnneeded();
    if (this.#inputOver && this.#responder.running === 0) this.ended({});
    this.#drains?.look(this.#ending !== undefined);
  }

  /** Settles everything, delivers what can be delivered, and closes the channel. Only the first ending counts. */
  ended(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    const { error, code, report, broken } = ending;
    const cause = error ?? ending.cause ??
      new Error("the connection was closed");
    this.#link.stop();
    this.#enterPhase();
    this.requestor.stopSending(cause);
    this.#enter("closing");
    this.#opening?.reject(cause);
    this.#opening = undefined;
    // close/pending
    this.requestor.connectionClosed(cause, !broken);
    this.#responder.connectionClosed(cause);
    this.settled();
    if (broken) return this.#link.abort(cause);
    // error/invalid-code, error/last
    if (report && code !== undefined) {
      this.#link.send({ kind: "ProtocolError", code });
    }
    // The writer notices if the queue does not become shorter.
    const timeout = this.#link.limits.closeTimeout +
      timeToTake(this.#link.writer.unwrittenBytes);
    this.#phase = new Watchdog(this.#link.clock, () =>
      this.#link.channel.abort(
        timeoutError(`closing took longer than ${timeout} ms`),
      ));
    this.#phase.reset(timeout);
    void this.#link.close(code);
  }

  #start(): void {
    // handshake/deadline
    this.#enterPhase(
      this.#link.limits.handshakeTimeout,
      (timeout) => `received no protocol version within ${timeout} ms`,
    );
    const input = this.#link.run().then(
      () => this.#inputEnded(),
      (error) => this.#inputFailed(error),
    );
    void this.#link.channel.closed.then(async (end) => {
      // The input's error is more specific than the end of the channel.
      if (end.error === undefined) await input;
      this.#channelEnded(end);
    });
  }

  #open(): void {
    if (this.state === "opening") this.#enter("open");
    this.#opening?.resolve();
    this.#opening = undefined;
  }

  #loginDecided(auth: unknown, failure: Failure | undefined): void {
    if (failure !== undefined) {
      // request/login-failed
      const { error } = failure;
      const code = ProtocolErrorCode.abnormal;
      return this.ended({ error, code, report: true });
    }
    if (this.#ending !== undefined) return;
    this.auth = auth;
    this.#enterPhase();
    this.#listener = this.#responder;
    this.#link.acceptPayloads(this.#link.limits.maxPayloadBytes);
    this.#open();
    // Code that awaits `opened` runs before the messages behind the login.
    void this.opened.then(() => this.#link.receiveBudget.release());
  }

  /** Ends the timeout of the current phase, and starts that of the next if it has one. */
  #enterPhase(timeout?: number, message?: (timeout: number) => string): void {
    this.#phase?.stop();
    this.#phase = undefined;
    if (timeout === undefined || message === undefined) return;
    this.#phase = new Watchdog(
      this.#link.clock,
      () => this.#link.fail(timeoutError(message(timeout))),
    );
    this.#phase.reset(timeout);
  }

  writeFailed(error: unknown): void {
    // Closing has a timeout already.
    if (this.#ending !== undefined) return;
    // What the remote peer sent before it closed is still read, since it often
    // explains the end. There is no more to come, so this hardly takes time.
    this.#writeError = error;
    const { channel, receiveBudget } = this.#link;
    const end = () => this.ended({ error, broken: true });
    if (channel.remoteEnd === undefined || receiveBudget.exceeded) return end();
    this.#enterPhase();
    this.#phase = new Watchdog(this.#link.clock, end);
    this.#phase.reset(READ_AFTER_WRITE_ERROR);
  }

  #inputFailed(error: unknown): void {
    if (!isProtocolError(error)) return this.ended({ error, broken: true });
    if (error.reason === "truncated") {
      error.cause ??= this.#link.channel.remoteEnd;
    }
    this.#link.fail(error);
  }

  /** The remote peer sends nothing more; its requests are still answered (close/half-close). */
  #inputEnded(): void {
    if (this.#ending !== undefined) return;
    const { halfClose, remoteEnd } = this.#link.channel;
    if (this.#writeError !== undefined) {
      return this.ended({ error: this.#writeError, broken: true });
    }
    const cause = remoteEnd ??
      new Error("the remote peer ended the connection");
    this.requestor.connectionClosed(cause, halfClose);
    // close/between
    if (!halfClose) return this.ended({ cause });
    this.#link.inputEnded();
    this.#responder.inputEnded(cause);
    this.#inputOver = true;
    if (this.state === "open") this.#enter("draining");
    this.settled();
  }

  /** Ends the conversation and keeps the code (error/received, error/unknown-code). Nothing is sent in reply (error/no-reply). */
  #protocolErrorReceived(code: number): void {
    const error = new ProtocolError(
      `Cannot continue the conversation: ${describeReceived(code)}`,
      { code, reason: "reported", side: "remote" },
    );
    this.ended({ error, code });
  }

  #channelEnded(end: ChannelEnd): void {
    if (this.#ending === undefined) {
      this.ended({ error: end.error, broken: true });
    }
    this.#link.writer.stop();
    this.#link.extensions?.close();
    this.#link.tracing?.instruments.closed(this);
    this.#enterPhase();
    this.#enter("closed");
    const error = this.#ending?.error ?? end.error;
    this.#closeInfo = { clean: error === undefined, error, channel: end };
    this.#resolveClosed(this.#closeInfo);
  }

  #enter(state: PeerState): void {
    this.state = state;
    this.#link.emit({ type: "state", state });
  }
}
