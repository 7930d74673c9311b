/**
 * What an HTTP server knows of the connection of a request.
 *
 * @module
 */

/** The connection of a request, such as a `Deno.ServeHandlerInfo`. */
export interface HttpConnection {
  /** The address of the client, or of the proxy before the server. */
  readonly remoteAddr: {
    /** How the client has connected. Only the addresses of `tcp` and `unix` are known. */
    readonly transport: string;
    readonly hostname?: string;
    readonly port?: number;
  };
}
