import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isLimitError } from "./codec/mod.ts";
import { Handlers } from "./peer/handlers.ts";
import type { Limits } from "./peer/limits.ts";
import { MemoryBudget } from "./peer/memory_budget.ts";
import { Peer } from "./peer/peer.ts";
import { fromText } from "./peer/testing/scripted_channel.ts";
import { assertReleased } from "./peer/testing/scripted_peer.ts";
import { settled, VirtualClock } from "./peer/testing/virtual_clock.ts";
import { portChannel } from "./transport/message_port.ts";
import { FakeSocket } from "./transport/testing/fake_socket.ts";
import { socketChannel } from "./transport/websocket/standard_socket.ts";

const KIB = 1024;

/** A part of the stream with ID 0001. */
function part(size: number): Uint8Array<ArrayBuffer> {
  const header = fromText(`p0001${size.toString(16).padStart(8, "0")}`);
  const message = new Uint8Array(header.byteLength + size);
  message.set(header);
  return message;
}

/** Peers on standard sockets, with one budget; each has a handler that does not read its stream. */
class Server implements AsyncDisposable {
  readonly memory: MemoryBudget;
  readonly clock = new VirtualClock();
  readonly peers: Peer[] = [];
  readonly #gate = Promise.withResolvers<void>();

  constructor(maxBytes: number) {
    this.memory = new MemoryBudget(maxBytes);
  }

  /** Opens a connection; `received` are bytes that arrive together with the version. */
  async open(
    received = "",
    limits: Partial<Limits> = {},
  ): Promise<{ socket: FakeSocket; peer: Peer }> {
    const socket = new FakeSocket();
    const channel = socketChannel(socket);
    const handlers = new Handlers()
      .handleText("echo", (value) => value)
      .handleBytes("slow", async () => {
        await this.#gate.promise;
        return new Uint8Array(0);
      })
      .handleStream("slow", () => this.#gate.promise);
    socket.receive("01" + received);
    const { clock, memory } = this;
    const peer = new Peer(channel, {
      clock,
      handlers,
      limits: { heartbeatInterval: Infinity, ...limits },
      memory,
    });
    this.peers.push(peer);
    await settled();
    return { socket, peer };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.peers) peer.abort();
    await Promise.all(this.peers.map(({ closed }) => closed));
    assertReleased(this.memory);
    this.#gate.resolve();
    await settled();
    assertEquals([this.memory.heldBytes, this.clock.timers], [0, 0]);
  }
}

Deno.test("maxTotalHeldBytes: what waits in standard sockets counts, and above it the connection that holds most is ended", async () => {
  await using server = new Server(1024 * KIB);
  const good = await server.open();
  const bad = [];
  for (let count = 0; count < 5; count++) {
    bad.push(await server.open("s0001004slow00000000"));
  }
  // More than one stream may have unread: the peers stop reading.
  for (const { socket } of bad) socket.receive(part(257 * KIB - 512));
  await settled();
  const most: number[] = [];
  for (let round = 1; round <= 8; round++) {
    for (const [index, { socket }] of bad.entries()) {
      socket.receive(part(50 * KIB + index));
    }
    await settled();
    most.push(server.memory.heldBytes);
    good.socket.receive(`r000${round}004echo00000001x`);
    await settled();
  }
  assert(Math.max(...most) <= 1024 * KIB, `${most}`);
  assert(Math.max(...most) > 800 * KIB, `${most}`);
  const ended = bad.filter(({ peer }) => peer.state === "closed");
  assert(ended.length >= 3 && ended.length < 5, `${ended.length}`);
  for (const { peer, socket } of ended) {
    const { error } = await peer.closed;
    assert(isLimitError(error) && error.code === "maxTotalHeldBytes");
    assertEquals(socket.readyState, socket.CLOSED);
  }
  assertEquals([good.peer.state, good.peer.stats.messagesIn], ["open", 8]);
});

Deno.test("maxTotalHeldBytes: a message that a paused peer has read in part counts as a whole", async () => {
  await using server = new Server(64 * 1024 * KIB);
  const { socket, peer } = await server.open("s0001004slow00000000", {
    maxHeldBytes: 257 * KIB,
  });
  // One message of the WebSocket, of which the second half is not handled.
  const message = new Uint8Array(40 * part(16 * KIB).byteLength);
  for (let at = 0; at < message.byteLength;) {
    message.set(part(16 * KIB), at);
    at += part(16 * KIB).byteLength;
  }
  socket.receive(message);
  await settled();
  const parts = peer.stats.messagesIn - 1;
  assert(parts < 20);
  const { heldBytes } = server.memory;
  assert(heldBytes >= message.byteLength + parts * 16 * KIB, `${heldBytes}`);
});

