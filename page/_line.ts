/**
 * The bytes and messages of one WebSocket.
 *
 * @module
 */

import { BYTES } from "../codec/extensions/bytes.ts";
import { isReservedName } from "../codec/extensions/reserved_name.ts";
import {
  isProtocolError,
  ProtocolError,
  ProtocolErrorCode,
} from "../codec/protocol_error.ts";
import type { Clock } from "../peer/clock.ts";
import type { CloseInfo, PeerState } from "../peer/peer_state.ts";
import { WebSocketCloseError } from "../transport/websocket/web_socket_close_error.ts";
import type { PageLimits } from "./options.ts";
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

/** Receives what happens on a line. */
export interface LineEvents {
  /** A message, of which the line takes care of heartbeats and errors itself. */
  message(
    header: PageHeader,
    payload: Uint8Array<ArrayBuffer> | undefined,
  ): void;
  /** The state has changed. */
  stateChanged(state: PeerState): void;
  /** The conversation is over; `cause` is why calls fail. */
  ended(cause: unknown): void;
}

/** Data of a stream that has not been read. */
export interface Unread {
  /** The number of its bytes. */
  readonly unread: number;
  /** Ends the stream, of which too much is unread. */
  overflow(): void;
}

/** Options of a line. */
export interface LineOptions {
  readonly clock: Clock;
  readonly limits: PageLimits;
  readonly connectTimeout: number;
}

/** One WebSocket, from the attempt to open it to its end. */
export class Line {
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
  readonly #events: LineEvents;
  readonly #parser: Parser;
  readonly #opening = Promise.withResolvers<void>();
  readonly #closing = Promise.withResolvers<CloseInfo>();
  /** The timer of the phase: opening, keeping alive, closing. */
  #timer: unknown;
  #heardAt = 0;
  #beatAt = 0;
  /** Whether the remote peer sends heartbeats (heartbeat/armed). */
  #expectsBeats = false;
  #error: unknown;

  constructor(
    socket: WebSocket,
    { clock, limits, connectTimeout }: LineOptions,
    events: LineEvents,
  ) {
    this.#socket = socket;
    this.out = new SendQueue(socket, clock, () => this.#isOver);
    this.clock = clock;
    this.limits = limits;
    this.#events = events;
    this.opened = this.#opening.promise;
    this.opened.catch(() => {});
    this.closed = this.#closing.promise;
    this.#parser = new Parser(limits.maxPayloadBytes, {
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
    if (this.#isOver) return;
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

  /** Sends and takes no more new work. */
  drain(): void {
    if (this.state === "opening" || this.state === "open") {
      this.#enter("draining");
    }
  }

  /** Ends the conversation, with a ProtocolError if there is a fault (error/codes). */
  end(error?: ProtocolError): void {
    if (this.#isOver) return;
    const code = error?.code;
    if (code !== undefined) this.send("f", "", "", undefined, code);
    this.out.flush();
    this.#over(error);
    this.#close(code);
  }

  /** Ends the conversation at once. */
  abort(reason: unknown): void {
    this.#over(reason);
    this.#closeSocket(4000, "aborted");
    this.#finish(NO_CLOSE);
  }

  get #isOver(): boolean {
    return this.state === "closing" || this.state === "closed";
  }

  /** The WebSocket is open: the version is the first that is sent (handshake/version-first). */
  #start(): void {
    if (this.#isOver) return;
    this.out.add(VERSION_BYTES);
    // extension/bytes
    this.send("n", "", BYTES, NOTHING);
    this.#expect(
      this.limits.handshakeTimeout,
      "no protocol version was received",
    );
  }

  #versionRead(): void {
    this.clock.cancel(this.#timer);
    const now = this.clock.now();
    // heartbeat/first
    this.#beatAt = -Infinity;
    this.#heardAt = now;
    if (this.state === "opening") this.#enter("open");
    this.#opening.resolve();
    this.#keepAlive(now);
  }

  #received(data: unknown): void {
    if (this.#isOver) return;
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
    const { letter, name, numbers } = header;
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
    if (letter === "n" && isReservedName(name)) {
      this.speaksExtensions = true;
      // extension/bytes
      if (name === BYTES && payload?.byteLength === 0) this.out.merges = true;
    }
    this.#events.message(header, payload);
  }

  /** Sends the heartbeat that is due, and ends a line on which nothing arrives (heartbeat/interval, heartbeat/timeout). */
  #keepAlive(now: number): void {
    const { heartbeatInterval, receiveTimeout } = this.limits;
    if (this.#isOver || this.state === "opening") return;
    this.clock.cancel(this.#timer);
    if (now - this.#beatAt >= heartbeatInterval) {
      this.#beatAt = now;
      const seconds = Math.floor(this.clock.date() / 1000);
      this.send("h", "", "", undefined, 0, seconds);
    }
    const silentAt = this.#expectsBeats
      ? this.#heardAt + receiveTimeout
      : Infinity;
    if (now >= silentAt) {
      const what = `nothing has arrived for ${receiveTimeout} ms`;
      return this.end(fault(what, "timeout", ProtocolErrorCode.timeout));
    }
    const due = Math.min(this.#beatAt + heartbeatInterval, silentAt);
    if (due === Infinity) return;
    this.#timer = this.clock.schedule(() => {
      const now = this.clock.now();
      // What arrived while the machine slept is read first.
      if (now - due > SLEPT) {
        this.#heardAt = Math.max(this.#heardAt, now - receiveTimeout + GRACE);
      }
      this.#keepAlive(now);
    }, due - now);
  }

  /** Ends the line unless the phase is over within a time. */
  #expect(timeout: number, what: string): void {
    this.clock.cancel(this.#timer);
    if (timeout === Infinity) return;
    this.#timer = this.clock.schedule(() => {
      const { timeout: code } = ProtocolErrorCode;
      const error = fault(`${what} within ${timeout} ms`, "timeout", code);
      if (this.#socket.readyState === this.#socket.OPEN) this.end(error);
      else this.abort(error);
    }, timeout);
  }

  /** The remote peer has ended the conversation with a ProtocolError. */
  #reported(code: number): void {
    const options = { code, reason: "reported", side: "remote" } as const;
    const error = `The remote peer reported an error with code ${code}`;
    this.#over(new ProtocolError(error, options));
    this.#close(code < 1000 ? code : 0);
  }

