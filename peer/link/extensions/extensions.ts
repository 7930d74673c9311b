/**
 * What peers do for each other beyond version 1 of the protocol: notifications
 * with reserved names.
 *
 * @module
 */

import type { Header, RequestId } from "../../../codec/mod.ts";
import { isReservedName } from "../../reserved_names.ts";
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

/**
 * Whether a message is of an extension, and has been dealt with. A request is
 * not, but its trace context is at hand afterwards.
 */
export function isForExtension(
  extensions: Extensions | undefined,
  { kind, id, name }: Header,
  payload: Uint8Array,
): boolean {
  switch (kind) {
    case "SingleRequest":
    case "StreamRequest":
      extensions?.requestArrives(id);
      return false;
    case "Notification":
      if (!isReservedName(name)) return false;
      extensions?.received(name, payload);
      return true;
    case "StreamRequestPart":
    case "SingleResult":
    case "StreamResult":
    case "ErrorResult":
    case "RetryResult":
    case "Heartbeat":
    case "ProtocolError":
      return false;
    // deno-coverage-ignore
    default:
      return kind satisfies never;
  }
}
