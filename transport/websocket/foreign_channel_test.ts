// Channels against the `ws` package, at either end.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket as WsSocket, WebSocketServer } from "ws";
import { testChannel } from "../testing/channel_suite.ts";
import type { Channel } from "../channel.ts";
import { connectWebSocket } from "./client.ts";
import { listenWebSocket } from "./listener.ts";
import { socketChannel, type SocketChannelOptions } from "./standard_socket.ts";
import { WriteUnits } from "../write_units.ts";

/** A socket of the package has what a channel needs of a standard one. */
function wsChannel(socket: WsSocket, options?: SocketChannelOptions): Channel {
  return socketChannel(socket as unknown as WebSocket, options);
}

/** Our client, and a server of the package. */
async function openToServer(options?: SocketChannelOptions) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connection = once(server, "connection");
  const ours = await connectWebSocket(`ws://127.0.0.1:${port}`);
  const [socket] = await connection as [WsSocket];
  const theirs = wsChannel(socket, options);
  const release = async () => {
    for (const client of server.clients) client.terminate();
    await new Promise((closed) => server.close(closed));
  };
  return { ours, theirs, release };
}

/** Our listener, and a client of the package. */
async function openToClient(options?: SocketChannelOptions) {
  await using listener = listenWebSocket();
  const socket = new WsSocket(listener.address);
  const theirs = wsChannel(socket, options);
  const closed = new Promise((resolve) => socket.on("close", resolve));
  const [ours] = await Promise.all([listener.accept(), once(socket, "open")]);
  const release = async () => {
    socket.terminate();
    await closed;
  };
  return { ours: ours!, theirs, release };
}

testChannel("channel to a ws server", "websocket", async () => {
  const { ours, theirs, release } = await openToServer();
  return { a: ours, b: theirs, release };
}, { backpressure: false });

testChannel("channel to a ws client", "websocket", async () => {
  const { ours, theirs, release } = await openToClient();
  return { a: ours, b: theirs, release };
}, { backpressure: false });

async function send(channel: Channel, ...sizes: number[]): Promise<void> {
  const units = new WriteUnits();
  for (const size of sizes) units.add(new Uint8Array(size));
  await channel.write(units);
}

for (
  const [name, open] of Object.entries({
    "server": openToServer,
    "client": openToClient,
  })
) {
  Deno.test(`codes and reasons pass between a channel and a ws ${name} (websocket/close-code)`, async () => {
    for (const closing of ["ours", "theirs"] as const) {
      const pair = await open();
      const other = pair[closing === "ours" ? "theirs" : "ours"];
      const closed = pair[closing].close({ code: 2, reason: "né" });
      assertEquals(await other.read(), null);
      assertEquals(await other.closed, {
        clean: true,
        code: 4002,
        reason: "né",
        error: undefined,
      });
      await closed;
      assertEquals((await pair[closing].closed).clean, true);
      await pair.release();
    }
  });

  Deno.test(`a channel on the socket of a ws ${name} closes with 1009 and 1013 (websocket/too-big, limits/unread)`, async () => {
    for (
      const [options, code] of [
        [{ maxMessageBytes: 100 }, 1009],
        [{ maxReceiveBufferBytes: 100 }, 1013],
      ] as const
    ) {
      const { ours, theirs, release } = await open(options);
      await send(ours, 101, 101);
      await assertRejects(() => ours.read(), Error, String(code));
      assertEquals((await ours.closed).code, code);
      const end = await theirs.closed;
      assert(!end.clean);
      assertEquals(end.code, code);
      await release();
    }
  });
}