  #socketClosed(status: CloseEvent): void {
    if (!this.#isOver) {
      const { code, reason } = status;
      const isOpen = this.state !== "opening";
      const cause = new WebSocketCloseError(
        isOpen ? "The WebSocket is closed" : "the WebSocket did not open",
        status,
      );
      let error: unknown = cause;
      if (isOpen) {
        const isOrderly = ORDERLY.includes(code) || code >= 3000;
        if (isOrderly) error = undefined;
        // close/inside
        if (isOrderly && this.#parser.isInside) {
          error = fault("the WebSocket ended within a message", "truncated");
          (error as Error).cause = cause;
        }
      }
      this.#over(error, cause);
      return this.#finish({ code, reason });
    }
    this.#finish(status);
  }

  /** Nothing is sent or read any more. */
  #over(error: unknown, cause: unknown = error): void {
    if (this.#isOver) return;
    this.#error = error;
    this.#parser.stop();
    this.clock.cancel(this.#timer);
    this.#enter("closing");
    cause ??= new Error("the connection was closed");
    this.#opening.reject(cause);
    this.#events.ended(cause);
    this.out.wake();
  }

  /** Closes the WebSocket, and waits for a limited time until it is (websocket/close-code). */
  #close(code: number | undefined): void {
    this.#closeSocket(code === undefined ? 1000 : 4000 + code);
    this.#timer = this.clock.schedule(
      () => this.#finish(NO_CLOSE),
      this.limits.closeTimeout,
    );
  }

  #closeSocket(code: number, reason?: string): void {
    if (this.#socket.readyState < this.#socket.CLOSING) {
      this.#socket.close(code, reason);
    }
  }

  #finish({ code, reason }: { code: number; reason: string }): void {
    if (this.state === "closed") return;
    this.clock.cancel(this.#timer);
    const error = this.#error;
    const clean = error === undefined;
    this.closeInfo = { clean, error, channel: { clean, code, reason, error } };
    this.#enter("closed");
    this.#closing.resolve(this.closeInfo);
  }

  #enter(state: PeerState): void {
    this.state = state;
    this.#events.stateChanged(state);
  }
}
