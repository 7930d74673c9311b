/**
 * Handlers that run within a span.
 *
 * @module
 */

import type { PayloadHandler } from "../handler.ts";
import type { ResponderLink } from "./responder_link.ts";

/**
 * Returns a handler that runs within a span; without telemetry the handler
 * itself. It is called before another request is dispatched.
 */
export function traced<Wanted extends PayloadHandler | undefined>(
  { extensions, tracing }: ResponderLink,
  kind: "server" | "consumer",
  handler: Wanted,
): Wanted | PayloadHandler {
  if (tracing === undefined || handler === undefined) return handler;
  const parent = kind === "server" ? extensions?.parent : undefined;
  return (payload, context) =>
    tracing.start(kind, context.operation, parent)
      .handle(() => handler(payload, context));
}
