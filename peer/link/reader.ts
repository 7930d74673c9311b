/**
 * The reader of a connection: bytes to messages.
 *
 * @module
 */

import {
  CURRENT_VERSION,
  Decoder,
  type Header,
  messageOf,
  VersionReader,
} from "../../codec/mod.ts";
import type { BufferObserver } from "../../transport/channel.ts";
import { Crowding } from "./crowding.ts";
import type { MemoryLimit } from "./memory_account.ts";
import {
  beginsWork,
  isAnswer,
  isSmallExtension,
  isStreamData,
} from "./message_roles.ts";
import type { ReaderLink } from "./reader_link.ts";
import { TIME_BETWEEN_POLLS, turns } from "../../transport/turns.ts";
import { TimeSlice } from "./time_slice.ts";
import { tooLargeToSkip } from "./too_large_to_skip.ts";

/** A payload remainder of this size is read into its final place; bench: `calls-1MiB-1`, `calls-64MiB-1`. */
const READ_IN_PLACE = 64 * 1024;

/** The most messages of one chunk between two checks of the clock; bench: `notifications-16B`. */
const MESSAGES_BETWEEN_CHECKS = 32;

/** Messages before the first check, while it is unknown how long they take; bench: `notifications-16B`. */
const MESSAGES_BEFORE_CHECK = 4;

/** The time between two checks of the clock that messages which take long should have, in milliseconds. */
const TIME_BETWEEN_CHECKS = 0.5;

/** The work on a chunk of this size is measured from its beginning; bench: `calls-1KiB-1`. */
const MEASURED_CHUNK = 4 * 1024;

/** One of this number of smaller chunks is measured, and stands for all of them; bench: `calls-16B-1`. */
const CHUNKS_PER_SAMPLE = 16;

/** Receives what a reader reads. */
export interface ReaderEvents {
  /** The remote peer speaks a version that the local peer speaks. */
  versionRead(): void;
  /**
   * A message arrived. The next message overwrites the header, and the payload
   * too if it is a part of a stream.
   */
  message(header: Header, payload: Uint8Array<ArrayBuffer>): void;
  /** A message arrived whose payload exceeds the limit; the payload is being skipped. */
  oversized(header: Header): void;
  /** Whether the payload of a message that begins is parsed as JSON. */
  parses(header: Header): boolean;
  /** A message arrived that is more than may be held now, or that is parsed; its payload is being skipped. */
  refused(header: Header, limit: MemoryLimit | "maxJsonBytes"): void;
}

