/**
 * A call with one payload in each direction.
 *
 * @module
 */

import {
  json,
  LimitError,
  type PayloadCodec,
  quoteName,
} from "../../codec/mod.ts";
import type { CallOptions, RetryPolicy } from "../call_options.ts";
import type { Link } from "../link/link.ts";
import { Call } from "./_call.ts";
import type { PendingCalls } from "./_pending_calls.ts";
import { retryError } from "./result_errors.ts";

const NO_BYTES = new Uint8Array(0);

/** Smaller payloads cost less than the call itself; bench: `calls-16B-1`. */
const COUNTED = 1024;

/** A single request that awaits its result. */
export class SingleCall extends Call {
  /** The payload of the request, kept for another attempt. */
  #payload: Uint8Array;
  readonly #codec: Pick<PayloadCodec<unknown>, "decode">;
  /** The result. */
  readonly result: Promise<unknown>;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;
  readonly #retry: Required<RetryPolicy> | undefined;
  #attempts = 1;
  /** The parts of the result so far, joined, with space for more. */
  #joined = NO_BYTES;
  #size = 0;

  constructor(
    link: Link,
    pending: PendingCalls<Call>,
    operation: string,
    payload: Uint8Array,
    codec: Pick<PayloadCodec<unknown>, "decode">,
    options: CallOptions,
    retry: Required<RetryPolicy> | undefined,
  ) {
    super(link, pending, operation, options);
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#payload = payload;
    this.#called(payload.byteLength);
    this.#codec = codec;
    this.#retry = retry;
  }

  override get isStream(): boolean {
    return false;
  }

  override get parses(): boolean {
    return this.#codec === json;
  }

  override get repeats(): boolean {
    return this.#retry !== undefined;
  }

  override admitted(): void {
    if (this.settled) return;
    const { id, link, operation } = this;
    if (this.trace !== undefined) link.extensions?.sendTrace(id, this.trace);
    this.batch = link.writer.batch;
    const payload = this.#payload;
    try {
      link.send({ kind: "SingleRequest", id, operation, payload });
      link.roundTrip.begin(id);
    } catch (error) {
      this.fail(error, true);
    }
  }

  override single(payload: Uint8Array<ArrayBuffer>): void {
    this.link.roundTrip.end(this.id);
    this.settle();
    this.#dropPayload();
    this.#join(NO_BYTES);
    try {
      const { limits } = this.link;
      this.#resolve(this.#codec.decode(payload, this, limits));
    } catch (error) {
      this.#reject(error);
    }
  }

  /** Joins a result that arrives in parts (request/joined-answer). */
  override part(payload: Uint8Array<ArrayBuffer>): void {
    const { maxPayloadBytes } = this.link.limits;
    const size = this.#size + payload.byteLength;
    if (size > maxPayloadBytes) {
      return this.fail(
        new LimitError(
          `Cannot accept the result of ${
            quoteName(this.operation)
          }: its parts exceed ${maxPayloadBytes} bytes, wanted at most maxPayloadBytes`,
          { code: "maxPayloadBytes" },
        ),
        false,
      );
    }
    const capacity = this.#joined.byteLength;
    if (size > capacity) {
      const limit = this.link.memory.refuses(size - capacity);
      if (limit !== undefined) {
        return this.fail(
          new LimitError(
            `Cannot accept the result of ${
              quoteName(this.operation)
            }: too much memory is held, wanted at most ${limit}`,
            { code: limit },
          ),
          false,
        );
      }
      // Doubled, so that many tiny parts cost no more than their bytes.
      const joined = new Uint8Array(
        Math.max(size, Math.min(capacity * 2, maxPayloadBytes)),
      );
      joined.set(this.#joined);
      this.#join(joined);
    }
    this.#joined.set(payload, this.#size);
    this.#size = size;
  }

  override partsEnd(): void {
    this.single(this.#joined.subarray(0, this.#size));
  }

  /** Repeats the request after the wait, if the policy allows it (request/retry-bounded). */
  override retry(wait: number, payload: Uint8Array): void {
    const policy = this.#retry;
    if (
      policy === undefined || this.#attempts >= policy.attempts ||
      wait > policy.maxWait
    ) {
      return this.fail(retryError(this.operation, wait, payload), true);
    }
    const { clock, random, roundTrip } = this.link;
    roundTrip.cancel(this.id);
    const delay = wait + Math.ceil(random() * policy.jitter);
    this.#attempts++;
    this.#join(NO_BYTES);
    this.#size = 0;
    this.link.emit({
      type: "retry",
      operation: this.operation,
      attempt: this.#attempts,
      wait: delay,
    });
    this.batch = -1;
    // request/retry-wait; other calls are not delayed (request/retry-scope)
    this.timer = clock.schedule(() => this.pending.readmit(this), delay);
    this.pending.withdraw(this);
  }

  protected override reject(error: unknown): void {
    this.link.roundTrip.cancel(this.id);
    // An abandoned call is kept for long, to recognise a late result.
    this.#dropPayload();
    this.#join(NO_BYTES);
    this.#reject(error);
  }

  #dropPayload(): void {
    const { byteLength } = this.#payload;
    this.#payload = NO_BYTES;
    this.#called(-byteLength);
  }

  /** Counts the payload, of which a server that calls back may keep many. What a client sends is its own choice. */
  #called(bytes: number): void {
    const { isAcceptor, memory } = this.link;
    if (isAcceptor && Math.abs(bytes) >= COUNTED) memory.called(bytes);
  }

  /** Replaces the memory of the joined parts. */
  #join(memory: Uint8Array<ArrayBuffer>): void {
    if (memory === this.#joined) return;
    const change = memory.byteLength - this.#joined.byteLength;
    this.#joined = memory;
    this.link.memory.change(change);
  }
}
