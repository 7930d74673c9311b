/**
 * Streams of values: JSON, one value a part.
 * Internal to the package.
 *
 * @module
 */

import { ValidationError } from "../../codec/validation_error.ts";
import type { ValuesOptions } from "../../peer/call_options.ts";
import { inputError } from "../../peer/input_error.ts";
import { validate } from "../../peer/standard_schema.ts";
import { FORM, type FormedOptions } from "../../peer/stream_form.ts";
import type { StreamPair } from "../../peer/stream_pair.ts";
import type { ValuesReading, ValuesSource } from "../../peer/values.ts";
import { attempt } from "../../quoting/attempt.ts";
import { json } from "./payload.ts";
import { quoteText } from "./quote.ts";
import { nameOfValue } from "./value.ts";

type AnyIterator = AsyncIterator<unknown> | Iterator<unknown>;

type OnFailure = (error: unknown) => void;

/** What is read of values. */
type Reading = Omit<ValuesReading, "limits">;

const DONE = { done: true, value: undefined } as const;

/** Returns the part for a value. */
export function encodeValue(operation: string, value: unknown): Uint8Array {
  if (value !== undefined) return json.encode(value, { operation });
  // It has no part: the empty one is the end.
  const what = `Cannot send undefined as a value of ${quoteText(operation)}`;
  throw new ValidationError(what, { code: "json", side: "local" });
}

/** Iterates the values that a handler receives. */
export async function* readValues(
  parts: ReadableStream<Uint8Array<ArrayBuffer>>,
  reading: Reading,
  { signal }: { readonly signal: AbortSignal },
): AsyncGenerator<unknown, void, undefined> {
  for await (const part of parts) {
    yield await decodeValue(part, reading).catch((error) => {
      throw inputError(error);
    });
  }
  signal.throwIfAborted();
}

async function decodeValue(
  part: Uint8Array,
  { operation, schema, what }: Reading,
): Promise<unknown> {
  const value = json.decode(part, { operation });
  return schema
    ? await validate(schema, value, what, operation, "remote")
    : value;
}

/** Returns the iterator of values; throws a `TypeError` if there is none. */
export function iteratorOf(
  operation: string,
  values: ValuesSource<unknown>,
): AnyIterator {
  if (values instanceof ReadableStream) {
    // Its own iterator cannot be left while a read waits.
    const reader = values.getReader();
    return {
      next: () => reader.read() as Promise<IteratorResult<unknown>>,
      return: () => reader.cancel() as Promise<never>,
    };
  }
  const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = Object(
    values,
  );
  const iterate = later ?? now;
  if (typeof iterate === "function") return iterate.call(values);
  const found = nameOfValue(values);
  throw new TypeError(
    `Cannot send values of ${
      quoteText(operation)
    }: got ${found}, wanted an iterable`,
  );
}

/** Ends an iteration early. Rejects with what the iterator throws, which need not be handled. */
export function leave(iterator: AnyIterator): Promise<unknown> {
  const left = attempt(() => iterator.return?.());
  left.catch(() => {});
  return left;
}

/** Makes a call for values, when the first is wanted. What `values` fails with after the call goes to `onFailure`. */
export function callForValues(
  operation: string,
  input: Uint8Array,
  { output: schema, values, ...options }: ValuesOptions & {
    readonly values?: ValuesSource<unknown>;
  },
  _limits: undefined,
  open: (options: FormedOptions) => StreamPair,
  onFailure: OnFailure = () => {},
): ReceivedValues {
  const form = { input, ofValues: true, isSubscription: values === undefined };
  return new ReceivedValues(
    { operation, schema, what: "output" },
    values,
    () => open({ ...options, [FORM]: form }),
    onFailure,
  );
}

/** The values of a call. */
class ReceivedValues
  implements AsyncIterableIterator<unknown, undefined, undefined> {
  readonly #reading: Reading;
  readonly #sent: ValuesSource<unknown> | undefined;
  readonly #open: () => StreamPair;
  readonly #onFailure: OnFailure;
  #source: AnyIterator | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  #isDone = false;

  constructor(
    reading: Reading,
    sent: ValuesSource<unknown> | undefined,
    open: () => StreamPair,
    onFailure: OnFailure,
  ) {
    this.#reading = reading;
    this.#sent = sent;
    this.#open = open;
    this.#onFailure = onFailure;
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#isDone) return DONE;
    try {
      // Reads are answered in their order.
      const { done, value } = await (this.#reader ??= this.#start()).read();
      const decoded = done || await decodeValue(value, this.#reading);
      if (!done && !this.#isDone) return { done, value: decoded };
    } catch (error) {
      if (!this.#isDone) {
        this.#leave(error);
        throw error;
      }
    }
    this.#isDone = true;
    return DONE;
  }

  // deno-lint-ignore require-await -- the interface has a promise
  async return(): Promise<IteratorReturnResult<undefined>> {
    const why = "The values are not wanted any more";
    if (!this.#isDone) this.#leave(new DOMException(why, "AbortError"));
    return DONE;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #start(): ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> {
    const { operation } = this.#reading;
    const sent = this.#sent;
    // First, since it may throw.
    if (sent !== undefined) this.#source = iteratorOf(operation, sent);
    const { readable, writable } = this.#open();
    if (this.#source) {
      void sendValues(operation, this.#source, writable, this.#onFailure);
    }
    return readable.getReader();
  }

  #leave(reason: unknown): void {
    this.#isDone = true;
    void this.#reader?.cancel(reason).catch(() => {/* The call has failed. */});
    if (this.#sent === undefined) return;
    try {
      // Those that were never iterated are left too.
      const { operation } = this.#reading;
      const source = this.#source ?? iteratorOf(operation, this.#sent);
      leaveSent(source, reason, this.#onFailure);
    } catch {
      // They cannot be iterated.
    }
  }
}

/** Ends an iteration of values that are sent, for a reason that is no failure of theirs. */
function leaveSent(
  values: AnyIterator,
  reason: unknown,
  onFailure: OnFailure,
): void {
  leave(values).catch((error) => {
    if (error !== reason) onFailure(error);
  });
}

async function sendValues(
  operation: string,
  values: AnyIterator,
  writable: WritableStream<Uint8Array>,
  onFailure: OnFailure,
): Promise<void> {
  const writer = writable.getWriter();
  let end: { readonly reason: unknown } | undefined;
  writer.closed.catch((reason) => { // The call has ended.
    end = { reason };
    leaveSent(values, reason, onFailure);
  });
  try {
    for (;;) {
      const { done, value } = await values.next();
      if (done) break;
      // Values of an iterable that is not asynchronous may be promises.
      await writer.write(encodeValue(operation, await value));
    }
    await writer.close();
  } catch (error) {
    // Without effect if it is the error of the stream itself.
    void writer.abort(error).catch(() => {});
    if (end && error !== end.reason) onFailure(error);
    leaveSent(values, error, onFailure);
  }
}
