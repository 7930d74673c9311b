/**
 * The connection of subcommands that need little of it.
 *
 * @module
 */

import type { Open } from "./connect_within.ts";
import { isQuick } from "./quick/is_quick.ts";

/** Connects to a URL, without a whole peer where that is enough: it loads faster. */
export const open: Open = async (url, given, terminal) => {
  if (isQuick(given)) {
    const { openQuickly } = await import("./quick/open_quickly.ts");
    return await openQuickly(url, given, terminal);
  }
  const { openPeer } = await import("./connection.ts");
  return await openPeer(url, given, terminal);
};
