/**
 * The messages that an HTTP request stands for.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { encode, encodeVersion, requestId } from "../codec/mod.ts";
import type { BodyTime } from "./_body_time.ts";
import { CollectedBytes } from "./_collected_bytes.ts";
import { MAX_SIZE, sized } from "./_sized_header.ts";
import { END_MARKER } from "../peer/link/sent_parts.ts";
import { TRACE, tracePayload } from "../codec/extensions/trace.ts";
import type { BufferObserver } from "../transport/channel.ts";

/** What a request calls. */
export interface CallTarget {
  readonly operation: string;
  readonly kind: "single" | "stream" | "notification";
  /** The payload, if it is not the body. */
  readonly input: Uint8Array<ArrayBuffer> | undefined;
  /**
   * What the body is: the payload, the data of a stream, or its values, one a
   * line; `undefined` if there is none to read.
   */
  readonly body: "payload" | "data" | "lines" | undefined;
  /** Whether the data of a stream stays open, as its end means that the caller has left. */
  readonly staysOpen: boolean;
  /** The trace context, as text. */
  readonly trace: string | undefined;
}

/** The request ID: there is one request. */
const ID = requestId("0001");

const NOTHING = new Uint8Array(0);

/** The largest part of a stream that a chunk of the body becomes, in bytes. */
const LARGEST_PART = 64 * 1024;

const LINE_FEED = 10;

/** Reads a request as the bytes of the messages that a peer would send. */
export class CallRequest {
  readonly #target: CallTarget;
  readonly #maxPayloadBytes: number;
  readonly #time: BodyTime;
  readonly #length: number | undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #messages: AsyncGenerator<Uint8Array, void, void>;
  /** Whether the body could not be read to its end. */
  isBroken = false;
  /**
   * Whether the payload is or was on its way to the peer as a whole. Before, the
   * call has not been carried out.
   */
  isWhole = false;
  #isCancelled = false;
  #observer: BufferObserver | undefined;
  #held = 0;

  /**
   * Reads the body of a request, of which payloads have a maximum. `time` learns
   * what arrives of one that is not complete.
   */
  constructor(
    { body, headers }: Request,
    target: CallTarget,
    maxPayloadBytes: number,
    time: BodyTime,
  ) {
    this.#target = target;
    this.#time = time;
    this.#maxPayloadBytes = Math.min(maxPayloadBytes, MAX_SIZE - 1);
    const length = headers.get("content-length");
    this.#length = length === null || !/^\d+$/.test(length)
      ? undefined
      : Math.min(Number(length), MAX_SIZE);
    this.#reader = target.body === undefined
      ? undefined
      : body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
    this.#messages = this.#read();
  }

  /** Returns the next bytes; `null` after the last. */
  async read(): Promise<Uint8Array | null> {
    try {
      const { done, value } = await this.#messages.next();
      return done ? null : value;
    } catch (error) {
      this.isBroken = !this.#isCancelled;
      throw error;
    }
  }

  /** Reads no more of the body. */
  cancel(reason: unknown): void {
    this.#isCancelled = true;
    this.#reader?.cancel(reason).catch(() => {/* It has failed. */});
    this.#hold(-this.#held);
    // The read that this ends would release it a second time.
    this.#observer = undefined;
  }

  /** Reports the bytes held until the rest of a payload arrives. */
  observe(observer: BufferObserver): void {
    this.#observer = observer;
  }

