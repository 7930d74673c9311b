/**
 * The bytes and messages of one WebSocket.
 *
 * @module
 */

import { BYTES } from "../codec/extensions/bytes.ts";
import { isProtocolError, ProtocolError } from "../codec/protocol_error.ts";
import type { Clock } from "../peer/clock.ts";
import type { CloseInfo, PeerState } from "../peer/peer_state.ts";
import type { ChannelInfo } from "../transport/channel.ts";
import { WebSocketCloseError } from "../transport/websocket/web_socket_close_error.ts";
import { after, pageClock } from "./_clock.ts";
import { abortError } from "./_errors.ts";
import { PageRemote } from "./_remote.ts";
import { PAGE_LIMITS, type PageLimits, type PageOptions } from "./options.ts";
import { SendQueue } from "./_send_queue.ts";
import {
  encodeHeader,
  fault,
  type Letter,
  NOTHING,
  type PageHeader,
  Parser,
  VERSION_BYTES,
} from "./_wire.ts";

/** A timer that is later than this was held up: the tab or the machine slept, in milliseconds. */
const SLEPT = 2_000;

/** How long a server that was silent meanwhile may still be, in milliseconds. */
const GRACE = 5_000;

/** The end of a WebSocket without a close. */
const NO_CLOSE = { code: 1006, reason: "" } as const;

/** Closes that are no failures: normal, going away, without a code. */
const ORDERLY = [1000, 1001, 1005];

/** Data of a stream that has not been read. */
export interface Unread {
  /** The number of its bytes. */
  readonly unread: number;
  /** Ends the stream, of which too much is unread. */
  overflow(): void;
}

/** A peer, as far as it is one WebSocket: from the attempt to open that to its end. */
export abstract class Line extends PageRemote {
  readonly info: ChannelInfo;
  readonly clock: Clock;
  readonly limits: PageLimits;
  /** Resolves when both peers have sent the same version. */
  readonly opened: Promise<void>;
  /** Resolves at the end. */
  readonly closed: Promise<CloseInfo>;
  closeInfo: CloseInfo | undefined;
  state: PeerState = "opening";
  /** Whether the remote peer is known to speak extensions. */
  speaksExtensions = false;
  messagesIn = 0;
  messagesOut = 0;
  bytesIn = 0;
  /** Unread bytes of all streams, and the streams that have any. */
  unread = 0;
  readonly unreadParts = new Set<Unread>();
  /** What is sent. */
  readonly out: SendQueue;
  readonly #socket: WebSocket;
  readonly #parser: Parser;
  readonly #opening = Promise.withResolvers<void>();
  readonly #closing = Promise.withResolvers<CloseInfo>();
  /** Stops the timer of the phase: opening, keeping alive, closing. */
  #stopTimer = () => {};
  #heardAt = 0;
  #beatAt = 0;
  /** Whether the remote peer sends heartbeats (heartbeat/armed). */
  #expectsBeats = false;
  #error: unknown;

