/**
 * A call whose request and answer are streams.
 *
 * @module
 */

import { bytesOf, type ByteSource } from "../../quoting/byte_source.ts";
import type { Link } from "../link/link.ts";
import { SentCredit } from "../link/extensions/sent_credit.ts";
import { ReceivedParts } from "../link/received_parts.ts";
import { END_MARKER, partOf, PARTS_AHEAD } from "../link/sent_parts.ts";
import { type CallForm, FORM, type FormedOptions } from "../stream_form.ts";
import { onAbort } from "../abort.ts";
import type { Traced } from "../tracing.ts";
import { Call } from "./_call.ts";
import { reasonText } from "./cancel_reason.ts";
import type { PendingCalls } from "./_pending_calls.ts";
import { retryError } from "./result_errors.ts";

const NO_FORM: CallForm = Object.freeze({});

/**
 * How long a request waits for its first data once its answer is read, in
 * milliseconds: until the application has begun to write, and from then on.
 */
const FIRST_DATA = { unused: 5, written: 20 } as const;

/**
 * A stream request that awaits its answer.
 *
 * The request is sent with its input if it has one, otherwise with the first
 * chunk that is written. It is sent without data if the answer is read and none
 * is written within a few milliseconds (stream/open): the Go implementation
 * passes the empty payload to its handler as a part, and one that writes back
 * what it receives ends its answer with it. Once the answer is complete, no more
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
  readonly #form: CallForm;
  readonly #credit = new SentCredit();
  #input!: WritableStreamDefaultController;
  /** Whether the call ends with an error once all values are read. */
  #isFailed = false;
  /** Resolves once the call has an ID; `undefined` until the first use. */
  #opened: Promise<void> | undefined;
  #resolveAdmitted: (() => void) | undefined;
  #isOpen = false;
  #inputEnded = false;
  /** Whether the rest of the answer is dropped, although the request's data goes on. */
  #answerDropped = false;
  /** Why the answer is dropped. */
  #leftFor: unknown;
  /** Whether the request's data must be ended if the remote peer does not know cancels. */
  #owesEnd = false;

  constructor(
    link: Link,
    pending: PendingCalls<Call>,
    operation: string,
    options: FormedOptions,
  ) {
    super(link, pending, operation, options);
    this.#form = options[FORM] ?? NO_FORM;
    this.#answer = new ReceivedParts(
      link.receiveBudget,
      (reason) => this.#cancelled(reason),
      () => {
        const { input } = this.#form;
        if (input === undefined) this.#awaitFirst(FIRST_DATA.unused);
        else void this.#open(input).catch(() => {/* The call has failed. */});
      },
      this.#form.ofValues,
      (received) => link.extensions?.openWindow("S", this.id, received),
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

  override get unreadBytes(): number {
    return this.#answer.unreadBytes;
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
    if (this.#answerDropped) this.link.drop("StreamResult", "call-abandoned");
    // Also then, since it grants credit.
    this.#answer.push(payload);
  }

  override fail(error: unknown, answered: boolean): void {
    // Without data, an end is never taken for that of data which was cut off.
    const isLeft = this.#form.isSubscription && !answered && !this.settled;
    if (isLeft) this.#endsData();
    super.fail(error, answered);
  }

  /** Values that were sent before the error are read before it. */
  override failed(error: unknown): void {
    this.#isFailed = this.#form.ofValues === true;
    this.fail(error, true);
  }

  override partsEnd(): void {
    this.settle();
    this.traced?.end();
    this.#answer.end();
    this.#stopInput();
  }

  override credited(offset: number): boolean {
    return !this.#inputEnded && this.#credit.granted(offset);
  }

  override retry(wait: number, payload: Uint8Array): void {
    this.fail(retryError(this.operation, wait, payload), true);
  }

  protected override settle(cancelled?: string): void {
    // A remote peer that does not know cancels sends the rest.
    if (cancelled !== undefined) this.#answer.credit.abandon();
    super.settle(cancelled);
    this.#credit.wake();
  }

  protected override reject(error: unknown): void {
    this.traced?.fail(error);
    if (this.#isFailed) this.#answer.endWith(error);
    else this.#answer.fail(error);
    if (!this.#inputEnded) this.#input.error(error);
  }

  /** Opens the stream without data, unless the first is written within `wait` milliseconds. */
  #awaitFirst(wait: number): void {
    if (this.settled || this.#opened !== undefined) return;
    this.timer = this.link.clock.schedule(() => {
      // Somebody is about to write: a reader of a file, say, that is being opened.
      const isLonger = this.writable.locked && wait < FIRST_DATA.written;
      if (isLonger) return this.#awaitFirst(FIRST_DATA.written);
      void this.#open(END_MARKER).catch(() => {/* The call has failed. */});
    }, wait);
  }

  /** Sends the request with the first chunk, once. Returns whether this invocation did. */
  async #open(first: Uint8Array): Promise<boolean> {
    if (this.#opened !== undefined) {
      await this.#opened;
      return false;
    }
    if (this.timer !== undefined) this.link.clock.cancel(this.timer);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#opened = promise;
    this.#resolveAdmitted = resolve;
    this.pending.admit(this);
    // Without a wait, the request leaves in the turn in which it was written.
    if (this.#resolveAdmitted !== undefined) await promise;
    if (this.settled) return true;
    this.#isOpen = true;
    const { id, link, operation } = this;
    if (this.trace !== undefined) link.extensions?.sendTrace(id, this.trace);
    this.batch = link.writer.batch;
    try {
      const payload = this.#form.input ?? first;
      if (this.#form.isSubscription) link.channel.streamStaysOpen?.(id);
      link.send({ kind: "StreamRequest", id, operation, payload });
      this.#credit.sent(payload.byteLength);
    } catch (error) {
      this.fail(error, true);
      throw error;
    }
    return this.#form.input === undefined;
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
    const maxPartBytes = this.#form.ofValues ? Infinity : limits.maxPartBytes;
    const ahead = limits.maxPartBytes * PARTS_AHEAD;
    // An empty chunk writes nothing (stream/empty-chunk).
    for (let at = 0; at < chunk.byteLength; at += maxPartBytes) {
      const payload = this.#form.ofValues
        ? chunk
        : partOf(chunk, at, maxPartBytes);
      if (!this.#isOpen && await this.#open(payload)) continue;
      const look = this.link.extensions?.lookForCredit(this.#credit);
      if (look !== undefined || !this.#credit.isLeft) {
        await this.#credited(look);
      }
      // Also without congestion: other streams send between two parts.
      await writer.available(ahead);
      if (this.settled) return;
      this.link.send({ kind: "StreamRequestPart", id: this.id, payload });
      this.#credit.sent(payload.byteLength);
    }
  }

  /** Waits until the remote peer takes more, or the call has ended; before its first credit for a moment only. */
  async #credited(first?: Promise<void>): Promise<void> {
    // Aborting the stream would wait for the write, which waits here.
    const remove = onAbort(
      this.#input.signal,
      (reason) => this.#aborted(reason),
    );
    const { receiveBudget } = this.link;
    receiveBudget.starved(1);
    await first;
    while (!this.#credit.isLeft && !this.settled) await this.#credit.changed();
    receiveBudget.starved(-1);
    remove();
  }

  async #close(): Promise<void> {
    await this.#open(END_MARKER);
    if (this.settled) this.#inputEnded = true;
    else this.#sendEnd();
    if (this.#answerDropped && !this.settled) this.#leave(this.#leftFor);
  }

  #sendEnd(): void {
    this.#inputEnded = true;
    this.link.send({
      kind: "StreamRequestPart",
      id: this.id,
      payload: END_MARKER,
    });
  }

  override sendWaiting(): void {
    if (this.timer === undefined) return;
    void this.#open(END_MARKER).catch(() => {/* The call has failed. */});
  }

  override endData(): void {
    if (this.#owesEnd) this.#sendEnd();
  }

  /**
   * The application wants no more of the call. A cancel reports that; a remote
   * peer that does not know it notices the end of the request's data, which
   * follows once that is known.
   */
  #endsData(): void {
    if (!this.#isOpen || this.#inputEnded) return;
    if (this.#canCancel) this.#owesEnd = true;
    else this.#sendEnd();
  }

  /** Whether the remote peer may know cancels. */
  get #canCancel(): boolean {
    const { extensions } = this.link;
    return extensions !== undefined && extensions.knowsCancels !== false;
  }

  /** Cancels the call: an end marker would pass the data off as complete. */
  #aborted(reason: unknown): void {
    this.#inputEnded = true;
    this.fail(reason, false);
  }

  /**
   * Drops the rest of the answer. The request's data goes on if somebody writes
   * it, and the cancel follows it; otherwise nothing is wanted any more.
   */
  #cancelled(reason: unknown): void {
    if (this.settled) return;
    if (this.#isOpen && !this.#inputEnded) {
      const isWritten = this.writable.locked;
      // Values are written by the package, which stops.
      const goesOn = isWritten && !(this.#form.ofValues && this.#canCancel);
      if (goesOn || !this.#canCancel) {
        this.#answerDropped = true;
        this.#leftFor = reason;
        if (goesOn) return;
        // Behind what has been written.
        return void this.writable.close().catch(() => {/* It is closing. */});
      }
    }
    this.#endsData();
    this.#leave(reason);
    this.#stopInput(reason);
  }

  /** Ends a call of which the application wants no more. */
  #leave(reason: unknown): void {
    this.settle(reasonText(reason));
    this.traced?.end();
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
