/**
 * Opens channels to addresses as adapters write them.
 *
 * @module
 */

import type { Channel } from "@gotalk/gotalk/transport";
import { connectTcp } from "@gotalk/gotalk/transport/tcp";
import { connectUnix } from "@gotalk/gotalk/transport/unix";
import { connectWebSocket } from "@gotalk/gotalk/transport/websocket";
import { AdapterError } from "../../../runner/implementation.ts";

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
      // As for a server that requires an Origin.
      return await connectWebSocket(url, { signal, origin: "same" });
    default:
      throw new AdapterError(
        `Cannot connect to ${address}: wanted a URL with tcp:, unix: or ws:`,
      );
  }
}