  constructor(
    socket: WebSocket,
    { clock = pageClock, connectTimeout = 10_000, limits }: PageOptions,
  ) {
    super();
    const { url } = socket;
    this.info = {
      transport: "websocket",
      remote: url,
      secure: url.startsWith("wss:"),
    };
    this.clock = clock;
    this.limits = { ...PAGE_LIMITS, ...limits };
    this.#socket = socket;
    this.out = new SendQueue(socket, clock, () => this.hasEnded);
    this.opened = this.#opening.promise;
    this.opened.catch(() => {});
    this.closed = this.#closing.promise;
    this.#parser = new Parser(this.limits.maxPayloadBytes, {
      versionRead: () => this.#versionRead(),
      message: (header, payload) => this.#message(header, payload),
    });
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#start();
    socket.onmessage = ({ data }) => this.#received(data);
    // One follows each error.
    socket.onclose = (status) => this.#socketClosed(status);
    this.#expect(connectTimeout, "the WebSocket did not open");
  }

  /** Sends a message; its payload must not change until it has left. Nothing is sent once the conversation is over. */
  send(
    letter: Letter,
    id: string,
    name: string,
    payload?: Uint8Array,
    ...numbers: readonly number[]
  ): void {
    if (this.hasEnded) return;
    const header = payload === undefined
      ? encodeHeader(letter, id, name, ...numbers)
      : encodeHeader(letter, id, name, ...numbers, payload.byteLength);
    this.messagesOut++;
    this.out.add(header);
    if (payload !== undefined && payload.byteLength > 0) this.out.add(payload);
  }

  /** The stream with the most unread bytes. */
  fullest(): Unread | undefined {
    let fullest: Unread | undefined;
    for (const parts of this.unreadParts) {
      if (parts.unread > (fullest?.unread ?? 0)) fullest = parts;
    }
    return fullest;
  }

  /** Ends the conversation, with a ProtocolError if there is a fault (error/codes). */
  end(error?: ProtocolError): void {
    if (this.hasEnded) return;
    const code = error?.code;
    if (code !== undefined) this.send("f", "", "", undefined, code);
    this.out.flush();
    this.#over(error);
    this.#close(code);
  }

  /** Whether a handler runs, which may need a call that waits. */
  abstract readonly isHandling: boolean;

  /** A call, or a handler, has settled. */
  abstract settled(): void;

  /** A message, of which the line takes care of heartbeats and errors itself. */
  protected abstract message(
    header: PageHeader,
    payload: Uint8Array<ArrayBuffer> | undefined,
  ): void;

  /** The conversation is over; `cause` is why calls fail. */
  protected abstract ended(cause: unknown): void;

  /** Ends the conversation at once. */
  abort(reason: unknown = abortError("The connection was aborted")): void {
    this.#over(reason);
    this.#closeSocket(4000, "aborted");
    this.#finish(NO_CLOSE);
  }

  /** Whether nothing is sent or received any more. */
  get hasEnded(): boolean {
    return this.state === "closing" || this.state === "closed";
  }

  /** The WebSocket is open: the version is the first that is sent (handshake/version-first). */
  #start(): void {
    if (this.hasEnded) return;
    this.out.add(VERSION_BYTES);
    // extension/bytes
    this.send("n", "", BYTES, NOTHING);
    this.#expect(
      this.limits.handshakeTimeout,
      "no protocol version was received",
    );
  }

  #versionRead(): void {
    this.#stopTimer();
    const now = this.clock.now();
    // heartbeat/first
    this.#beatAt = -Infinity;
    this.#heardAt = now;
    if (this.state === "opening") this.state = "open";
    this.#opening.resolve();
    this.#keepAlive(now);
  }

  #received(data: unknown): void {
    if (this.hasEnded) return;
    const bytes = typeof data === "string"
      ? new TextEncoder().encode(data)
      : new Uint8Array(data as ArrayBuffer);
    this.bytesIn += bytes.byteLength;
    const now = this.clock.now();
    this.#heardAt = now;
    try {
      this.#parser.push(bytes);
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      this.end(error);
    }
    // A timer that is overdue is held up: tabs in the background have few.
    if (now - this.#beatAt > this.limits.heartbeatInterval) {
      this.#keepAlive(now);
    }
    this.out.wake();
  }

  #message(
    header: PageHeader,
    payload: Uint8Array<ArrayBuffer> | undefined,
  ): void {
    const { letter, numbers } = header;
    this.messagesIn++;
    if (letter === "h") {
      if (this.#expectsBeats) return;
      this.#expectsBeats = true;
      return this.#keepAlive(this.clock.now());
    }
    if (letter === "f") {
      // error/received, error/no-reply
      return this.#reported(numbers[0]!);
    }
    this.message(header, payload);
  }

  /** Sends the heartbeat that is due, and ends a line on which nothing arrives (heartbeat/interval, heartbeat/timeout). */
  #keepAlive(now: number): void {
    const { heartbeatInterval, receiveTimeout } = this.limits;
    if (this.hasEnded || this.state === "opening") return;
    this.#stopTimer();
    if (now - this.#beatAt >= heartbeatInterval) {
      this.#beatAt = now;
      const seconds = Math.floor(this.clock.date() / 1000);
      this.send("h", "", "", undefined, 0, seconds);
    }
    const silentAt = this.#expectsBeats
      ? this.#heardAt + receiveTimeout
      : Infinity;
    if (now >= silentAt) {
      const what = `, nothing has arrived for ${receiveTimeout} ms`;
      return this.end(fault("timeout", what));
    }
    const due = Math.min(this.#beatAt + heartbeatInterval, silentAt);
    this.#stopTimer = after(this.clock, due - now, () => {
      const now = this.clock.now();
      // What arrived while the machine slept is read first.
      if (now - due > SLEPT) {
        this.#heardAt = Math.max(this.#heardAt, now - receiveTimeout + GRACE);
      }
      this.#keepAlive(now);
    });
  }

  /** Ends the line unless the phase is over within a time. */
  #expect(timeout: number, what: string): void {
    this.#stopTimer();
    this.#stopTimer = after(this.clock, timeout, () => {
      const error = fault("timeout", `, ${what} within ${timeout} ms`);
      if (this.#socket.readyState === this.#socket.OPEN) this.end(error);
      else this.abort(error);
    });
  }

  /** The remote peer has ended the conversation with a ProtocolError. */
  #reported(code: number): void {
    const options = { code, reason: "reported", side: "remote" } as const;
    const error = `The remote peer reported an error with code ${code}`;
    this.#over(new ProtocolError(error, options));
    this.#close(code < 1000 ? code : 0);
  }

  #socketClosed(status: CloseEvent): void {
    const isOpen = this.state !== "opening";
    const cause = new WebSocketCloseError(
      `The WebSocket ${isOpen ? "is closed" : "did not open"}`,
      status,
    );
    let error: Error | undefined = cause;
    const { code } = status;
    if (isOpen && (ORDERLY.includes(code) || code >= 3000)) {
      error = undefined;
      // close/inside
      if (this.#parser.isInside) {
        error = fault("truncated");
        error.cause = cause;
      }
    }
    this.#over(error, cause);
    this.#finish(status);
  }

  /** Nothing is sent or read any more. */
  #over(error: unknown, cause: unknown = error): void {
    if (this.hasEnded) return;
    this.#error = error;
    this.#parser.stop();
    this.#stopTimer();
    this.state = "closing";
    cause ??= new Error("the connection was closed");
    this.#opening.reject(cause);
    this.ended(cause);
    this.out.wake();
  }

  /** Closes the WebSocket, and waits for a limited time until it is (websocket/close-code). */
  #close(code: number | undefined): void {
    this.#closeSocket(code === undefined ? 1000 : 4000 + code);
    this.#stopTimer = after(
      this.clock,
      this.limits.closeTimeout,
      () => this.#finish(NO_CLOSE),
    );
  }

  #closeSocket(code: number, reason?: string): void {
    if (this.#socket.readyState < this.#socket.CLOSING) {
      this.#socket.close(code, reason);
    }
  }

  #finish({ code, reason }: { code: number; reason: string }): void {
    if (this.state === "closed") return;
    this.#stopTimer();
    const error = this.#error;
    const clean = error === undefined;
    this.closeInfo = { clean, error, channel: { clean, code, reason, error } };
    this.state = "closed";
    this.#closing.resolve(this.closeInfo);
  }
}
