/**
 * Messages whose payload is skipped since it is too large.
 *
 * @module
 */

import type { Header } from "../codec/mod.ts";
import type { Extensions } from "./link/extensions/extensions.ts";
import type { Requestor } from "./requestor/requestor.ts";
import type { RequestListener } from "./responder/request_listener.ts";

/** Passes the header of such a message to what answers it, or records it. */
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