  async *#read(): AsyncGenerator<Uint8Array, void, void> {
    const { body, input, kind, staysOpen, trace } = this.#target;
    yield encodeVersion();
    if (trace !== undefined) {
      const payload = tracePayload(ID, trace);
      yield concat(encode({ kind: "Notification", name: TRACE, payload }));
    }
    if (body === "payload") yield* this.#payload();
    else {
      this.isWhole = true;
      const payload = input ?? NOTHING;
      yield concat([this.#header(payload.byteLength), payload]);
    }
    if (body === "data") yield* this.#data();
    if (body === "lines") yield* this.#lines();
    if (kind === "stream" && !staysOpen) yield part(END_MARKER);
  }

  /** Reads the body as the payload. Without a length, it is kept until it is complete. */
  async *#payload(): AsyncGenerator<Uint8Array, void, void> {
    const length = this.#length;
    if (length === undefined) return yield* this.#unsized();
    // The peer refuses it by its size, and needs none of it.
    const most = this.#maxPayloadBytes;
    if (length > most) return yield this.#header(most + 1);
    let left = length;
    this.isWhole = left === 0;
    yield this.#header(length);
    for await (const chunk of this.#chunks()) {
      if (chunk.byteLength > left) break;
      left -= chunk.byteLength;
      this.isWhole = left === 0;
      yield chunk;
    }
    if (left > 0) {
      throw new Error(
        `Cannot read the body: it differs by ${left} bytes from its Content-Length of ${length}`,
      );
    }
  }

  async *#unsized(): AsyncGenerator<Uint8Array, void, void> {
    const bytes = new CollectedBytes();
    for await (const chunk of this.#chunks()) {
      const size = bytes.size + chunk.byteLength;
      if (size > this.#maxPayloadBytes) return yield this.#header(size);
      bytes.add(chunk);
      this.#hold(chunk.byteLength);
      this.#time.received(chunk.byteLength);
    }
    if (this.#isCancelled) return;
    this.isWhole = true;
    yield this.#header(bytes.size);
    for (const block of bytes.takeBlocks()) {
      this.#hold(-block.byteLength);
      if (block.byteLength > 0) yield block;
    }
  }

  async *#data(): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of this.#chunks()) {
      for (let at = 0; at < chunk.byteLength; at += LARGEST_PART) {
        yield part(chunk.subarray(at, at + LARGEST_PART));
      }
    }
  }

  /** Reads the body as one value a line; empty lines are none. */
  async *#lines(): AsyncGenerator<Uint8Array, void, void> {
    /** The line of which the end has not arrived. */
    const begun = new CollectedBytes();
    const completed = (end: Uint8Array) => {
      if (begun.size === 0) return end;
      this.#hold(-begun.size);
      begun.add(end);
      return begun.take();
    };
    for await (const chunk of this.#chunks()) {
      let start = 0;
      for (let end; (end = chunk.indexOf(LINE_FEED, start)) >= 0;) {
        const line = completed(chunk.subarray(start, end));
        start = end + 1;
        if (!isBlank(line)) yield part(line);
      }
      const rest = chunk.subarray(start);
      const size = begun.size + rest.byteLength;
      if (size > this.#maxPayloadBytes) return yield partHeader(size);
      if (rest.byteLength === 0) continue;
      begun.add(rest);
      this.#hold(rest.byteLength);
      this.#time.received(rest.byteLength);
    }
    const line = completed(NOTHING);
    if (!isBlank(line)) yield part(line);
  }

  async *#chunks(): AsyncGenerator<Uint8Array, void, void> {
    const reader = this.#reader;
    if (reader === undefined) return;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value.byteLength > 0) yield value;
    }
  }

  /** Returns the header of the request for a payload of a size. */
  #header(size: number): Uint8Array {
    const { kind, operation } = this.#target;
    const payload = NOTHING;
    switch (kind) {
      case "single":
        return sized(
          { kind: "SingleRequest", id: ID, operation, payload },
          size,
        );
      case "stream":
        return sized(
          { kind: "StreamRequest", id: ID, operation, payload },
          size,
        );
      case "notification":
        return sized({ kind: "Notification", name: operation, payload }, size);
      // deno-coverage-ignore-start
      default:
        return kind satisfies never;
        // deno-coverage-ignore-stop
    }
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    if (bytes !== 0) this.#observer?.bufferChanged(bytes, "received");
  }
}

function part(payload: Uint8Array): Uint8Array {
  return concat(encode({ kind: "StreamRequestPart", id: ID, payload }));
}

function partHeader(size: number): Uint8Array {
  const empty = {
    kind: "StreamRequestPart",
    id: ID,
    payload: NOTHING,
  } as const;
  return sized(empty, size);
}

/** Whether a line has nothing but a return. */
function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 13 || byte === 32);
}
