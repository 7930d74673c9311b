/**
 * A call whose request and answer are streams.
 *
 * @module
 */

import {
  type CallForm,
  FORM,
  type FormedOptions,
} from "../peer/stream_form.ts";
import type { StreamPair } from "../peer/stream_pair.ts";
import { bytesOf, type ByteSource } from "../quoting/byte_source.ts";
import { abortError } from "./_errors.ts";
import { Call, type CallLine, type Gate } from "./_call.ts";
import { ReceivedParts, SentParts } from "./_part_streams.ts";
import { NOTHING } from "./_wire.ts";

/** How long a request waits for its first data once its answer is read, in milliseconds: before anybody writes, and then. */
const FIRST_DATA = { unused: 5, written: 20 } as const;

/** A stream request that awaits its answer. */
export class StreamCall extends Call implements StreamPair {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<ByteSource>;
  readonly #answer: ReceivedParts;
  readonly #form: CallForm;
  readonly #sent: SentParts;
  readonly #gate: Gate;
  #input!: WritableStreamDefaultController;
  #isOpening = false;
  /** Resolves once the request has been sent, or has failed. */
  readonly #opened = Promise.withResolvers<void>();
  #first: unknown;
  #inputEnded = false;
  /** Why the answer is dropped although the request's data goes on. */
  #leftFor: { readonly reason: unknown } | undefined;

  constructor(
    shared: CallLine,
    gate: Gate,
    operation: string,
    options: FormedOptions,
  ) {
    super(shared, operation);
    this.#gate = gate;
    this.#form = options[FORM] ?? {};
    this.#sent = new SentParts(shared.line, {
      letter: "p",
      ofValues: this.#form.ofValues,
      id: () => this.id,
      wanted: () => !this.isSettled,
    });
    this.#answer = new ReceivedParts(shared.line, "S", () => this.id, {
      read: () => {
        if (this.#form.input !== undefined) void this.#open(NOTHING);
        else this.#awaitFirst(FIRST_DATA.unused);
      },
      cancel: (reason) => this.#cancelled(reason),
      overflow: (error) => this.fail(error, true),
    });
    this.readable = this.#answer.readable;
    this.writable = new WritableStream<ByteSource>({
      start: (controller) => {
        this.#input = controller;
        controller.signal.addEventListener("abort", () => {
          this.#inputEnded = true;
          this.fail(controller.signal.reason, true);
        });
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#close(),
    }, { highWaterMark: 1 });
    this.bound(options);
  }

  override credited(offset: number): void {
    this.#sent.granted(offset);
  }

  protected override data(
    isWhole: boolean,
    payload: Uint8Array<ArrayBuffer>,
  ): void {
    const isEnd = payload.byteLength === 0;
    if (!isEnd) this.#answer.push(payload);
    if (!isEnd && !isWhole) return;
    this.settle();
    this.#answer.end();
    this.#stopInput();
  }

  protected override rejected(error: unknown, isLeft: boolean): void {
    if (isLeft) this.#answer.drop(error);
    else this.#answer.fail(error);
    this.#stopInput(error);
  }

  protected override settle(left?: { readonly reason: unknown }): void {
    const { id, shared: { line } } = this;
    // Without data, an end is never taken for that of data which was cut off.
    const owesEnd = left && id !== "" && this.#form.isSubscription &&
      !line.speaksExtensions && !this.#inputEnded;
    if (owesEnd) line.send("p", id, "", NOTHING);
    super.settle(left);
    line.clock.cancel(this.#first);
    this.#opened.resolve();
    this.#sent.wake();
  }

  /** Opens the stream without data, unless the first is written within `wait` milliseconds (stream/open). */
  #awaitFirst(wait: number): void {
    if (this.isSettled || this.#isOpening) return;
    this.#first = this.shared.line.clock.schedule(() => {
      // Somebody is about to write: a reader of a file, say, that is being opened.
      const isLonger = this.writable.locked && wait < FIRST_DATA.written;
      if (isLonger) this.#awaitFirst(FIRST_DATA.written);
      else void this.#open(NOTHING);
    }, wait);
  }

  /** Sends the request with the first chunk, once. Returns whether that has been sent. */
  async #open(first: Uint8Array): Promise<boolean> {
    const isFirst = !this.#isOpening;
    if (isFirst) {
      this.#isOpening = true;
      const { line } = this.shared;
      line.clock.cancel(this.#first);
      const payload = this.#form.input ?? first;
      this.admit(this.#gate, (id) => {
        line.send("s", id, this.operation, payload);
        this.#sent.sent(payload);
        this.#opened.resolve();
      });
    }
    await this.#opened.promise;
    return isFirst && this.#form.input === undefined;
  }

  async #write(given: ByteSource): Promise<void> {
    let chunk: Uint8Array;
    try {
      chunk = bytesOf(given, "send a part", this.operation);
    } catch (error) {
      this.fail(error, true);
      throw error;
    }
    await this.#sent.send(chunk, (part) => this.#open(part));
  }

  async #close(): Promise<void> {
    await this.#open(NOTHING);
    this.#inputEnded = true;
    if (this.isSettled) return;
    this.shared.line.send("p", this.id, "", NOTHING);
    // Where cancels are not known, it is the end that says it all.
    if (this.#leftFor !== undefined) this.#leave(this.#leftFor);
  }

  /**
   * Drops the rest of the answer. The request's data goes on if somebody writes
   * it, and the cancel follows it. A remote peer that does not know cancels
   * notices the end of the data.
   */
  #cancelled(reason: unknown): void {
    if (this.isSettled) return;
    const { speaksExtensions } = this.shared.line;
    const goesOn = this.writable.locked &&
      !(this.#form.ofValues && speaksExtensions);
    const isOpen = this.id !== "" && !this.#inputEnded;
    if (!isOpen || !goesOn && speaksExtensions) return this.#leave({ reason });
    this.#leftFor = { reason };
    this.#answer.grantAll();
    if (!goesOn) void this.writable.close().catch(() => {/* It is closing. */});
  }

  #leave(left: { readonly reason: unknown }): void {
    this.settle(left);
    this.#stopInput(left.reason);
  }

  #stopInput(reason?: unknown): void {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    this.#input.error(reason ?? abortError("The answer is complete"));
  }
}
