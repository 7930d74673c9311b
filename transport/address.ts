/**
 * Socket addresses as URLs.
 * Internal to the package.
 *
 * @module
 */

/** Returns the address of a socket as a URL. */
export function netAddress(
  scheme: "tcp" | "tls",
  { hostname, port }: { readonly hostname: string; readonly port: number },
): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  // Joined: a template string keeps all of its parts alive, for each of
  // thousands of connections (connections-idle).
  return [scheme, "://", host, ":", port].join("");
}

/** Returns the path of a Unix socket as a URL, with reserved characters escaped. */
export function unixAddress(path: string): string {
  return `unix:${path.split("/").map(encodeURIComponent).join("/")}`;
}
