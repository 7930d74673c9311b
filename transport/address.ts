/**
 * Addresses as URLs.
 *
 * @module
 */

/** The address of a socket as a URL. */
export function netAddress(
  scheme: "tcp" | "tls",
  { hostname, port }: { readonly hostname: string; readonly port: number },
): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  // Joined: text from a template keeps all that it was put together from, for each of thousands of connections.
  return [scheme, "://", host, ":", port].join("");
}

/** The address of a Unix socket as a URL: the path, with what means something else in a URL escaped. */
export function unixAddress(path: string): string {
  return `unix:${path.split("/").map(encodeURIComponent).join("/")}`;
}
