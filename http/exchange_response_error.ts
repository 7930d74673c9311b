/**
 * The error of an exchange that the server did not accept.
 *
 * @module
 */

/**
 * A server answered the request of an exchange with another status than 200, or
 * with something else than a conversation.
 */
export class ExchangeResponseError extends Error {
  /** `"ExchangeResponseError"`. */
  override readonly name = "ExchangeResponseError";
  /** The HTTP status of the response. */
  readonly status: number;
  /** The header fields of the response, unchanged. */
  readonly headers: Headers;

  /** Creates an error for a response. */
  constructor({ status, headers }: Pick<Response, "status" | "headers">) {
    const type = headers.get("content-type");
    super(
      `Cannot exchange messages: got status ${status}${
        status === 200 ? ` and the content type ${type}` : ""
      }, wanted a conversation`,
    );
    this.status = status;
    this.headers = headers;
  }
}
