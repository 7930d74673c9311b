/**
 * An incoming stream request that is being handled.
 *
 * @module
 */

import { bytesOf, type ByteSource } from "../../quoting/byte_source.ts";
import {
  abortContext,
  type RequestContext,
  setStreamInput,
} from "../context.ts";
import type { StreamHandler, StreamOutput } from "../handler.ts";
import type { Link } from "../link/link.ts";
import { SentCredit } from "../link/extensions/sent_credit.ts";
import { ReceivedParts } from "../link/received_parts.ts";
import { END_MARKER, partOf, PARTS_AHEAD } from "../link/sent_parts.ts";
import { Watchdog } from "../link/watchdog.ts";
import type { StreamForm } from "../stream_form.ts";
import { isThenable } from "../thenable.ts";
import { iteratorOf, leave } from "../values.ts";

/** What is attempted with the output of a handler, for errors. */
const OUTPUT = "send the output";

/** An incoming stream request: its data as it arrives, and its handler. */
export class ServedStream {
  /** The request ID. */
  readonly id: number;
  /** The context of the handler. */
  readonly context: RequestContext;
  /** Whether the answer is complete. */
  answered = false;
  /** Whether the data of the request is complete. */
  inputEnded = false;
  /** What the data was cut with. */
  cutReason: unknown;
  readonly #link: Link;
  readonly #form: StreamForm;
  readonly #input: ReceivedParts;
  readonly #credit = new SentCredit();
  /** The iteration of the handler's output, until it is complete. */
  #output: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  /** Resolves when that has ended early. */
  #left: Promise<unknown> | undefined;
  readonly #idle: Watchdog;
  /** Runs while the handler must do something; `undefined` if its time is not limited. */
  readonly #handlerTime: Watchdog | undefined;
  /** The interruptions when the timeout was last reset. */
  #interruptions = 0;
  /** Whether the latest part of the answer had to wait for other batches then. */
  #waitedToLeave = false;
  /** Whether the answer waits for credit. */
  #isStarved = false;
  /** The write batch that the latest part of the answer joined. */
  #lastBatch = -1;

