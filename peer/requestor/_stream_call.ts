/**
 * A call whose request and answer are streams.
 *
 * @module
 */

import { bytesOf, type ByteSource } from "../../quoting/byte_source.ts";
import type { CallOptions } from "../call_options.ts";
import type { Link } from "../link/link.ts";
import { ReceivedParts } from "../link/received_parts.ts";
import { END_MARKER, partOf, PARTS_AHEAD } from "../link/sent_parts.ts";
import type { Traced } from "../tracing.ts";
import { Call } from "./_call.ts";
import type { PendingCalls } from "./_pending_calls.ts";
import { retryError } from "./_result_errors.ts";

/**
 * A stream request that awaits its answer.
 *
 * The request is sent with the first chunk that is written, or without data if
 * the answer is read first (stream/open). Once the answer is complete, no more
 * data is sent, since the remote peer would discard it (stream/stop).
 */
export class StreamCall extends Call {
  /** The data of the answer. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The data of the request; closing it sends the end marker. */
  readonly writable: WritableStream<ByteSource>;
  /** The span of the call. */
  traced: Traced | undefined;
  readonly #answer: ReceivedParts;
  #input!: WritableStreamDefaultController;
  /** Resolves once the call has an ID; `undefined` until the first use. */
  #opened: Promise<void> | undefined;
  #resolveAdmitted: (() => void) | undefined;
  #isOpen = false;
  #inputEnded = false;

  constructor(
    link: Link,
    pending: PendingCalls<Call>,
    operation: string,
    options: CallOptions,
  ) {
    super(link, pending, operation, options);
    this.#answer = new ReceivedParts(
      link.receiveBudget,
      (reason) => this.#cancelled(reason),
      () =>
        void this.#open(END_MARKER).catch(() => {/* The call has failed. */}),
    );
    this.readable = this.#answer.readable;
    this.writable = new WritableStream<ByteSource>({
      start: (controller) => {
        this.#input = controller;
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#close(),
      abort: (reason) => this.#aborted(reason),
    }, { highWaterMark: 1 });
  }

  override get isStream(): boolean {
    return true;
  }

  override admitted(): void {
    this.#resolveAdmitted?.();
    this.#resolveAdmitted = undefined;
  }

  /** A SingleResult is the complete answer (stream/single-answer). */
  override single(payload: Uint8Array<ArrayBuffer>): void {
    if (payload.byteLength > 0) this.#answer.push(payload);
    this.partsEnd();
  }

  override part(payload: Uint8Array<ArrayBuffer>): void {
    this.#answer.push(payload);
  }

  override partsEnd(): void {
    this.settle(true);
    this.traced?.end();
    this.#answer.end();
    this.#stopInput();
  }

  override retry(wait: number, payload: Uint8Array): void {
    this.fail(retryError(this.operation, wait, payload), true);
  }

  protected override reject(error: unknown): void {
    this.traced?.fail(error);
    this.#answer.fail(error);
    if (!this.#inputEnded) this.#input.error(error);
  }

  /** Sends the request with the first chunk, once. Returns whether this invocation did. */
  async #open(first: Uint8Array): Promise<boolean> {
    if (this.#opened !== undefined) {
      await this.#opened;
      return false;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#opened = promise;
    this.#resolveAdmitted = resolve;
    this.pending.admit(this);
    // Without a wait, the request leaves in the turn in which it was written.
    if (this.#resolveAdmitted !== undefined) await promise;
    if (this.settled) return true;
    this.#isOpen = true;
    const { id, link, operation } = this;
    if (this.trace !== undefined) link.sendTrace(id, this.trace);
    this.batch = link.writer.batch;
    try {
      link.send({ kind: "StreamRequest", id, operation, payload: first });
    } catch (error) {
      this.fail(error, true);
      throw error;
    }
    return true;
  }

  async #write(given: ByteSource): Promise<void> {
    let chunk: Uint8Array;
    try {
      chunk = bytesOf(given, "send a part", this.operation);
    } catch (error) {
      this.fail(error, !this.#isOpen);
      throw error;
    }
    const { limits, writer } = this.link;
    const { maxPartBytes } = limits;
    // An empty chunk writes nothing (stream/empty-chunk).
    for (let at = 0; at < chunk.byteLength; at += maxPartBytes) {
      const payload = partOf(chunk, at, maxPartBytes);
      if (!this.#isOpen && await this.#open(payload)) continue;
      // Also without congestion: other streams send between two parts.
      await writer.available(maxPartBytes * PARTS_AHEAD);
      if (this.settled) return;
      this.link.send({ kind: "StreamRequestPart", id: this.id, payload });
    }
  }

  async #close(): Promise<void> {
    await this.#open(END_MARKER);
    this.#inputEnded = true;
    if (this.settled) return;
    this.link.send({
      kind: "StreamRequestPart",
      id: this.id,
      payload: END_MARKER,
    });
  }

  /** Abandons the call: version 1 cannot report a broken stream, and an end marker would pass it off as complete. */
  #aborted(reason: unknown): void {
    this.#inputEnded = true;
    this.fail(reason, false);
  }

  #cancelled(reason: unknown): void {
    if (this.settled) return;
    this.settle(false);
    this.traced?.end();
    this.#stopInput(reason);
  }

  #stopInput(reason?: unknown): void {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    this.#input.error(
      reason ??
        new DOMException(
          "The answer is complete: the remote peer accepts no more data",
          "AbortError",
        ),
    );
  }
}
