import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Channel, memoryPair } from "../../transport/mod.ts";
import { isConnectionClosedError } from "../connection_closed_error.ts";
import { Handlers } from "../handlers.ts";
import { OperationError } from "../operation_error.ts";
import { Peer } from "../peer.ts";
import { ScriptedChannel } from "../testing/scripted_channel.ts";
import { watch } from "../testing/scripted_peer.ts";
import { settled, VirtualClock } from "../testing/virtual_clock.ts";
import type { ReconnectOptions } from "./reconnect_options.ts";
import { ReconnectingPeer } from "./reconnecting_peer.ts";

/** A reconnecting peer, its clock, and the server's peer of the latest connection. */
function start(
  { up = true, ...others }: ReconnectOptions & { up?: boolean } = {},
) {
  const clock = new VirtualClock();
  const handlers = new Handlers()
    .handle("greet", (name: string) => `Hello ${name}`)
    .handleStream("echo", (parts) => parts)
    .handle("wait", () => new Promise(() => {}));
  const world = {
    clock,
    handlers,
    up,
    server: undefined as Peer | undefined,
  };
  const open = (): Channel => {
    if (!world.up) throw new Error("Connection refused");
    const [here, there] = memoryPair();
    world.server = new Peer(there, { handlers, role: "acceptor", clock });
    return here;
  };
  const client = new ReconnectingPeer(open, {
    clock,
    random: () => 0.5,
    ...others,
  });
  return { client, world };
}

for (const end of ["close", "drain"] as const) {
  Deno.test(`a reconnecting peer that is ended by ${end}() twice ends cleanly`, async () => {
    const { client } = start();
    await client.request("greet", "Ali");
    await Promise.all([client[end](), client.close()]);
    await client.close();
    const { clean, error } = await client.closed;
    assertEquals([clean, error], [true, undefined]);
  });

  Deno.test(`a reconnecting peer without a connection that is ended by ${end}() ends cleanly`, async () => {
    const { client } = start({ up: false });
    await settled();
    await client[end]();
    const { clean, error } = await client.closed;
    assertEquals([clean, error, client.state], [true, undefined, "closed"]);
  });
}

Deno.test("a reconnecting peer whose earlier connection failed closes cleanly", async () => {
  const { client, world } = start();
  await client.request("greet", "Ali");
  world.up = false;
  world.server!.abort(new Error("killed"));
  await settled();
  await client.close();
  assertEquals((await client.closed).clean, true);
});

Deno.test("a reconnecting peer without a connection that is aborted ends with the reason", async () => {
  const { client } = start({ up: false });
  await settled();
  const reason = new Error("enough");
  const { signal } = client;
  client.abort(reason);
  const { clean, error } = await client.closed;
  await settled();
  assertEquals([clean, error, signal.reason], [false, reason, reason]);
});

Deno.test("a reconnecting peer that gives up ends with the last failure", async () => {
  const { client } = start({ up: false, maxAttempts: 1 });
  const { clean, error } = await client.closed;
  assertEquals([clean, (error as Error).message], [
    false,
    "Connection refused",
  ]);
});

for (const how of ["cancelled", "aborted"] as const) {
  Deno.test(`a stream that is ${how} while its connection becomes ready leaves no call`, async () => {
    const { client, world } = start({
      up: false,
      onConnectionEvent({ type }) {
        if (type !== "connected") return;
        // The request has left the queue, and its streams are not known yet.
        if (how === "cancelled") void pair.readable.cancel(new Error("no"));
        else void pair.writable.abort(new Error("no"));
      },
    });
    const pair = client.stream("echo");
    await settled();
    world.up = true;
    await world.clock.advance(10_000);
    assertEquals(client.stats.pending, 0);
    const drained = watch(client.drain());
    await settled();
    assertEquals(drained.state, "resolved");
  });
}

Deno.test("a handler that outlives its connection is not counted as running for ever", async () => {
  const [here, there] = memoryPair();
  const clock = new VirtualClock();
  const never = new Promise<undefined>(() => {});
  const channels = [here];
  const client = new ReconnectingPeer(
    () => channels.shift() ?? new Promise<Channel>(() => {}),
    {
      clock,
      handlers: new Handlers().handleStream("stuck", () => never),
    },
  );
  const server = new Peer(there, { role: "acceptor", clock });
  await server.opened;
  const { readable } = server.stream("stuck");
  const read = watch(readable.getReader().read());
  await clock.advance(5);
  assertEquals(client.stats.running, 1);
  server.abort();
  await settled();
  assert(read.state === "rejected");
  assertEquals(client.stats.running, 0);
  await client.close();
});

