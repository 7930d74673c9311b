/**
 * Calls that wait until they may be sent.
 *
 * @module
 */

/** What a queue needs to know of a call. */
export interface QueuedCall {
  /** Whether the call is in a queue; set by the queue. */
  isQueued: boolean;
}

/** Places of removed calls that are kept at most, if there are no more calls than that. */
const MAX_EMPTY = 64;

/** A queue from which any call can be removed. */
export class CallQueue<Call extends QueuedCall> {
  /** The calls in order, with places of some that were removed. */
  #places: Call[] = [];
  #head = 0;
  /** Calls that repeat their requests; they go before all others. */
  #repeated: Call[] = [];
  /** Number of calls. */
  size = 0;

  /** Adds a call behind all others. */
  add(call: Call): void {
    call.isQueued = true;
    this.size++;
    this.#places.push(call);
  }

  /** Adds a call that repeats its request, behind the others that do so. */
  addRepeated(call: Call): void {
    call.isQueued = true;
    this.size++;
    this.#repeated.push(call);
  }

  /** Removes a call that is in the queue. */
  delete(call: Call): void {
    call.isQueued = false;
    this.size--;
    const places = this.#places.length - this.#head + this.#repeated.length;
    if (places < 2 * this.size + MAX_EMPTY) return;
    this.#places = this.#places.slice(this.#head).filter(isQueued);
    this.#repeated = this.#repeated.filter(isQueued);
    this.#head = 0;
  }

  /** Removes the first call and returns it; `undefined` if there is none. */
  shift(): Call | undefined {
    while (this.#repeated.length > 0) {
      const call = this.#repeated.shift()!;
      if (call.isQueued) return this.#taken(call);
    }
    while (this.#head < this.#places.length) {
      const call = this.#places[this.#head++]!;
      if (this.#head === this.#places.length) {
        this.#places = [];
        this.#head = 0;
      } else if (this.#head >= MAX_EMPTY && this.#head % MAX_EMPTY === 0) {
        this.#dropHead();
      }
      if (call.isQueued) return this.#taken(call);
    }
    return undefined;
  }

  /** All calls, in order. */
  values(): Call[] {
    return [...this.#repeated, ...this.#places.slice(this.#head)]
      .filter(isQueued);
  }

  #taken(call: Call): Call {
    call.isQueued = false;
    this.size--;
    return call;
  }

  /** Frees the places of calls that were taken, once they are half of all. */
  #dropHead(): void {
    if (this.#head * 2 < this.#places.length) return;
    this.#places = this.#places.slice(this.#head);
    this.#head = 0;
  }
}

function isQueued({ isQueued }: QueuedCall): boolean {
  return isQueued;
}
