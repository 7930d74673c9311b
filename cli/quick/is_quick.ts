/**
 * Which arguments the quick way is for.
 * Internal to the package.
 *
 * @module
 */

/** The subcommands that it has. */
export type QuickName = "request" | "notify";

/** Options that need more. */
const OTHER_OPTIONS =
  /^(?:-h|--(?:help|insecure|header|ca|cert|key)(?:=.*)?)$/s;

/** A URL of TCP, with a name or an IPv4 address; other ones are checked elsewhere. */
const TCP = /^tcp:\/\/[a-z\d.-]+:[1-9]\d{0,3}$|^tcp:\/\/[a-z\d.-]+:[1-5]\d{4}$/;

/**
 * Whether a subcommand with these arguments is done the quick way: a request or
 * notifications over TCP, in Deno.
 */
export function isQuick(
  name: string,
  args: readonly string[],
): name is QuickName {
  return (name === "request" || name === "notify") &&
    typeof Deno.connect === "function" &&
    args.some((arg) => TCP.test(arg)) &&
    !args.some((arg) => OTHER_OPTIONS.test(arg));
}
