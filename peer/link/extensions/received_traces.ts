/**
 * Trace contexts that wait for their requests.
 *
 * @module
 */

import type { MessageKind, RequestId } from "../../../codec/mod.ts";
import type { DropReason } from "../../events.ts";
import {
  readTrace,
  type TraceParent,
} from "../../../codec/extensions/trace.ts";

/** The number of trace contexts that may wait for their requests (extension/trace-waiting). */
const MAX_WAITING = 64;

/** What a trace context costs that waits. */
const COST = 512;

/** What is needed of the link. */
export interface TracesLink {
  /** Whether the local peer has a tracer. */
  readonly traced: boolean;
  readonly memory: { change(bytes: number): void };
  drop(kind: MessageKind, reason: DropReason): void;
  countUnproductive(): void;
}

/** Keeps the trace context of each request until it arrives, usually right behind. */
export class ReceivedTraces {
  readonly #link: TracesLink;
  readonly #waiting = new Map<RequestId, TraceParent>();

  /** Keeps those of a link. */
  constructor(link: TracesLink) {
    this.#link = link;
  }

  /** Receives the payload of a notification. */
  received(payload: Uint8Array): void {
    const trace = readTrace(payload);
    if (trace === undefined) return this.#drop("malformed");
    const waiting = this.#waiting;
    if (waiting.has(trace.id)) {
      // The request of the earlier one did not come.
      waiting.set(trace.id, trace.parent);
      return this.#drop("too-many");
    }
    if (waiting.size >= MAX_WAITING) return this.#drop("too-many");
    waiting.set(trace.id, trace.parent);
    this.#link.memory.change(COST);
  }

  /** Takes the trace context of a request. */
  take(id: RequestId): TraceParent | undefined {
    if (this.#waiting.size === 0) return undefined;
    const parent = this.#waiting.get(id);
    if (parent === undefined) return undefined;
    this.#waiting.delete(id);
    this.#link.memory.change(-COST);
    return parent;
  }

  /** Forgets all. */
  close(): void {
    this.#link.memory.change(-COST * this.#waiting.size);
    this.#waiting.clear();
  }

  #drop(reason: DropReason): void {
    this.#link.drop("Notification", reason);
    this.#link.countUnproductive();
  }
}
