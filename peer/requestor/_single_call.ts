/**
 * A request with one payload, and what becomes of it.
 *
 * @module
 */

import { LimitError, type PayloadCodec, quoteName } from "../../codec/mod.ts";
import { retryError } from "./_errors.ts";
import { Call, type CallKeeper } from "./_call.ts";
import type { Wire } from "../link/_wire.ts";
import type { CallOptions, RetryPolicy } from "../call_options.ts";

const NOTHING = new Uint8Array(0);

/** What a single call tells its promise. */
export interface Settle {
  /** The answer came. */
  readonly resolve: (value: unknown) => void;
  /** There will be no answer. */
  readonly reject: (error: unknown) => void;
}

/** Who sends the request of a call, at first and again. */
export interface SingleCallKeeper extends CallKeeper {
  /** Takes the call back until the wait is over, then sends it under another ID. */
  postpone(call: SingleCall, wait: number): void;
}

/** A single request that waits for its answer. */
export class SingleCall extends Call {
  /** The request's payload, kept for another attempt. */
  payload: Uint8Array;
  readonly #keeper: SingleCallKeeper;
  readonly #codec: PayloadCodec<unknown>;
  readonly #settle: Settle;
  readonly #retry: Required<RetryPolicy> | undefined;
  #attempts = 1;
  /** The parts of the answer so far, one behind the other, with room for more. */
  #joined = NOTHING;
  #size = 0;

  constructor(
    wire: Wire,
    keeper: SingleCallKeeper,
    operation: string,
    payload: Uint8Array,
    codec: PayloadCodec<unknown>,
    options: CallOptions,
    retry: Required<RetryPolicy> | undefined,
    settle: Settle,
  ) {
    super(wire, keeper, operation, options);
    this.payload = payload;
    this.#keeper = keeper;
    this.#codec = codec;
    this.#retry = retry;
    this.#settle = settle;
  }

  override single(payload: Uint8Array<ArrayBuffer>): void {
    this.settle(true);
    try {
      this.#settle.resolve(this.#codec.decode(payload, this));
    } catch (error) {
      this.#settle.reject(error);
    }
  }

  /** An answer in parts is joined. */
  override part(payload: Uint8Array<ArrayBuffer>): void {
    const { maxPayloadBytes } = this.wire.limits;
    const size = this.#size + payload.byteLength;
    if (size > maxPayloadBytes) {
      this.fail(
        new LimitError(
          `Cannot take the answer of ${
            quoteName(this.operation)
          }: its parts are more than ${maxPayloadBytes} bytes together, wanted at most maxPayloadBytes`,
          { code: "maxPayloadBytes" },
        ),
        false,
      );
      return;
    }
    const room = this.#joined.byteLength;
    if (size > room) {
      // Copied a few times, so that many tiny parts cost no more than their bytes.
      const joined = new Uint8Array(
        Math.max(size, Math.min(room * 2, maxPayloadBytes)),
      );
      joined.set(this.#joined);
      this.#joined = joined;
    }
    this.#joined.set(payload, this.#size);
    this.#size = size;
  }

  override partsEnd(): void {
    this.single(this.#joined.subarray(0, this.#size));
  }

  override retry(wait: number, payload: Uint8Array): void {
    const policy = this.#retry;
    if (
      policy === undefined || this.#attempts >= policy.attempts ||
      wait > policy.maxWait
    ) {
      this.fail(retryError(this.operation, wait, payload), true);
      return;
    }
    const pause = wait + Math.ceil(this.wire.random() * policy.jitter);
    this.#attempts++;
    this.#joined = NOTHING;
    this.#size = 0;
    this.wire.emit({
      type: "retry",
      operation: this.operation,
      attempt: this.#attempts,
      wait: pause,
    });
    this.#keeper.postpone(this, pause);
  }

  protected override reject(error: unknown): void {
    // The call may be kept for long, to know a late answer by its ID.
    this.payload = NOTHING;
    this.#joined = NOTHING;
    this.#settle.reject(error);
  }
}
