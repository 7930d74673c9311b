/**
 * A conversation that is all of a connection: its bytes, heartbeats and end.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { Decoder } from "../../codec/decoder.ts";
import { describeReceived } from "../../codec/describe.ts";
import { encode } from "../../codec/encoder.ts";
import type { Header } from "../../codec/header.ts";
import type { Message } from "../../codec/message.ts";
import { isProtocolError, ProtocolError } from "../../codec/protocol_error.ts";
import { encodeVersion, VersionReader } from "../../codec/version.ts";
import type { Clock } from "../../peer/clock.ts";
import { DEFAULT_LIMITS } from "../../peer/limits.ts";
import { tooLargeToSkip } from "../../peer/link/too_large_to_skip.ts";
import { timeoutError, Watchdog } from "../../peer/link/watchdog.ts";

const {
  closeTimeout,
  heartbeatInterval,
  maxPayloadBytes,
  maxSkippedBytes,
  receiveTimeout,
} = DEFAULT_LIMITS;

/** How much is read at once, in bytes. */
const READ = 64 * 1024;

/** Messages up to this size leave in one write with others, in bytes. */
const JOINED = 64 * 1024;

/** Beyond this number of units that wait to be written, nothing is read. */
const MAX_UNITS = 1024;

/** The digits of a payload size, the last field of a header. */
const SIZE_DIGITS = 8;

/** What a conversation needs of a connection. */
export type Connection = Pick<
  Deno.TcpConn,
  "close" | "closeWrite" | "read" | "write"
>;

/** What is told of a conversation. */
export interface ConversationEvents {
  /** A message with a payload; its payload is `undefined` if it is too large, and being skipped. */
  message(header: Header, payload: Uint8Array | undefined): void;
  /** The conversation is over, and why: `undefined` if it was closed as it should be. */
  over(error: unknown): void;
}

/** A conversation over TCP, as the initiator of the connection. */
export class Conversation {
  /** Resolves with the error that has ended it; with `undefined` if there is none. */
  readonly closed: Promise<{ readonly error: unknown }>;
  readonly #conn: Connection;
  readonly #events: ConversationEvents;
  readonly #decoder: Decoder;
  readonly #closing = Promise.withResolvers<{ readonly error: unknown }>();
  #units: Uint8Array[] = [];
  #written: Promise<void> = Promise.resolve();
  /** Why nothing can be written any more. */
  #writeError: unknown;
  /** The message that is read: the decoder's own object. */
  #header: Header | undefined;
  /** Whether the payload of a message is skipped. */
  #isSkipping = false;
  readonly #clock: Clock;
  readonly #heartbeat: Watchdog;
  readonly #silence: Watchdog;
  /** Whether the remote peer sends heartbeats (heartbeat/armed). */
  #isArmed = false;
  #closingTimer: unknown;
  #isOver = false;

  constructor(conn: Connection, events: ConversationEvents, clock: Clock) {
    this.#conn = conn;
    this.#clock = clock;
    this.#heartbeat = new Watchdog(clock, () => this.#beat());
    this.#silence = new Watchdog(clock, () => this.#fallenSilent());
    this.#events = events;
    this.#decoder = new Decoder({ offset: 2, maxPayloadBytes });
    this.closed = this.#closing.promise;
  }

  /**
   * Exchanges the versions (handshake/version-first, handshake/at-once).
   *
   * @throws {ProtocolError} If the remote peer speaks another version, or ends within it.
   */
  async open(): Promise<void> {
    this.#queue(encodeVersion());
    const version = new VersionReader();
    try {
      for (;;) {
        const chunk = await this.#read();
        if (chunk === undefined) version.end();
        const taken = version.push(chunk!);
        const { error } = version;
        if (error !== undefined) throw error;
        if (version.outcome === undefined) continue;
        this.#beat();
        // It ends the conversation if it fails.
        void this.#run(chunk!.subarray(taken));
        return;
      }
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  /**
   * Sends a message, whose payload must not change until that is written.
   *
   * @returns When all that was sent so far is written, or cannot be.
   * @throws {LimitError} If it cannot be encoded (wire/range).
   */
  send(message: Message): Promise<void> {
    const units = encode(message);
    if (!this.#isOver) this.#queue(...units);
    return this.#written;
  }

  /**
   * Ends the conversation once all is written, however long that takes.
   *
   * @param mayFail Whether the remote peer may report a fault of what was sent: it
   * then has a limited time to end the conversation as well.
   */
  async close(mayFail: boolean): Promise<void> {
    await this.#written;
    if (!mayFail) this.#end(undefined);
    else if (!this.#isOver) {
      await this.#conn.closeWrite().catch(() => {/* The reader finds out. */});
      this.#closingTimer = this.#clock.schedule(
        () => this.#end(this.#writeError),
        closeTimeout,
      );
    }
    await this.closed;
  }

  /** Whether something that was sent could not be written. */
  get isCut(): boolean {
    return this.#writeError !== undefined;
  }

  /** Ends the conversation at once. */
  abort(reason: unknown): void {
    this.#end(reason);
  }

  /** Writes at the end of the turn, together with what else waits. */
  #queue(...units: readonly Uint8Array[]): void {
    if (this.#units.push(...units) > units.length) return;
    this.#written = this.#written.then(async () => {
      const waiting = this.#units;
      this.#units = [];
      try {
        for (const unit of joined(waiting)) await this.#write(unit);
      } catch (error) {
        // What has arrived is read nonetheless.
        this.#writeError ??= error;
      }
    });
  }

