/**
 * Streams of JSON values: each value is one part.
 *
 * @module
 */

import { attempt } from "../quoting/attempt.ts";
import { quoteName } from "../codec/name.ts";
import { json, type JsonLimits } from "../codec/payload.ts";
import { ValidationError } from "../codec/validation_error.ts";
import { nameOfValue } from "../quoting/value.ts";
import { checkOptionNames, type OptionNames } from "../quoting/option_names.ts";
import { REQUEST_OPTIONS, type ValuesOptions } from "./call_options.ts";
import type { SentValues } from "./contract.ts";
import { inputError } from "./input_error.ts";
import { type Schema, validate } from "./standard_schema.ts";
import { FORM, type FormedOptions } from "./stream_form.ts";
import type { StreamPair } from "./stream_pair.ts";
import { isThenable } from "./thenable.ts";

/** Values to be sent: any iterable, or a web stream. */
export type ValuesSource<Value> = AsyncIterable<Value> | Iterable<Value>;

/**
 * The values of an answer, which can be iterated once.
 *
 * Leaving a `for await` loop, `return()` and disposal cancel the call.
 */
export interface Values<Value>
  extends AsyncIterableIterator<Value, undefined, undefined>, AsyncDisposable {
  /** Returns the next value. Rejects, once, if the call fails. */
  next(): Promise<IteratorResult<Value, undefined>>;
  /** Cancels the call. A `next` that waits resolves as done. */
  return(): Promise<IteratorReturnResult<undefined>>;
}

/** Receives what values that are sent fail with after their call has ended. */
type OnFailure = (error: unknown) => void;

/** How values are received. */
export interface ValuesReading {
  readonly operation: string;
  /** Those of the JSON of each value; `undefined` for none. */
  readonly limits: JsonLimits | undefined;
  readonly schema: Schema | undefined;
  /** The side that sends them. */
  readonly what: "input" | "output";
  /** Whether the ErrorResult for an invalid one has the issues. */
  readonly sendIssues?: boolean | undefined;
}

/** Returns the part for a value. Throws a `ValidationError` if it has none. */
export function encodeValue(operation: string, value: unknown): Uint8Array {
  if (value === undefined) {
    throw new ValidationError(
      `Cannot send a value of ${
        quoteName(operation)
      }: got undefined, wanted a value that JSON can hold`,
      { code: "json", side: "local" },
    );
  }
  return json.encode(value, { operation });
}

/** Returns the values that a caller sends, of parts that arrive one by one. They have no clean end if the request was cancelled behind it. */
export async function* readValues(
  parts: ReadableStream<Uint8Array<ArrayBuffer>>,
  reading: ValuesReading,
  { signal }: { readonly signal: AbortSignal },
): AsyncGenerator<unknown, void, undefined> {
  for await (const part of parts) {
    let value: unknown;
    try {
      value = await decodeValue(part, reading);
    } catch (error) {
      throw inputError(error, reading.sendIssues);
    }
    yield value;
  }
  signal.throwIfAborted();
}

async function decodeValue(
  part: Uint8Array,
  { operation, limits, schema, what }: ValuesReading,
): Promise<unknown> {
  const value = json.decode(part, { operation }, limits);
  return schema === undefined
    ? value
    : await validate(schema, value, what, operation, "remote");
}

/**
 * Returns the iterator of any iterable, also one that is not asynchronous.
 *
 * @throws {TypeError} If it is none.
 */
export function iteratorOf(
  operation: string,
  values: ValuesSource<unknown>,
): AsyncIterator<unknown> | Iterator<unknown> {
  // Its own iterator cannot be left while a read waits.
  if (values instanceof ReadableStream) return readerIterator(values);
  const { [Symbol.asyncIterator]: iterateLater, [Symbol.iterator]: iterate } =
    Object(values) as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  const found = iterateLater ?? iterate;
  if (typeof found !== "function") {
    throw new TypeError(
      `Cannot send values of ${quoteName(operation)}: got ${
        nameOfValue(values)
      }, wanted an iterable or a web stream`,
    );
  }
  return (found as () => AsyncIterator<unknown> | Iterator<unknown>).call(
    values,
  );
}

function readerIterator(
  stream: ReadableStream<unknown>,
): AsyncIterator<unknown> {
  const reader = stream.getReader();
  let hasFailed = false;
  reader.closed.catch(() => hasFailed = true);
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    async return(value) {
      // It would fail with what the last read has failed with.
      if (!hasFailed) await reader.cancel();
      return { done: true, value };
    },
  };
}

/** Ends an iteration early. Resolves when it has ended; rejects with what the iterator throws, which need not be handled. */
export function leave(
  iterator: AsyncIterator<unknown> | Iterator<unknown>,
): Promise<unknown> {
  const left = attempt(() => iterator.return?.());
  left.catch(() => {});
  return left;
}

const VALUES_OPTIONS: OptionNames<ValuesOptions & SentValues<unknown>> = {
  ...REQUEST_OPTIONS,
  values: 1,
};

