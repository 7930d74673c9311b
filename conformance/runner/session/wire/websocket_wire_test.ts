import { assertEquals } from "@std/assert";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer } from "ws";
import { connectWebSocketWire, listenWebSocketWire } from "./websocket_wire.ts";
import type { Arrival, Wire } from "./wire.ts";

const text = new TextEncoder();

async function connect(address: string): Promise<Wire> {
  const { wire, status } = await connectWebSocketWire(address);
  if (wire === undefined) throw new Error(`The status was ${status}`);
  return wire;
}

/** Everything that arrives on a wire up to the end. */
function arrivals(wire: Wire): Promise<Arrival[]> {
  const all: Arrival[] = [];
  const { promise, resolve } = Promise.withResolvers<Arrival[]>();
  wire.start((arrival) => {
    all.push(arrival);
    if (arrival.type === "end") resolve(all);
  });
  return promise;
}

Deno.test("a WebSocket wire reads what was sent before an end, although writing fails", async () => {
  const server = http.createServer();
  const acceptor = new WebSocketServer({ server });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const accepted = once(acceptor, "connection");
  const wire = await connect(`ws://127.0.0.1:${port}/`);
  wire.hold();
  const [socket, { socket: raw }]: [
    { send(data: string, done: () => void): void },
    { socket: Socket },
  ] = await accepted as never;
  await new Promise<void>((sent) => socket.send("last words", sent));
  const closed = once(raw, "close");
  raw.resetAndDestroy();
  await closed;
  // The first write may still succeed; a later one fails because of the reset.
  let failed: unknown;
  while (failed === undefined) {
    await wire.write(text.encode("still there?")).catch((error) => {
      failed = error;
    });
  }
  const arriving = arrivals(wire);
  wire.resume();
  assertEquals(await arriving, [
    { type: "bytes", bytes: text.encode("last words"), frame: "text" },
    { type: "end", how: "reset" },
  ]);
  await wire.destroy();
  server.close();
  await once(server, "close");
});

Deno.test("a refused WebSocket upgrade reports its status and leaves nothing open", async () => {
  const server = http.createServer();
  server.on("upgrade", (_request: unknown, socket: Socket) => {
    socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const answer = await connectWebSocketWire(`ws://127.0.0.1:${port}/`);
  assertEquals(answer, { status: 403 });
  server.close();
  await once(server, "close");
});

Deno.test("WebSocket wires exchange messages, fragments, control frames and a close code", async () => {
  const listener = await listenWebSocketWire();
  const accepting = listener.accept();
  const client = await connect(listener.address);
  const server = await accepting;
  const { host } = new URL(listener.address);
  assertEquals(server.headers?.["origin"], `http://${host}`);
  const toServer = arrivals(server);
  const toClient = arrivals(client);
  await client.write(text.encode("one"));
  await client.frame!({ type: "text", bytes: text.encode("t"), fin: false });
  await client.frame!({ type: "ping", bytes: text.encode("p"), fin: true });
  await client.frame!({ type: "text", bytes: text.encode("wo"), fin: true });
  await client.end(4002);
  assertEquals(await toServer, [
    { type: "bytes", bytes: text.encode("one"), frame: "binary" },
    { type: "control", frame: "ping", bytes: text.encode("p") },
    { type: "bytes", bytes: text.encode("two"), frame: "text" },
    { type: "end", how: "close", code: 4002 },
  ]);
  assertEquals(await toClient, [
    { type: "control", frame: "pong", bytes: text.encode("p") },
    { type: "end", how: "close", code: 4002 },
  ]);
  await Promise.all([client.destroy(), server.destroy()]);
  await listener.close();
});
