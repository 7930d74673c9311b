/**
 * Refusals of requests to open a WebSocket, and of calls.
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

/** The statuses of refusals, and their reason phrases. */
const REASON_PHRASES = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  426: "Upgrade Required",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  505: "HTTP Version Not Supported",
} as const;

/** What a refusal has besides its status and text. */
export interface RefusalInit {
  /** What is refused; a WebSocket by default. */
  readonly what?: "WebSocket" | "call";
  /** The header fields of the response. */
  readonly headers?: HeadersInit;
  /** What the observer learns instead of the text of the response. */
  readonly detail?: string;
  /** The reason for the observer; an error with the status and the detail by default. */
  readonly reason?: unknown;
}

/** Returns a refusal. */
export function refuse(
  status: keyof typeof REASON_PHRASES,
  text: string,
  { headers = {}, detail = text, what = "WebSocket", ...init }: RefusalInit =
    {},
): Refusal {
  const reason = init.reason ??
    new Error(`Cannot accept a ${what}: status ${status}, ${detail}`);
  const statusText = REASON_PHRASES[status];
  return new Refusal(`${text}\n`, { status, statusText, headers }, reason);
}

/** Returns the refusal for a failure of the application, which it does not reveal. */
export function applicationFailure(error: unknown): Refusal {
  return refuse(500, "Internal server error", { reason: error });
}
