/**
 * Refusals of requests to open a WebSocket.
 *
 * @module
 */

/** A response that refuses a request, and the reason for the observer of refusals. */
export class Refusal extends Response {
  /** Why the request is refused; the response need not reveal it. */
  readonly reason: unknown;

  /** A refusal with a response of this body. */
  constructor(body: BodyInit | null, init: ResponseInit, reason: unknown) {
    super(body, init);
    this.reason = reason;
  }
}

/**
 * Returns a refusal whose response states the reason.
 *
 * @param detail The reason for the observer, if it is more than the response
 * reveals.
 */
export function refusal(
  text: string,
  init: ResponseInit & { readonly status: number },
  detail = text,
): Refusal {
  const reason = new Error(
    `Cannot accept a WebSocket: status ${init.status}, ${detail}`,
  );
  return new Refusal(`${text}\n`, init, reason);
}

/** Returns the refusal for a failure of the application, which it does not reveal. */
export function applicationFailure(error: unknown): Refusal {
  const init = { status: 500, statusText: "Internal Server Error" };
  return new Refusal("Internal server error\n", init, error);
}
