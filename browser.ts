/**
 * Gotalk for pages: what a page needs, in few bytes.
 *
 * The handlers of a server hand it out as one script, `gotalk.js`, for pages
 * without a build step; bundlers take it from here. It has no transport but the
 * browser's WebSocket, and runs wherever there is one.
 *
 * @example A page
 * ```html
 * <script type="module">
 *   import { connect } from "/gotalk.js";
 *   const peer = await connect();
 *   document.title = await peer.request("greet", "Rasmus");
 * </script>
 * ```
 *
 * @module
 */

export { connect, type PageConnectOptions, reconnect } from "./page/connect.ts";
export type { PageLimits, PageOptions } from "./page/options.ts";
export type {
  PageConnectionEvent,
  PagePeer,
  PageReconnectOptions,
  PageStats,
  ReconnectingPagePeer,
} from "./page/page_peer.ts";
export { Handlers } from "./peer/handlers.ts";
export { isOperationError, OperationError } from "./peer/operation_error.ts";
export { isRetryError, RetryError } from "./peer/retry_error.ts";
export {
  ConnectionClosedError,
  isConnectionClosedError,
} from "./peer/connection_closed_error.ts";
export { isFinalFailure } from "./peer/reconnecting/final_failure.ts";
export { isLimitError } from "./codec/limit_error.ts";
export { isProtocolError } from "./codec/protocol_error.ts";
export { isValidationError } from "./codec/validation_error.ts";
export type { Remote } from "./peer/remote.ts";
export type { RequestContext } from "./peer/context.ts";
export type { Values } from "./peer/values.ts";
