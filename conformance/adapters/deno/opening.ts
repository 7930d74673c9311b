/**
 * Opening channels to the addresses of adapters.
 *
 * @module
 */

import type { Channel } from "../../../transport/mod.ts";
import { connectTcp } from "../../../transport/tcp.ts";
import { connectUnix } from "../../../transport/unix.ts";
import { connectWebSocket } from "../../../transport/websocket.ts";
import { AdapterError } from "../../subject.ts";

/** Opens a channel to `tcp://host:port`, `unix:/path` or `ws://host:port/path`. */
export async function open(
  address: string,
  signal: AbortSignal,
): Promise<Channel> {
  const url = URL.parse(address);
  switch (url?.protocol) {
    case "tcp:": {
      const hostname = url.hostname.replace(/^\[|\]$/g, "");
      return await connectTcp({ hostname, port: Number(url.port), signal });
    }
    case "unix:":
      return await connectUnix({
        path: decodeURIComponent(url.pathname),
        signal,
      });
    case "ws:":
    case "wss:":
      return await connectWebSocket(url, { signal });
    default:
      throw new AdapterError(
        `Cannot connect to ${address}: wanted a URL with tcp:, unix: or ws:`,
      );
  }
}
