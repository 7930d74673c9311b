import { assertEquals } from "@std/assert";
import { testChannel } from "./_channel_suite.ts";
import type { Channel } from "./channel.ts";
import { connectWebSocket } from "./websocket.ts";
import {
  acceptUpgrade,
  type AcceptUpgradeOptions,
} from "./websocket_upgrade.ts";

/** A server that hands out its channels. */
function serve(options: AcceptUpgradeOptions = {}) {
  const { promise: accepted, resolve } = Promise.withResolvers<Channel>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request, info) => {
      const { response, channel } = acceptUpgrade(request, {
        info,
        ...options,
      });
      if (channel !== undefined) resolve(channel);
      return response;
    },
  );
  return { server, url: `ws://127.0.0.1:${server.addr.port}`, accepted };
}

testChannel("upgraded websocket channel", async () => {
  const { server, url, accepted } = serve();
  const a = await connectWebSocket(url);
  const b = await accepted;
  return { a, b, release: () => server.shutdown() };
}, { halfClose: false, backpressure: false, abortSeen: true });

Deno.test("an upgraded channel ", async () => {
  assertEquals(1, 1);
});