  /**
   * Creates a stream. `expired` is called if no part arrives or leaves for
   * `streamIdleTimeout` milliseconds although the remote peer could send one,
   * and `handlerExpired` if none does for `handlerTimeout` milliseconds although
   * the handler could.
   */
  constructor(
    link: Link,
    id: number,
    context: RequestContext,
    form: StreamForm,
    expired: () => void,
    handlerExpired: () => void,
  ) {
    this.id = id;
    this.context = context;
    this.#link = link;
    this.#form = form;
    this.#input = new ReceivedParts(
      link.receiveBudget,
      () => {},
      undefined,
      form.ofValues,
      (received) => link.extensions?.openWindow("p", id, received),
    );
    // limits/idle-stream
    this.#idle = new Watchdog(link.clock, () => {
      if (!this.#heldUp) return expired();
      const isLeaving = this.#isLeaving;
      this.#resetIdle();
      this.#waitedToLeave = isLeaving;
    });
    this.#resetIdle();
    if (link.limits.handlerTimeout !== Infinity) {
      this.#handlerTime = new Watchdog(link.clock, () => {
        const isHeldUp = this.#isLeaving || this.#awaitsData ||
          this.#isStarved;
        if (isHeldUp) this.#resetHandlerTime();
        else handlerExpired();
      });
      this.#resetHandlerTime();
    }
  }

  /** The memory of unread data, in bytes. */
  get unreadBytes(): number {
    return this.#input.unreadBytes;
  }

  /** Receives a part of the data; an empty one ends it (stream/parts, stream/end-marker). */
  part(payload: Uint8Array<ArrayBuffer>): void {
    this.#resetHandlerTime();
    if (payload.byteLength === 0) {
      this.inputEnded = true;
      if (!this.#isStarved) this.#idle.stop();
      this.#input.end();
    } else {
      this.#resetIdle();
      this.#input.push(payload);
    }
  }

  /** The remote peer takes more of the answer. Returns whether that changes anything. */
  credited(offset: number): boolean {
    return !this.answered && this.#credit.granted(offset);
  }

  /** Receives the payload of the request: the first part, or no data yet (stream/open). */
  first(payload: Uint8Array<ArrayBuffer>): void {
    if (this.#form.hasInput) setStreamInput(this.context, payload.slice());
    else if (payload.byteLength > 0) this.#input.push(payload);
  }

  /** Errors the input: the remote peer ended the connection within the stream (stream/cut). */
  cut(reason: unknown): void {
    if (this.inputEnded) return;
    this.inputEnded = true;
    this.cutReason = reason;
    if (!this.#isStarved) this.#idle.stop();
    this.#input.fail(reason);
  }

  /** Runs the handler and sends its output, possibly before the input has ended (stream/answer, stream/answer-early). Rejects if either fails, also as it is stopped. */
  async run(handler: StreamHandler): Promise<void> {
    const output = await handler(this.#input.readable, this.context);
    if (output !== undefined && output !== null) {
      await this.#sendAll(this.#chunksOf(output));
      await this.#leave();
    }
    if (this.answered) return;
    this.#send(END_MARKER);
    this.answered = true;
  }

  /** The answer is complete: accepts no more data and discards what is queued (stream/unread). */
  finish(reason: unknown): void {
    this.answered = true;
    this.#credit.wake();
    this.#idle.stop();
    this.#handlerTime?.stop();
    this.#input.fail(reason);
  }

  /** Finishes the stream before its handler has, aborts its context, and ends the iteration of its output: what it returns cannot be sent. */
  stop(reason: unknown): void {
    this.finish(reason);
    abortContext(this.context, reason);
    this.#leave();
  }

  /** Returns what is sent of an output: bytes themselves are a whole answer. */
  #chunksOf(
    output: Exclude<StreamOutput, void>,
  ): AsyncIterable<ByteSource> | Iterable<ByteSource> {
    if (typeof output === "object") {
      if (Symbol.asyncIterator in output) return output;
      // A typed array is iterable too, as is its proxy, but its numbers are no chunks.
      const isBytes = ArrayBuffer.isView(output) ||
        output instanceof Uint8Array;
      if (Symbol.iterator in output && !isBytes) return output;
    }
    return [bytesOf(output, OUTPUT, this.context.operation)];
  }

  async #sendAll(
    output: AsyncIterable<ByteSource> | Iterable<ByteSource>,
  ): Promise<void> {
    const { limits, memory, writer } = this.#link;
    const ahead = limits.maxPartBytes * PARTS_AHEAD;
    const maxPartBytes = this.#form.ofValues ? Infinity : limits.maxPartBytes;
    // A web stream has another chunk ready while one waits.
    const chunks = output instanceof ReadableStream ? 2 : 1;
    const { operation } = this.context;
    // Not by `for await`, which cannot be left while it waits for a chunk.
    const iterator = this.#output = iteratorOf(operation, output);
    /** Bytes charged for a chunk that has to wait. */
    let charged = 0;
    try {
      while (!this.answered) {
        const { done, value } = await iterator.next();
        if (done) {
          this.#output = undefined;
          return;
        }
        // Values of an iterable that is not asynchronous may be promises.
        const given = isThenable(value) ? await value : value;
        if (this.answered) return;
        const chunk = bytesOf(given, OUTPUT, operation);
        for (let at = 0; at < chunk.byteLength; at += maxPartBytes) {
          const look = this.#link.extensions?.lookForCredit(this.#credit);
          if (look !== undefined) await look;
          const waits = !this.#credit.isLeft || writer.queuedBytes >= ahead;
          if (waits && charged === 0) {
            charged = chunk.byteLength * chunks;
            memory.change(charged);
          }
          if (!this.#credit.isLeft) await this.#credited();
          if (this.answered) return;
          this.#lastBatch = Infinity;
          // Also without congestion: other streams send between two parts.
          do await writer.available(ahead, this.#isWanted); while (
            // Of those that it woke, another one may have been faster.
            writer.queuedBytes >= ahead && !this.answered
          );
          if (this.answered) return;
          this.#send(
            this.#form.ofValues ? chunk : partOf(chunk, at, maxPartBytes),
          );
          if (!this.inputEnded) this.#resetIdle();
          this.#resetHandlerTime();
        }
        // The next chunk takes its place.
        memory.releaseSoon(charged);
        charged = 0;
      }
    } catch (error) {
      // What the output throws as it is left does not replace its failure.
      await this.#leave()?.catch(() => {});
      throw error;
    } finally {
      memory.releaseSoon(charged);
    }
  }

  /** Whether the answer goes on. */
  readonly #isWanted = (): boolean => !this.answered;

  /** Ends the iteration of the output, unless it is complete. Returns what resolves when it has ended early. */
  #leave(): Promise<unknown> | undefined {
    const output = this.#output;
    this.#output = undefined;
    if (output !== undefined) this.#left = leave(output);
    return this.#left;
  }

  /**
   * Waits until the remote peer takes more, or the answer is complete. The time
   * is limited like that without a part of the data: a remote peer that grants
   * nothing would keep the stream for ever.
   */
  async #credited(): Promise<void> {
    const { receiveBudget } = this.#link;
    this.#isStarved = true;
    receiveBudget.starved(1);
    this.#resetIdle();
    while (!this.#credit.isLeft && !this.answered) await this.#credit.changed();
    receiveBudget.starved(-1);
    this.#isStarved = false;
    if (this.inputEnded) this.#idle.stop();
  }

  /**
   * Whether parts may be missing for another reason than an idle remote peer:
   * the local peer did not read, a message in front of them is still arriving,
   * the remote peer waits for a part of the answer that has not left yet, or for
   * credit. Of those, the last is no reason why credit for the answer is missing.
   */
  get #heldUp(): boolean {
    const { keepalive, receiveBudget } = this.#link;
    const isInterrupted = this.#waitedToLeave || receiveBudget.exceeded ||
      keepalive.interruptions !== this.#interruptions ||
      keepalive.arriving || this.#isLeaving;
    if (this.#isStarved) return isInterrupted;
    return isInterrupted || this.#waitsForNothing ||
      this.#input.credit.isUsedUp;
  }

  /** Whether the handler does not wait for a value, so that its caller may well keep the stream open. */
  get #waitsForNothing(): boolean {
    const { ofValues, isSubscription } = this.#form;
    return isSubscription || ofValues && !this.#input.isRead;
  }

  /** Whether the handler may wait for data of the remote peer. One that takes values waits only while it reads one. */
  get #awaitsData(): boolean {
    const { awaitsMore, isRead } = this.#input;
    return awaitsMore && (isRead || !this.#form.ofValues);
  }

  /** Whether the latest part of the answer has not been written yet. */
  get #isLeaving(): boolean {
    return this.#lastBatch >= this.#link.writer.writtenBatches;
  }

  #resetIdle(): void {
    const { keepalive, writer } = this.#link;
    this.#interruptions = keepalive.interruptions;
    this.#waitedToLeave = this.#lastBatch > writer.writtenBatches;
    this.#idle.reset(this.#link.limits.streamIdleTimeout);
  }

  #resetHandlerTime(): void {
    this.#handlerTime?.reset(this.#link.limits.handlerTimeout);
  }

  #send(payload: Uint8Array): void {
    this.#lastBatch = this.#link.writer.batch;
    this.#link.send({ kind: "StreamResult", id: this.id, payload });
    this.#credit.sent(payload.byteLength);
  }
}
