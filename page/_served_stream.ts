/**
 * A stream request that a page handles.
 *
 * @module
 */

import {
  abortContext,
  type RequestContext,
  setStreamInput,
} from "../peer/context.ts";
import type { StreamHandler, StreamOutput } from "../peer/handler.ts";
import type { StreamForm } from "../peer/stream_form.ts";
import { iteratorOf, leave } from "../peer/values.ts";
import { bytesOf, type ByteSource } from "../quoting/byte_source.ts";
import type { LimitError } from "../codec/limit_error.ts";
import type { Line } from "./_line.ts";
import { ReceivedParts, SentParts } from "./_part_streams.ts";
import { NOTHING } from "./_wire.ts";

/** An incoming stream request: its data as it arrives, and its handler. */
export class ServedStream {
  readonly id: string;
  readonly context: RequestContext;
  /** Whether the answer is complete. */
  isAnswered = false;
  /** Whether the data of the request has ended. */
  hasEnded = false;
  readonly #line: Line;
  readonly #form: StreamForm;
  readonly #input: ReceivedParts;
  readonly #sent: SentParts;
  #output: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  /** Settles when an output that was left has ended. */
  #left: Promise<unknown> | undefined;

  constructor(
    line: Line,
    id: string,
    context: RequestContext,
    form: StreamForm,
    overflow: (error: LimitError) => void,
  ) {
    this.id = id;
    this.context = context;
    this.#line = line;
    this.#form = form;
    this.#sent = new SentParts(line, {
      letter: "S",
      ofValues: form.ofValues,
      id: () => id,
      wanted: () => !this.isAnswered,
    });
    this.#input = new ReceivedParts(line, "p", () => id, { overflow });
  }

  /** Receives the payload of the request: its input, or the first part. */
  first(payload: Uint8Array<ArrayBuffer>): void {
    if (this.#form.hasInput) setStreamInput(this.context, payload);
    else if (payload.byteLength > 0) this.#input.push(payload);
  }

  /** Receives a part of the data; an empty one ends it. */
  part(payload: Uint8Array<ArrayBuffer>): void {
    if (payload.byteLength > 0) return this.#input.push(payload);
    this.hasEnded = true;
    this.#input.end();
  }

  /** The remote peer takes more of the answer. */
  credited(offset: number): void {
    this.#sent.granted(offset);
  }

  /** Runs the handler and sends its output (stream/answer). */
  async run(handler: StreamHandler): Promise<void> {
    const output = await handler(this.#input.readable, this.context);
    if (output !== undefined && output !== null) {
      await this.#sendAll(this.#chunksOf(output));
      await this.#leave();
    }
    if (!this.isAnswered) this.#line.send("S", this.id, "", NOTHING);
  }

  /** The answer is complete; what is unread of the data is dropped (stream/unread). */
  finish(reason: unknown): void {
    this.isAnswered = true;
    this.#sent.wake();
    this.#line.out.wake();
    this.#input.drop(reason);
  }

  /** Finishes the stream before its handler has ended, and stops that. */
  stop(reason: unknown): void {
    this.finish(reason);
    abortContext(this.context, reason);
    void this.#leave();
  }

  /** Ends the iteration of the output, unless it is complete. */
  #leave(): Promise<unknown> | undefined {
    const output = this.#output;
    this.#output = undefined;
    if (output !== undefined) this.#left = leave(output);
    return this.#left;
  }

  /** Returns what is sent of an output: bytes themselves are a whole answer. */
  #chunksOf(
    output: Exclude<StreamOutput, void>,
  ): AsyncIterable<ByteSource> | Iterable<ByteSource> {
    const isIterable = typeof output === "object" &&
      (Symbol.asyncIterator in output ||
        Symbol.iterator in output && !ArrayBuffer.isView(output) ||
        (output as unknown) instanceof ReadableStream);
    return isIterable
      ? output as Iterable<ByteSource>
      : [bytesOf(output, "send the output", this.context.operation)];
  }

  async #sendAll(
    output: AsyncIterable<ByteSource> | Iterable<ByteSource>,
  ): Promise<void> {
    const { operation } = this.context;
    const iterator = this.#output = iteratorOf(operation, output);
    try {
      while (!this.isAnswered) {
        const { done, value } = await iterator.next();
        if (done) {
          this.#output = undefined;
          return;
        }
        const chunk = bytesOf(await value, "send the output", operation);
        await this.#sent.send(chunk);
      }
    } catch (error) {
      // What the output throws as it is left does not replace its failure.
      await this.#leave()?.catch(() => {});
      throw error;
    }
  }
}