/** Returns the values of the answer to a call that `open` makes. `input` is the payload of the request. Failures of `values` after the end of the call go to `onFailure`. */
export function callForValues(
  operation: string,
  input: Uint8Array,
  options: ValuesOptions & SentValues<unknown>,
  limits: JsonLimits | undefined,
  open: (options: FormedOptions) => StreamPair,
  onFailure: OnFailure = () => {},
): Values<unknown> {
  checkOptionNames(options, VALUES_OPTIONS);
  const { output, values, ...callOptions } = options;
  const isSubscription = values === undefined;
  const form = { input, ofValues: true, isSubscription };
  return new ReceivedValues(
    () => open({ ...callOptions, [FORM]: form }),
    { operation, limits, schema: output, what: "output" },
    values,
    onFailure,
  );
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({
  done: true,
  value: undefined,
});

/** The values of the answer to a call, which is made when the first one is requested. */
class ReceivedValues<Value> implements Values<Value> {
  readonly #open: () => StreamPair;
  readonly #reading: ValuesReading;
  readonly #sent: ValuesSource<unknown> | undefined;
  readonly #onFailure: OnFailure;
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  /** The iteration over the values that are sent. */
  #source: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  /** What resolves each `next` that waits, once the values are left. */
  readonly #waiting = new Set<() => void>();
  /** Resolves when the latest result has been delivered, since values keep their order. */
  #last: Promise<unknown> = Promise.resolve();
  #done = false;

  /** Prepares a call that `open` makes, and that sends the values in `sent`. */
  constructor(
    open: () => StreamPair,
    reading: ValuesReading,
    sent: ValuesSource<unknown> | undefined,
    onFailure: OnFailure,
  ) {
    this.#open = open;
    this.#reading = reading;
    this.#sent = sent;
    this.#onFailure = onFailure;
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    if (this.#done) return Promise.resolve(DONE);
    const read = this.#last.then(() => this.#read());
    this.#last = read.catch(() => {});
    // A race with a promise that lasts would keep all values for its reactions.
    return new Promise((resolve, reject) => {
      const leave = () => resolve(DONE);
      this.#waiting.add(leave);
      const settled = () => this.#waiting.delete(leave);
      read.then(resolve, reject).then(settled);
    });
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    if (!this.#done) {
      this.#done = true;
      for (const leave of this.#waiting) leave();
      const reason = new DOMException(
        "The values are not wanted any more",
        "AbortError",
      );
      this.#abandon(reason);
    }
    return Promise.resolve(DONE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #read(): Promise<IteratorResult<Value, undefined>> {
    if (this.#done) return DONE;
    try {
      const reader = this.#reader ??= this.#start();
      const { done, value } = await reader.read();
      if (!done) {
        const decoded = await decodeValue(value, this.#reading);
        return { done: false, value: decoded as Value };
      }
    } catch (error) {
      if (this.#done) return DONE;
      this.#done = true;
      this.#abandon(error);
      throw error;
    }
    this.#done = true;
    return DONE;
  }

  #start(): ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> {
    const { operation } = this.#reading;
    const sent = this.#sent;
    // First, since it may throw.
    if (sent !== undefined) this.#source = iteratorOf(operation, sent);
    const { readable, writable } = this.#open();
    if (this.#source !== undefined) {
      void sendValues(operation, this.#source, writable, this.#onFailure);
    }
    return readable.getReader();
  }

  /** Ends the request's data, and receives no more of the answer. */
  #abandon(reason: unknown): void {
    const reader = this.#reader;
    if (this.#source !== undefined) leaveSent(this.#source, this.#onFailure);
    else if (reader === undefined) this.#leaveUnused();
    void reader?.cancel(reason).catch(() => {/* The call has failed. */});
  }

  /** Leaves the values that are sent before the call has been made. */
  #leaveUnused(): void {
    if (this.#sent === undefined) return;
    try {
      const unused = iteratorOf(this.#reading.operation, this.#sent);
      leaveSent(unused, this.#onFailure);
    } catch {
      // They cannot be iterated.
    }
  }
}

/** Ends an iteration of values that are sent. Nobody else sees how it fails. */
function leaveSent(
  values: AsyncIterator<unknown> | Iterator<unknown>,
  onFailure: OnFailure,
): void {
  leave(values).catch(onFailure);
}

/** Sends all values of an iteration, each as one part, then the end. A failure of the iteration aborts the call. */
async function sendValues(
  operation: string,
  values: AsyncIterator<unknown> | Iterator<unknown>,
  writable: WritableStream<Uint8Array>,
  onFailure: OnFailure,
): Promise<void> {
  const writer = writable.getWriter();
  let end: { readonly reason: unknown } | undefined;
  writer.closed.catch((reason) => {
    end = { reason };
    leaveSent(values, onFailure);
  });
  for (;;) {
    let next;
    try {
      next = await values.next();
    } catch (error) {
      // What has failed needs no end.
      if (end === undefined) void writer.abort(error).catch(() => {});
      else if (error !== end.reason) onFailure(error);
      return;
    }
    try {
      if (next.done) return await writer.close();
      // Values of an iterable that is not asynchronous may be promises.
      const { value } = next;
      const given = isThenable(value) ? await value : value;
      await writer.write(encodeValue(operation, given));
    } catch (error) {
      // Without effect if it is the error of the stream itself.
      void writer.abort(error).catch(() => {});
      return leaveSent(values, onFailure);
    }
  }
}