Deno.test("a stream waits for the next connection if the remote peer has ended its direction", async () => {
  const clock = new VirtualClock();
  const channel = new ScriptedChannel();
  const channels = [channel];
  const [here, there] = memoryPair();
  const client = new ReconnectingPeer(() => channels.shift() ?? here, {
    clock,
    handlers: new Handlers().handle("wait", () => new Promise(() => {})),
  });
  await settled();
  channel.send("01r0001004wait00000000");
  await settled();
  channel.end();
  await settled();
  const bytesIn = client.stats.bytesIn;
  assert(bytesIn > 20);
  assertEquals([client.current, client.state], [undefined, "opening"]);
  const { readable, writable } = client.stream("echo");
  const server = new Peer(there, {
    role: "acceptor",
    clock,
    handlers: new Handlers().handleStream("echo", (parts) => parts),
  });
  void writable.close();
  const read = watch(readable.getReader().read());
  assertEquals(client.stats.bytesIn, bytesIn);
  channel.reset();
  await clock.advance(10_000);
  assertEquals(read.value?.done, true);
  await client.close();
  await server.close();
});

Deno.test("a call that is repeated after a connection was closed locally fails once the peer is closed", async () => {
  const { client } = start();
  await client.request("greet", "Ali");
  await client.close();
  const error = await assertRejects(() => client.request("greet", "Ali"));
  assert(isConnectionClosedError(error) && error.outcome === "not-sent");
});

Deno.test("a loop that calls a closed peer again and again lets others run", async () => {
  const { client } = start();
  await client.close();
  let isNextTask = false;
  const timer = setTimeout(() => isNextTask = true);
  for (let calls = 0; !isNextTask && calls < 10_000; calls++) {
    const call = calls % 2 === 0
      ? client.request("greet", "Ada")
      : client.values("count").next();
    assert(isConnectionClosedError(await call.catch((error) => error)));
  }
  clearTimeout(timer);
  assert(isNextTask);
});

/** Starts the values again until no further connection follows. Returns how often it has. */
async function follow(client: ReconnectingPeer): Promise<number> {
  let starts = 0;
  while (client.state === "opening" || client.state === "open") {
    starts++;
    try {
      await Array.fromAsync(client.values("ticks"));
    } catch (error) {
      if (!isConnectionClosedError(error)) throw error;
    }
  }
  return starts;
}

/** Starts a peer whose server yields values for ever, and which follows them. */
async function startFollowing(options?: ReconnectOptions) {
  const { client, world } = start(options);
  world.handlers.handleValues("ticks", async function* () {
    yield 1;
    await new Promise(() => {});
  });
  await settled();
  const following = watch(follow(client));
  await settled();
  return { client, world, following };
}

for (const end of ["close", "drain", "abort"] as const) {
  Deno.test(`a loop that starts values again while the state is opening or open ends with ${end}(), and never spins`, async () => {
    const { client, world, following } = await startFollowing();
    world.server!.abort();
    await settled();
    assertEquals([client.state, following.state], ["opening", "pending"]);
    await world.clock.advance(500);
    assertEquals([client.state, following.state], ["open", "pending"]);
    const running = watch(client.request("wait"));
    await settled();
    const ended = watch(Promise.resolve(client[end]()));
    assertEquals(client.state, end === "drain" ? "draining" : "closing");
    await settled();
    // A drain waits for the values and for the call.
    await world.clock.advance(60_000);
    assertEquals([ended.state, client.state], ["resolved", "closed"]);
    assert(isConnectionClosedError(running.error));
    assertEquals(following.value, 2);
  });
}

Deno.test("a loop that starts values again waits while the remote peer drains, and ends after a final failure", async () => {
  let refuses = false;
  const { client, world, following } = await startFollowing({
    onConnectionEvent: () => {},
    onConnect: () => {
      if (refuses) throw new OperationError("refused");
    },
  });
  refuses = true;
  void world.server!.drain({ timeout: 5_000 });
  await settled();
  assertEquals(following.state, "pending");
  await world.clock.advance(60_000);
  assertEquals([client.state, following.value], ["closed", 1]);
});
