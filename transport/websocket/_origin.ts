/**
 * The origins that may open a WebSocket (websocket/origin-checked).
 *
 * A browser lets every page open a WebSocket to every server, and sends the
 * user's cookies along, so the server must check the origin of the page. Other
 * programs may send any origin, or none.
 *
 * @module
 */

/**
 * Which origins are accepted if a request has an `Origin` header. A request
 * without one is always accepted.
 *
 * - `"same"`: the origin of the server, by the host of the request. A page
 *   loaded over TLS may use a server without TLS, as behind a proxy; the
 *   reverse is refused. A proxy must pass the `Host` header unchanged. A page
 *   of another host that resolves to this machine is refused: see `hosts`.
 * - A list of origins as browsers send them, such as `"https://example.com"`.
 * - `"*"`: any origin except `null`, which pages without an origin send.
 * - A function that decides on each origin, including `null`. If it throws or
 *   returns anything but a boolean, such as a promise, the request is refused
 *   with status 500.
 */
export type OriginPolicy =
  | "same"
  | "*"
  | readonly string[]
  | ((origin: string, request: Request) => boolean);

/**
 * Whether the policy accepts the origin of a request.
 *
 * @throws What a function as policy throws, or a `TypeError` if it returns no
 * boolean.
 */
export function isOriginAccepted(
  request: Request,
  policy: OriginPolicy = "same",
): boolean {
  const origin = request.headers.get("origin");
  if (origin === null) return true;
  if (typeof policy === "function") {
    return toBoolean(policy(origin, request));
  }
  if (!URL.canParse(origin)) return false;
  if (policy === "*") return true;
  if (policy !== "same") return policy.includes(origin);
  return isSameOrigin(new URL(origin), new URL(request.url));
}

/** Checks the decision of a function: a promise for `false` is true as well. */
function toBoolean(decision: unknown): boolean {
  if (typeof decision === "boolean") return decision;
  // It may reject, and nobody else waits for it.
  Promise.resolve(decision).catch(() => {});
  throw new TypeError(
    `Cannot decide on an origin: the function returned ${
      decision instanceof Promise ? "a promise" : typeof decision
    }, wanted true or false`,
  );
}

/** Whether a page is of the server that a request is addressed to. */
function isSameOrigin(page: URL, server: URL): boolean {
  const isSecure = page.protocol === "https:";
  if (!isSecure && page.protocol !== "http:") return false;
  // Anybody who can modify plain HTTP traffic can send such a page.
  if (!isSecure && server.protocol === "https:") return false;
  // The default port of the page's scheme is as good as none: a proxy may name
  // it. So is that of plain HTTP, as a proxy that ends TLS may speak that to
  // the server. (A Unix socket has "http+unix:", which has no default port.)
  return [page.protocol, "http:"].some((scheme) =>
    URL.parse(`${scheme}//${server.host}`)?.host === page.host
  );
}
