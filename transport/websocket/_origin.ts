/**
 * From which pages a WebSocket may be opened.
 *
 * A browser lets every page open a WebSocket to every server and sends the user's cookies along, so
 * that it is for the server to look at the page's origin. Other programs need not say where they come
 * from, and may say what they like.
 *
 * @module
 */

/**
 * Which origins are accepted when a request has an `Origin`; one without is always accepted.
 *
 * - `"same"`: that of the server itself, by the request's host. A page that came over TLS may be served
 *   by a server that does not know of it, behind a proxy; the other way around is refused.
 * - a list of origins as browsers write them, such as `"https://example.com"`.
 * - `"*"`: any, but not `null`, which pages without an origin of their own send.
 * - a function that is asked for each, `null` included.
 */
export type OriginPolicy =
  | "same"
  | "*"
  | readonly string[]
  | ((origin: string, request: Request) => boolean);

/** Whether the policy accepts where a request says that it comes from. */
export function isOriginAccepted(
  request: Request,
  policy: OriginPolicy = "same",
): boolean {
  const origin = request.headers.get("origin");
  if (origin === null) return true;
  if (typeof policy === "function") return policy(origin, request);
  if (!URL.canParse(origin)) return false;
  if (policy === "*") return true;
  if (policy !== "same") return policy.includes(origin);
  const page = new URL(origin);
  const server = new URL(request.url);
  return page.host === server.host &&
    (page.protocol === "https:" ||
      page.protocol === "http:" && server.protocol === "http:");
}
