/**
 * The error for a server that does not accept a WebSocket.
 *
 * @module
 */

/**
 * The server did not accept the upgrade to WebSocket. It is the `cause` of the
 * error that connecting rejects with, in Deno; browsers do not reveal the
 * status.
 *
 * @example
 * ```ts
 * import { connectWebSocket, UpgradeResponseError } from "@gotalk/gotalk/transport/websocket";
 * import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
 *
 * await using server = Deno.serve(
 *   { hostname: "127.0.0.1", port: 0, onListen() {} },
 *   () => new Response("later", { status: 503, headers: { "retry-after": "5" } }),
 * );
 * const { cause } = await assertRejects(
 *   () => connectWebSocket(`ws://127.0.0.1:${server.addr.port}`),
 *   Error,
 * );
 * assertInstanceOf(cause, UpgradeResponseError);
 * assertEquals([cause.status, cause.headers.get("retry-after")], [503, "5"]);
 * ```
 */
export class UpgradeResponseError extends Error {
  /** `"UpgradeResponseError"`. */
  override readonly name = "UpgradeResponseError";
  /** The HTTP status of the response; 0 if its first line did not arrive, or is none of HTTP/1. */
  readonly status: number;
  /** The header fields of the response, unchanged; none if its head did not arrive or is malformed. */
  readonly headers: Headers;

  /** Creates an error with the known parts of the response. */
  constructor(problem: string, status = 0, headers: Headers = new Headers()) {
    super(`Cannot open the WebSocket: ${problem}`);
    this.status = status;
    this.headers = headers;
  }
}
