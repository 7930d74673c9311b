/**
 * Messages whose payload is skipped, since it is too large or too much is held.
 *
 * @module
 */

import type { Header } from "../codec/mod.ts";
import type { MemoryLimit } from "./link/memory_account.ts";
import type { Extensions } from "./link/extensions/extensions.ts";
import type { Requestor } from "./requestor/requestor.ts";
import type { RequestListener } from "./responder/request_listener.ts";

/** Passes the header of a message that is too large to what answers it, or records it. */
export function oversizedMessage(
  header: Header,
  extensions: Extensions | undefined,
  listener: RequestListener,
  requestor: Requestor,
): void {
  const { kind, id, name } = header;
  switch (kind) {
    case "SingleRequest":
    case "StreamRequest":
      extensions?.requestArrives(id);
      return listener.oversizedRequest(id, name, kind === "StreamRequest");
    case "StreamRequestPart":
      return listener.oversizedPart(id);
    case "Notification":
      return listener.oversizedNotification();
    case "SingleResult":
    case "StreamResult":
    case "ErrorResult":
    case "RetryResult":
      return requestor.oversized(kind, header);
    // These have no payload.
    // deno-coverage-ignore-start
    case "Heartbeat":
    case "ProtocolError":
      return;
    default:
      return kind satisfies never;
      // deno-coverage-ignore-stop
  }
}

/** Whether the payload of a message is parsed as JSON. */
export function isParsed(
  { kind, id, name }: Header,
  listener: RequestListener,
  requestor: Requestor,
): boolean {
  switch (kind) {
    case "SingleRequest":
    case "Notification":
      return listener.parses(kind, name);
    case "SingleResult":
      return requestor.parses(id);
    default:
      return false;
  }
}

/** Passes the header of a message that a limit refuses to what answers it, or records it. */
export function refusedMessage(
  { kind, id, name, size }: Header,
  limit: MemoryLimit | "maxJsonBytes",
  extensions: Extensions | undefined,
  listener: RequestListener,
  requestor: Requestor,
): void {
  if (kind === "SingleResult") return requestor.jsonOversized(id, size);
  const isJson = limit === "maxJsonBytes";
  if (kind === "Notification") {
    return isJson
      ? listener.jsonOversizedNotification(name)
      : listener.refusedNotification();
  }
  extensions?.requestArrives(id);
  if (isJson) return listener.jsonOversizedRequest(id, name, size);
  listener.refusedRequest(id, name, kind === "StreamRequest", limit);
}
