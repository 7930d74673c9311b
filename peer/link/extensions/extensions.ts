/**
 * What peers do for each other beyond version 1 of the protocol: notifications
 * with reserved names.
 *
 * @module
 */

import type { RequestId } from "../../../codec/mod.ts";
import { ReceivedTraces, type TracesLink } from "./received_traces.ts";
import { TRACE, type TraceParent } from "../../trace_parent.ts";

/** Receives the notifications of all extensions of one connection. */
export class Extensions {
  readonly #link: TracesLink;
  /** Created with the first trace context that a peer with a tracer receives. */
  #traces: ReceivedTraces | undefined;
  /** The trace context of the request that is being dispatched. */
  parent: TraceParent | undefined;

  /** Creates the extensions of a link. */
  constructor(link: TracesLink) {
    this.#link = link;
  }

  /** Receives a notification with a reserved name. One that is unknown is dropped silently (extension/unknown). */
  received(name: string, payload: Uint8Array): void {
    if (name !== TRACE || !this.#link.traced) return;
    this.#traces ??= new ReceivedTraces(this.#link);
    this.#traces.received(payload);
  }

  /** Prepares for a request, which may be refused. */
  requestArrives(id: RequestId): void {
    this.parent = this.#traces?.take(id);
  }

  /** Forgets all that waits: the connection has ended. */
  close(): void {
    this.#traces?.close();
    this.parent = undefined;
  }
}