  async #write(unit: Uint8Array): Promise<void> {
    for (let rest = unit; rest.byteLength > 0;) {
      rest = rest.subarray(await this.#conn.write(rest));
    }
  }

  /** Returns what arrives next; `undefined` at the end. */
  async #read(): Promise<Uint8Array | undefined> {
    const buffer = new Uint8Array(READ);
    const count = await this.#conn.read(buffer);
    return count === null ? undefined : buffer.subarray(0, count);
  }

  /** Reads messages until the end. */
  async #run(first: Uint8Array): Promise<void> {
    try {
      let chunk: Uint8Array | undefined = first;
      for (; chunk !== undefined; chunk = await this.#read()) {
        this.#decoder.push(chunk);
        while (this.#next());
        // Of answers, no more wait than a remote peer reads.
        if (this.#units.length > MAX_UNITS) await this.#written;
        if (this.#isOver) return;
        // heartbeat/restart
        if (this.#isArmed) this.#silence.reset(receiveTimeout);
      }
      this.#decoder.end();
      this.#end(this.#writeError);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Reads the next message; returns whether there was one. */
  #next(): boolean {
    const decoder = this.#decoder;
    if (this.#isOver) return false;
    if (this.#isSkipping && !decoder.skip()) return false;
    this.#isSkipping = false;
    this.#header ??= decoder.readHeader();
    const header = this.#header;
    if (header === undefined) return false;
    let payload: Uint8Array | undefined;
    if (header.size > maxSkippedBytes) {
      const at = decoder.offset - SIZE_DIGITS;
      throw tooLargeToSkip(header, maxSkippedBytes, at);
    }
    // limits/other-payload
    if (header.size > maxPayloadBytes) this.#isSkipping = true;
    else {
      payload = decoder.readPayload();
      if (payload === undefined) return false;
    }
    this.#header = undefined;
    this.#received(header, payload);
    return true;
  }

  #received(header: Header, payload: Uint8Array | undefined): void {
    const { kind, code } = header;
    if (kind === "ProtocolError") {
      // error/received, error/no-reply
      const error = new ProtocolError(
        `Cannot continue the conversation: ${describeReceived(code)}`,
        { code, reason: "reported", side: "remote" },
      );
      this.#end(error);
    } else if (kind === "Heartbeat") this.#isArmed = true;
    else this.#events.message(header, payload);
  }

  /** Sends a heartbeat (heartbeat/first, heartbeat/interval). */
  #beat(): void {
    const time = Math.floor(this.#clock.date() / 1000);
    void this.send({ kind: "Heartbeat", load: 0, time });
    this.#heartbeat.reset(heartbeatInterval);
  }

  /** The remote peer is silent (heartbeat/timeout). */
  #fallenSilent(): void {
    this.fail(timeoutError(`received nothing for ${receiveTimeout} ms`));
  }

  /** Ends the conversation for an error; the remote peer is told of what was its fault (error/codes). */
  fail(error: unknown): void {
    if (isProtocolError(error)) {
      void this.send({ kind: "ProtocolError", code: error.code });
    }
    this.#end(error, this.#written);
  }

  /** Ends the conversation, and its connection once all is written that has to be. */
  #end(error: unknown, written?: Promise<void>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#heartbeat.stop();
    this.#silence.stop();
    this.#clock.cancel(this.#closingTimer);
    if (written === undefined) this.#conn.close();
    else void written.then(() => this.#conn.close());
    this.#events.over(error);
    this.#closing.resolve({ error });
  }
}

/** Returns units as few writes: small ones are joined. */
function joined(units: readonly Uint8Array[]): Uint8Array[] {
  let size = 0;
  for (const { byteLength } of units) size += byteLength;
  if (units.length === 1 || size > JOINED) return [...units];
  return [concat(units)];
}
