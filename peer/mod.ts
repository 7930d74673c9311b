/**
 * The conversation: peers that ask, answer, notify and stream over any channel.
 *
 * @module
 */

export {
  type CallOptions,
  DEFAULT_RETRY,
  type RequestOptions,
  type RetryPolicy,
} from "./call_options.ts";
export * from "./clock.ts";
export * from "./connection_closed_error.ts";
export * from "./context.ts";
export * from "./contract.ts";
export * from "./events.ts";
export * from "./handlers.ts";
export * from "./limits.ts";
export * from "./login.ts";
export * from "./operation_error.ts";
export * from "./peer.ts";
export * from "./peer_options.ts";
export * from "./reconnecting/reconnecting_peer.ts";
export * from "./retry_error.ts";
export type { Schema, SchemaIssue, SchemaResult } from "./standard_schema.ts";
export type { Span, Tracer } from "./tracer.ts";
