/**
 * A request whose input and output are streams.
 *
 * @module
 */

import { retryError } from "./_errors.ts";
import { Call, type CallKeeper } from "./_call.ts";
import { PartQueue } from "../link/part_queue.ts";
import { partOf, PARTS_AHEAD } from "../link/_parts.ts";
import type { Wire } from "../link/_wire.ts";
import type { CallOptions } from "../call_options.ts";

const NOTHING = new Uint8Array(0);

/** Who gives a stream call its ID when it is opened. */
export interface StreamCallKeeper extends CallKeeper {
  /** Takes the call in and gives it an ID; waits while too many calls are pending. */
  admit(call: StreamCall): void | Promise<void>;
}

/**
 * A stream request that waits for its answer.
 *
 * The request is sent with the first part that is written. When the answer is read first, it is sent
 * without data. Once the answer is complete, no more input is sent, since nobody would read it.
 */
export class StreamCall extends Call {
  /** The parts of the answer. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Takes the parts of the input; closing it ends the input. */
  readonly writable: WritableStream<Uint8Array>;
  readonly #keeper: StreamCallKeeper;
  readonly #answer: PartQueue;
  #input!: WritableStreamDefaultController;
  #opened: void | Promise<void> | undefined;
  #isOpen = false;
  #inputEnded = false;

  constructor(
    wire: Wire,
    keeper: StreamCallKeeper,
    operation: string,
    options: CallOptions,
  ) {
    super(wire, keeper, operation, options);
    this.#keeper = keeper;
    this.#answer = new PartQueue(
      wire.inbound,
      (reason) => this.#cancelled(reason),
      () =>
        void this.#open(NOTHING).catch(() => {/* It has failed the call. */}),
    );
    this.readable = this.#answer.readable;
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#input = controller;
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#close(),
      abort: (reason) => this.#aborted(reason),
    }, { highWaterMark: 1 });
  }

  override single(payload: Uint8Array<ArrayBuffer>): void {
    if (payload.byteLength > 0) this.#answer.push(payload);
    this.partsEnd();
  }

  override part(payload: Uint8Array<ArrayBuffer>): void {
    this.#answer.push(payload);
  }

  override partsEnd(): void {
    this.settle(true);
    this.#answer.end();
    this.#stopInput();
  }

  override retry(wait: number, payload: Uint8Array): void {
    this.fail(retryError(this.operation, wait, payload), true);
  }

  protected override reject(error: unknown): void {
    this.#answer.fail(error);
    if (!this.#inputEnded) this.#input.error(error);
  }

  /** Sends the request with the first part of its input, once. Returns whether it was sent by this call. */
  async #open(first: Uint8Array): Promise<boolean> {
    if (this.#opened !== undefined) {
      await this.#opened;
      return false;
    }
    this.#opened = this.#keeper.admit(this);
    if (this.#opened !== undefined) await this.#opened;
    else this.#opened = Promise.resolve();
    if (this.settled) return true;
    this.#isOpen = true;
    this.batch = this.wire.batch;
    const { id, operation } = this;
    try {
      this.wire.send({ kind: "StreamRequest", id, operation, payload: first });
    } catch (error) {
      this.fail(error, true);
      throw error;
    }
    return true;
  }

  async #write(chunk: Uint8Array): Promise<void> {
    const { maxPartBytes } = this.wire.limits;
    const ahead = maxPartBytes * PARTS_AHEAD;
    for (let at = 0; at < chunk.byteLength; at += maxPartBytes) {
      const payload = partOf(chunk, at, maxPartBytes);
      if (!this.#isOpen && await this.#open(payload)) continue;
      // Also when there is room: between two parts those of other streams have their turn.
      await this.wire.room(ahead);
      if (this.settled) return;
      this.wire.send({ kind: "StreamRequestPart", id: this.id, payload });
    }
  }

  async #close(): Promise<void> {
    await this.#open(NOTHING);
    this.#inputEnded = true;
    if (this.settled) return;
    this.wire.send({
      kind: "StreamRequestPart",
      id: this.id,
      payload: NOTHING,
    });
  }

  /** The input broke: version 1 cannot say so, and ending it in order would pass it off as complete. */
  #aborted(reason: unknown): void {
    this.#inputEnded = true;
    this.fail(reason, false);
  }

  #cancelled(reason: unknown): void {
    if (this.settled) return;
    this.settle(false);
    this.#stopInput(reason);
  }

  #stopInput(reason?: unknown): void {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    this.#input.error(
      reason ??
        new DOMException(
          "The answer is complete: no more input is wanted",
          "AbortError",
        ),
    );
  }
}