/** Reads a channel message by message. */
export class Reader implements BufferObserver {
  readonly #link: ReaderLink;
  readonly #events: ReaderEvents;
  /** Reads the version that comes first; `undefined` once it has been accepted (handshake/chunking, handshake/once). */
  #version: VersionReader | undefined = new VersionReader([
    CURRENT_VERSION,
  ]);
  readonly #decoder: Decoder;
  #header: Header | undefined;
  #skipping = false;
  #stopped = false;
  /** Whether a call has been answered since the last round of the event loop that was waited for, so that its caller may not have seen it yet. */
  #answered = false;
  /** The time used; created with the first work that is measured. */
  #slice: TimeSlice | undefined;
  /** Whether the channel is crowded; created with the first pause, or once it is. */
  #crowding: Crowding | undefined;
  /** Number of messages between two checks of the clock: the fewer, the longer they take. */
  #stride = MESSAGES_BEFORE_CHECK;
  /** Number of chunks received. */
  #chunks = 0;
  /** Largest payload that is accepted, in bytes. */
  maxPayloadBytes: number;
  /** Number of messages received. */
  messagesIn = 0;
  /** Number of bytes received. */
  bytesIn = 0;

  /** Creates a reader; {@linkcode run} starts it. */
  constructor(link: ReaderLink, events: ReaderEvents) {
    this.#link = link;
    this.#events = events;
    const { maxNameBytes, maxPayloadBytes } = link.limits;
    this.maxPayloadBytes = maxPayloadBytes;
    this.#decoder = new Decoder({ maxNameBytes, maxPayloadBytes, offset: 2 });
  }

  /**
   * Reads until the remote peer ends its direction.
   *
   * @throws {ProtocolError} If the remote peer violates the protocol.
   * @throws {unknown} The channel's error, if the channel fails.
   */
  async run(): Promise<void> {
    try {
      await this.#run();
    } finally {
      // What has arrived of a message may be large.
      if (this.#decoder.failure === undefined) this.#decoder.skip();
    }
  }

  async #run(): Promise<void> {
    const { channel, keepalive, memory, receiveBudget } = this.#link;
    for (;;) {
      // A message of any size may have arrived in part.
      if (receiveBudget.exceeded) await this.#pause();
      const destination = this.#destination();
      memory.reading();
      const chunk = this.#crowding?.next() ?? await channel.read(destination);
      if (chunk === null || this.#stopped) break;
      memory.chunkRead();
      this.bytesIn += chunk.byteLength;
      const before = this.messagesIn;
      const begun = this.#decoder.remaining > 0;
      this.#measure(chunk.byteLength);
      this.#decoder.push(this.#withoutVersion(chunk));
      let resumedAt = Infinity;
      let isPreceded = this.#isPreceded;
      while (isPreceded || !this.#dispatch()) {
        if (!this.#stopped) {
          memory.messagesHandled(this.#decoder.heldBytes, this.#missingBytes);
        }
        // The rest of a chunk keeps all of it, whatever was handled.
        const kept = this.#decoder.offset < this.bytesIn ? chunk.byteLength : 0;
        memory.bufferChanged(kept, "received");
        await this.#pause(true, isPreceded);
        // Of those that it woke, another one may have been faster.
        while (receiveBudget.exceeded && !this.#stopped) {
          await this.#pause(true);
        }
        memory.bufferChanged(-kept, "received");
        isPreceded = false;
        resumedAt = this.messagesIn;
        this.#slice?.resume();
      }
      if (this.messagesIn > resumedAt) memory.chunkRead();
      this.#slice?.end();
      const { incomplete, chunkInUse, heldBytes, remaining } = this.#decoder;
      if (!this.#stopped) memory.chunkHandled(heldBytes, this.#missingBytes);
      // Not every channel reads to where it should.
      const isOwn = chunk.buffer !== destination?.buffer;
      if (!chunkInUse && isOwn) channel.recycle?.(chunk);
      if (this.#stopped) continue;
      const completed = this.messagesIn > before;
      const begins = remaining > 0 && (completed || !begun);
      const unseen = begins && channel.wholeUnits ? remaining : 0;
      keepalive.received(chunk.byteLength, incomplete, completed, unseen);
      if (this.#isTimeUsedUp) await this.#pause();
    }
    if (this.#stopped) return;
    // close/inside
    this.#version?.end();
    this.#decoder.end();
  }

  bufferChanged(change: number, kind: "received" | "unsent"): void {
    this.#link.memory.bufferChanged(change, kind);
  }

  crowded(): void {
    this.#crowd.begin();
  }

  /** Accepts memory for a large payload to come, if it is a whole buffer, which is detached. */
  recycle({ buffer, byteLength }: Uint8Array<ArrayBuffer>): void {
    // The owner of a view cannot know who holds the rest of its buffer.
    if (byteLength < READ_IN_PLACE || byteLength < buffer.byteLength) return;
    this.#decoder.recyclePayload(new Uint8Array(buffer.transfer()));
  }

  /** Releases recycled memory that was not needed for a while. */
  releaseMemory(): void {
    this.#decoder.releaseMemory();
  }

  /** Dispatches nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Where to read the next bytes to: the place of a large payload. A small remainder is better read together with what follows. */
  #destination(): Uint8Array<ArrayBuffer> | undefined {
    const buffer = this.#decoder.payloadBuffer;
    return buffer !== undefined && buffer.byteLength >= READ_IN_PLACE
      ? buffer
      : undefined;
  }

  /** Bytes that are missing of a message which will be kept. */
  get #missingBytes(): number {
    return this.#skipping ? 0 : this.#decoder.remaining;
  }

  #withoutVersion(chunk: Uint8Array): Uint8Array {
    const version = this.#version;
    if (version === undefined) return chunk;
    const taken = version.push(chunk);
    // handshake/unsupported, handshake/code-1, handshake/not-hex, handshake/not-hex-code
    if (version.error !== undefined) throw version.error;
    if (version.outcome === "spoken") {
      this.#version = undefined;
      this.#events.versionRead();
    }
    return chunk.subarray(taken);
  }

  /**
   * Dispatches the messages of the chunk, up to a malformed one (error/at-once,
   * error/delivered-before, error/invalid). Returns false if it must pause
   * before the chunk is used up.
   */
  #dispatch(): boolean {
    const { receiveBudget, writer } = this.#link;
    let untilCheck = this.#stride;
    writer.cork();
    try {
      while (!this.#stopped && this.#next()) {
        if (receiveBudget.exceeded) return false;
        if (--untilCheck === 0) {
          untilCheck = this.#adapt(this.#timeSlice.look());
          if (this.#isTimeUsedUp) return false;
        }
      }
    } finally {
      writer.uncork();
    }
    return !this.#precedesCaller;
  }

  /** Waits until callers have seen the answers before the next message, until other connections have had their turn, and until unread data is within its limits. */
  async #pause(isWithinChunk = false, isPreceded = false): Promise<void> {
    const { keepalive, receiveBudget } = this.#link;
    if (this.#precedesCaller) {
      await turns.round();
      this.#answered = false;
    }
    if (isPreceded || this.#isTimeUsedUp) {
      const resume = keepalive.hold(isWithinChunk);
      await this.#crowd.wait();
      if (!this.#stopped) resume();
    } else this.#slice?.end();
    if (!receiveBudget.exceeded) return;
    keepalive.pause();
    await receiveBudget.available();
    if (!this.#stopped) keepalive.resume();
  }

  /**
   * Whether the next message begins work that a caller may prepare once it sees
   * its answer: a subscription receives its identifier before its first
   * notification. Promises take turns that nobody can count, so a round of the
   * event loop passes, but only between an answer and such a message.
   */
  get #precedesCaller(): boolean {
    const header = this.#header;
    return this.#answered && header !== undefined && beginsWork(header.kind);
  }

  get #isTimeUsedUp(): boolean {
    return this.#slice?.isUsedUp(this.#chunks) === true &&
      this.#crowding?.isUrgent !== true;
  }

  get #crowd(): Crowding {
    return this.#crowding ??= new Crowding(
      this.#link.channel,
      () => this.#timeSlice.next(this.#chunks),
    );
  }

  get #timeSlice(): TimeSlice {
    return this.#slice ??= new TimeSlice(
      this.#link.clock,
      this.#chunks === 1,
    );
  }

  /** Whether the chunk that has just arrived waits for a turn. */
  get #isPreceded(): boolean {
    if (this.#crowding?.isUrgent) return false;
    const slice = this.#slice;
    if (slice !== undefined) return slice.isPreceded;
    // New connections are as expensive as what they send.
    if (this.#chunks > 1 || turns.look() < TIME_BETWEEN_POLLS) return false;
    this.#slice = new TimeSlice(this.#link.clock, true);
    return true;
  }

  /** Returns the number of messages until the next check of the clock, from how long those since the latest one took. */
  #adapt(time: number): number {
    const stride = this.#stride;
    return this.#stride = time > TIME_BETWEEN_CHECKS
      ? Math.max(1, Math.floor(stride * TIME_BETWEEN_CHECKS / time))
      : Math.min(stride * 2, MESSAGES_BETWEEN_CHECKS);
  }

  /** Measures the work on a large chunk, and on some of the small ones: a check of the clock takes as long as a small message. */
  #measure(bytes: number): void {
    turns.chunks++;
    this.#chunks++;
    if (bytes >= MEASURED_CHUNK) this.#timeSlice.begin(1);
    else if (this.#slice?.isCostly) this.#slice.begin(1, true);
    else if (this.#chunks % CHUNKS_PER_SAMPLE === 0) {
      this.#timeSlice.begin(CHUNKS_PER_SAMPLE, true);
    }
  }

  /** Dispatches the next message. Returns false if it is incomplete. */
  #next(): boolean {
    const decoder = this.#decoder;
    if (this.#skipping) {
      if (!decoder.skip()) return false;
      this.#skipping = false;
    }
    const isNew = this.#header === undefined;
    this.#header ??= decoder.readHeader();
    const header = this.#header;
    if (header === undefined) return false;
    if (header.size > this.maxPayloadBytes) return this.#skip(header);
    // At the header: nothing of it is kept.
    if (
      isNew && header.size > this.#link.limits.maxJsonBytes &&
      this.#events.parses(header)
    ) return this.#refuse(header, "maxJsonBytes");
    if (isNew && beginsWork(header.kind)) {
      const limit = this.#link.memory.refusesRequest(header.size);
      if (limit !== undefined && !isSmallExtension(header)) {
        return this.#refuse(header, limit);
      }
    }
    if (this.#precedesCaller) return false;
    // Channels read into plain array buffers.
    const payload = decoder.readPayload() as
      | Uint8Array<ArrayBuffer>
      | undefined;
    if (payload === undefined) return false;
    this.#header = undefined;
    this.messagesIn++;
    const { kind } = header;
    this.#crowding?.handled(kind);
    const { observers } = this.#link;
    const isObserved = observers.observesMessages;
    if (isObserved) observers.received(messageOf(header, payload));
    if (isAnswer(kind)) this.#answered = true;
    this.#events.message(header, payload);
    if (isStreamData(kind) && !isObserved) decoder.recyclePayload(payload);
    return true;
  }

  #skip(header: Header): boolean {
    const { maxSkippedBytes } = this.#link.limits;
    if (header.size > maxSkippedBytes) {
      // The size is the last field of the header.
      throw tooLargeToSkip(header, maxSkippedBytes, this.#decoder.offset - 8);
    }
    this.#skipNext(header);
    this.#events.oversized(header);
    return true;
  }

  /** Skips a message that is more than may be held or parsed. */
  #refuse(header: Header, limit: MemoryLimit | "maxJsonBytes"): boolean {
    this.#skipNext(header);
    this.#events.refused(header, limit);
    return true;
  }

  #skipNext({ kind }: Header): void {
    if (isAnswer(kind)) this.#answered = true;
    this.#header = undefined;
    this.#skipping = true;
    this.messagesIn++;
  }
}
