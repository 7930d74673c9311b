/**
 * Gotalk for Deno: programs that talk to each other.
 *
 * Both ends of a connection send requests, notifications and streams, all at the
 * same time, over TCP, TLS, Unix sockets, WebSocket or any pair of streams.
 *
 * Messages as values and bytes are in `@gotalk/gotalk/codec`, channels in
 * `@gotalk/gotalk/transport` and its siblings, and everything about peers in
 * `@gotalk/gotalk/peer`.
 *
 * @example A server and a client
 * ```ts
 * import { connect, Handlers, serve } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers()
 *   .handle("greet", ({ name }: { name: string }) => ({ greeting: `Hello ${name}` }));
 *
 * await using server = await serve({ port: 0 }, handlers);
 * await using peer = await connect(server.address);
 * assertEquals(await peer.request("greet", { name: "Rasmus" }), { greeting: "Hello Rasmus" });
 * ```
 *
 * @module
 */

export {
  connect,
  type ConnectOptions,
  type ExchangeOption,
  type OpenOptions,
  reconnect,
} from "./connect.ts";
export {
  type ListenOptions,
  type RefusalObserver,
  serve,
  type ServeOptions,
  type Server,
  type ServerOptions,
} from "./serve.ts";
export type { ServerStats } from "./server_stats.ts";
export { ExchangeResponseError } from "./http/exchange_response_error.ts";
export {
  fetchHandler,
  type FetchHandlerOptions,
} from "./http/fetch_handler.ts";
export type { PageScriptOption } from "./http/page_script.ts";
export {
  type CorsOptions,
  type HttpHandler,
  httpHandler,
  type HttpHandlerOptions,
} from "./http/http_handler.ts";
export {
  type HttpConnection,
  type UpgradeHandler,
  upgradeHandler,
  type UpgradeHandlerOptions,
} from "./upgrade_handler.ts";
export {
  broadcast,
  broadcastBytes,
  type BroadcastResult,
  broadcastText,
  type ByteSource,
  type CallOptions,
  CancelledError,
  type CloseInfo,
  ConnectionClosedError,
  type ConnectionEvent,
  type Contract,
  type ContractOf,
  DEFAULT_LIMITS,
  type DrainOptions,
  type ErrorOf,
  type Handler,
  type HandlerOptions,
  Handlers,
  isCancelledError,
  isConnectionClosedError,
  isFinalFailure,
  isOperationError,
  isRetryError,
  type Limits,
  type Login,
  type MessageObserver,
  type Middleware,
  type NotificationHandler,
  OperationError,
  Peer,
  type PeerEvent,
  type PeerObserver,
  type PeerOptions,
  type PeerState,
  type PeerStats,
  ReconnectingPeer,
  type ReconnectOptions,
  type Remote,
  type RequestContext,
  type RequestOptions,
  RetryError,
  type RetryPolicy,
  type StreamHandler,
  type StreamPair,
  type Telemetry,
  type Values,
  type ValuesHandler,
  type ValuesHandlerOptions,
  type ValuesOptions,
} from "./peer/mod.ts";
export {
  isLimitError,
  isProtocolError,
  isValidationError,
  LimitError,
  ProtocolError,
  ValidationError,
} from "./codec/mod.ts";
