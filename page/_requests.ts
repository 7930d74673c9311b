/**
 * The requests that a page makes.
 *
 * @module
 */

import type { CallOptions, RetryPolicy } from "../peer/call_options.ts";
import { retryPolicy } from "../peer/call_options.ts";
import { closedError } from "../peer/requestor/result_errors.ts";
import { isRetryError } from "../peer/retry_error.ts";
import { isShuttingDown } from "../peer/shutting_down.ts";
import { type FormedStreamOptions, formOf } from "../peer/stream_form.ts";
import type { StreamPair } from "../peer/stream_pair.ts";
import { checkWaitOptions } from "../transport/wait_options.ts";
import { after, restOf } from "./_clock.ts";
import { Call, type CallLine, Gate } from "./_call.ts";
import type { Line } from "./_line.ts";
import { StreamCall } from "./_stream_call.ts";
import { join, type Letter } from "./_wire.ts";

/** Request IDs are four characters of this many. */
const RADIX = 36;

/** A single request, until it is answered once. */
class SingleCall extends Call {
  readonly #result = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  /** The parts of an answer that arrives in parts (request/joined-answer). */
  readonly #parts: Uint8Array[] = [];
  readonly #stopWaiting: () => void;
  #bytes = 0;

  /** `wait` is how long the request waits before it is sent. */
  constructor(
    shared: CallLine,
    gate: Gate,
    operation: string,
    payload: Uint8Array,
    options: CallOptions,
    wait: number,
  ) {
    super(shared, operation);
    const { line } = shared;
    const send = () =>
      this.admit(gate, (id) => line.send("r", id, operation, payload));
    this.#stopWaiting = wait < 0 ? () => {} : after(line.clock, wait, send);
    this.bound(options);
    if (wait < 0) send();
  }

  get result(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#result.promise;
  }

  protected override data(
    isWhole: boolean,
    payload: Uint8Array<ArrayBuffer>,
  ): void {
    const parts = this.#parts;
    parts.push(payload);
    const { maxPayloadBytes } = this.shared.line.limits;
    // limits/joined-answer
    if ((this.#bytes += payload.byteLength) > maxPayloadBytes) {
      return this.tooLarge(isWhole);
    }
    if (!isWhole && payload.byteLength > 0) return;
    this.settle();
    this.#result.resolve(parts.length > 1 ? join(parts) : payload);
  }

  protected override rejected(error: unknown): void {
    this.#stopWaiting();
    this.#result.reject(error);
  }
}

/** Makes requests, and receives their answers. */
export class Requests implements CallLine {
  readonly line: Line;
  readonly calls = new Set<Call>();
  readonly pending = new Map<string, Call>();
  readonly #retry: RetryPolicy | boolean | undefined;
  readonly #singles: Gate;
  readonly #streams: Gate;
  #ids = 0;
  #refusal: (() => unknown) | undefined;
  /** Whether the remote peer drains, so that what it refuses is made elsewhere. */
  remoteDrains = false;

  constructor(line: Line, retry: RetryPolicy | boolean | undefined) {
    this.line = line;
    this.#retry = retry;
    this.#singles = new Gate(line.limits.maxPendingRequests);
    this.#streams = new Gate(line.limits.maxPendingStreams);
  }

  /** Sends a request, and again if the answer is to repeat it (request/retry-bounded). */
  async single(
    operation: string,
    payload: Uint8Array,
    options: CallOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    checkWaitOptions(options);
    const policy = retryPolicy(options.retry, this.#retry);
    const rest = restOf(this.line.clock, options);
    const { isHandling } = this.line;
    for (let attempts = 1, wait = -1;; attempts++) {
      const gate = this.#singles;
      try {
        return await new SingleCall(
          this,
          gate,
          operation,
          payload,
          rest(),
          wait,
        ).result;
      } catch (error) {
        if (!isRetryError(error) || policy === undefined) throw error;
        const refused = error.payload as Uint8Array<ArrayBuffer>;
        // A call that began while no handler ran is for none.
        if (this.remoteDrains && (!isHandling || isShuttingDown(refused))) {
          throw closedError(operation, "not-sent", this.#refusal?.() ?? error);
        }
        const { attempts: most, jitter, maxWait } = policy;
        if (attempts >= most || error.wait > maxWait) throw error;
        wait = error.wait + Math.ceil(Math.random() * jitter);
      }
    }
  }

  /** Opens a stream request. */
  stream(operation: string, options: FormedStreamOptions): StreamPair {
    checkWaitOptions(options);
    const formed = formOf(operation, options);
    return new StreamCall(this, this.#streams, operation, formed);
  }

  /** Receives a message of an answer; one that answers nothing is dropped (request/unknown-answer). */
  answer(
    letter: Letter,
    id: string,
    payload: Uint8Array<ArrayBuffer> | undefined,
    wait: number,
  ): void {
    this.pending.get(id)?.answer(letter, payload, wait);
  }

  /** Refuses calls, unless a handler runs, which may need them. */
  refuse(why: string): void {
    const { line } = this;
    this.#refusal ??= () => line.isHandling ? undefined : new Error(why);
    for (const call of this.calls) {
      if (call.id === "" && !line.isHandling) call.closed(this.#refusal());
    }
  }

  /** Fails all calls. */
  closed(cause: unknown): void {
    this.#refusal = () => cause;
    for (const call of this.calls) call.closed(cause);
  }

  refusal(): unknown {
    return this.#refusal?.();
  }

  newId(): string {
    let id;
    do {
      id = (this.#ids++ % RADIX ** 4).toString(RADIX).padStart(4, "0");
    } while (this.pending.has(id));
    return id;
  }
}
