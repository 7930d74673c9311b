import { assertEquals } from "@std/assert";
import { testChannel } from "./_channel_suite.ts";
import { listenWebSocket } from "./websocket_listener.ts";
import { socketChannel } from "./websocket_socket.ts";

testChannel("socket channel", async () => {
  await using listener = listenWebSocket();
  const socket = new WebSocket(listener.address);
  const closed = new Promise((resolve) =>
    socket.addEventListener("close", resolve)
  );
  const opened = new Promise((resolve) =>
    socket.addEventListener("open", resolve)
  );
  const a = socketChannel(socket);
  const b = await listener.accept();
  await opened;
  return {
    a,
    b: b!,
    release: async () => {
      await closed;
    },
  };
}, { halfClose: false });