Deno.test("maxTotalHeldBytes: what standard sockets have not sent yet counts", async () => {
  await using server = new Server(2048 * KIB);
  const states = [];
  for (const buffered of [1000, 900, 800]) {
    const { socket, peer } = await server.open();
    socket.bufferedAmount = buffered * KIB;
    socket.receive("r0001004echo00000001x");
    await settled();
    states.push(() => peer.state);
    assert(server.memory.heldBytes <= 2048 * KIB);
  }
  assertEquals(states.map((state) => state()), ["closed", "open", "open"]);
  assertEquals(server.memory.heldBytes, 1700 * KIB);
});

Deno.test("maxTotalHeldBytes: while memory is short, what waits in a socket is read like that of a connection that holds little", async () => {
  await using server = new Server(1024 * KIB);
  const other = await server.open();
  const slow = "x".repeat(600 * KIB);
  other.socket.receive(fromText(`r0001004slow00096000${slow}`));
  await settled();
  assert(server.memory.heldBytes > 600 * KIB);
  const { socket, peer } = await server.open();
  for (const id of [1, 2, 3, 4]) {
    const text = "x".repeat(80 * KIB);
    socket.receive(fromText(`r000${id}004echo00014000${text}`));
  }
  // A channel that has much to read waits for its turns.
  for (let round = 0; round < 500 && peer.stats.messagesIn < 4; round++) {
    await settled();
  }
  await settled();
  assertEquals(peer.stats.messagesIn, 4);
  assertEquals(socket.sent.filter((size) => size === 80 * KIB).length, 4);
});

Deno.test("maxTotalHeldBytes: bytes that wait in message ports count", async () => {
  const memory = new MemoryBudget();
  const clock = new VirtualClock();
  const { port1, port2 } = new MessageChannel();
  const gate = Promise.withResolvers<void>();
  const handlers = new Handlers().handleStream("slow", () => gate.promise);
  const limits = { heartbeatInterval: Infinity, maxUnreadBytesPerStream: 1 };
  const peer = new Peer(portChannel(port1), {
    clock,
    extensions: false,
    handlers,
    limits,
    memory,
  });
  const sent = ["01", "s0001004slow00000000", part(1000), part(1000)];
  for (const bytes of [...sent, part(100 * KIB)]) {
    const data = typeof bytes === "string" ? fromText(bytes) : bytes;
    port2.postMessage({ bytes: data });
  }
  // Messages of a port arrive after some rounds of the event loop.
  for (let round = 0; round < 1000 && memory.heldBytes < 101 * KIB; round++) {
    await settled();
  }
  assert(memory.heldBytes >= 101 * KIB);
  peer.abort();
  await peer.closed;
  await settled();
  assertReleased(memory);
  gate.resolve();
  port2.close();
});

Deno.test("property: whatever arrives and however connections end, nothing stays held", async () => {
  const act = fc.record({
    kind: fc.constantFrom(
      "part",
      "part",
      "echo",
      "slow",
      "buffered",
      "second",
      "close",
      "abort",
      "remote close",
    ),
    who: fc.nat(3),
    size: fc.integer({ min: 0, max: 200 * KIB }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
      await using server = new Server(512 * KIB);
      const open = () => server.open("s0001004slow00000000");
      const connections = await Promise.all([open(), open(), open(), open()]);
      for (const [index, { kind, who, size }] of acts.entries()) {
        const { socket, peer } = connections[who]!;
        if (kind === "second") await server.clock.advance(1000);
        else if (kind === "close") void peer.close();
        else if (kind === "abort") peer.abort();
        else if (socket.readyState !== socket.OPEN) continue;
        else if (kind === "remote close") socket.close(1000);
        else if (kind === "buffered") socket.bufferedAmount = size;
        else if (kind === "part") socket.receive(part(size));
        else {
          const id = (index + 16).toString(16).padStart(4, "0");
          const length = size.toString(16).padStart(8, "0");
          socket.receive(fromText(`r${id}004${kind}${length}`));
          if (size > 0) socket.receive(new Uint8Array(size));
        }
        await settled();
      }
      for (const { socket } of connections) socket.bufferedAmount = 0;
    }),
  );
});
