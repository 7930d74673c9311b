import { assert, assertEquals, assertRejects } from "@std/assert";
import { memoryPair } from "../transport/mod.ts";
import { isConnectionClosedError } from "./connection_closed_error.ts";
import { Handlers } from "./handlers.ts";
import { isOperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import { ReconnectingPeer } from "./reconnecting/reconnecting_peer.ts";
import type { Remote } from "./remote.ts";
import { watch } from "./testing/scripted_peer.ts";
import { settled, VirtualClock } from "./testing/virtual_clock.ts";

const clock = new VirtualClock();

/** What the handlers of the remote end received. */
let received: string[];
/** The peer at the remote end of the latest connection. */
let server: Peer;

const handlers = new Handlers()
  .handle("greet", (name: string) => `Hello ${name}`)
  .handleStream("echo", (parts) => parts)
  .handle(
    "wait",
    (_, { signal }) =>
      new Promise((resolve) =>
        signal.addEventListener("abort", () => resolve(undefined))
      ),
  )
  .onNotification("seen", (id: number) => void received.push(`seen ${id}`))
  .onNotificationBytes(
    "raw",
    (payload) => void received.push(`raw ${payload.byteLength}`),
  );

function open() {
  const [here, there] = memoryPair();
  server = new Peer(there, { handlers, role: "acceptor", clock });
  return here;
}

/** The implementations of `Remote`, which must behave alike. */
const REMOTES: Record<string, () => Remote> = {
  "a peer": () => new Peer(open(), { clock }),
  "a reconnecting peer": () => new ReconnectingPeer(open, { clock }),
};

for (const [name, create] of Object.entries(REMOTES)) {
  /** Runs a test with a remote, and checks that no timer is left. */
  const test = (what: string, body: (remote: Remote) => Promise<void>) =>
    Deno.test(`${name}, used as a remote, ${what}`, async () => {
      received = [];
      const remote = create();
      await body(remote);
      await remote.close();
      await server.close();
      assertEquals(clock.timers, 0, "timers are left");
    });

  test("sends requests, streams and notifications", async (remote) => {
    assertEquals(await remote.request("greet", "Ali"), "Hello Ali");
    assertEquals(await remote.requestText("greet", '"Ali"'), '"Hello Ali"');
    const input = new TextEncoder().encode('"Ali"');
    const output = await remote.requestBytes("greet", input);
    assertEquals(new TextDecoder().decode(output), '"Hello Ali"');
    const { readable, writable } = remote.stream("echo");
    const sent = ReadableStream.from([input]).pipeTo(writable);
    let echoed = 0;
    for await (const chunk of readable) echoed += chunk.byteLength;
    await sent;
    assertEquals(echoed, 5);
    await remote.notify("seen", 1);
    await remote.notifyBytes("raw", input);
    await settled();
    assertEquals(received, ["seen 1", "raw 5"]);
    const error = await assertRejects(() => remote.request("nothing"));
    assert(isOperationError(error));
  });

  test("exposes its connection, its state and its counters", async (remote) => {
    await remote.request("greet", "Ali");
    assertEquals(remote.state, "open");
    assertEquals(remote.info?.transport, "memory");
    assertEquals(remote.auth, undefined);
    assert(!remote.signal.aborted);
    const { messagesIn, bytesOut, pending } = remote.stats;
    assert(messagesIn >= 1 && bytesOut > 20);
    assertEquals(pending, 0);
  });

  test("returns streams and nothing else from stream()", async (remote) => {
    await remote.request("greet", "Ali");
    const pair = remote.stream("echo");
    assertEquals(Reflect.ownKeys(pair), ["readable", "writable"]);
    assertEquals(Object.getPrototypeOf(pair), Object.prototype);
    await pair.readable.cancel();
  });

  test("closes: its signal aborts, and new calls fail as not sent", async (remote) => {
    await remote.request("greet", "Ali");
    const { signal } = remote;
    await remote.close();
    const { clean, error } = await remote.closed;
    assertEquals([clean, error], [true, undefined]);
    assertEquals([signal.aborted, remote.state], [true, "closed"]);
    const late = await assertRejects(() => remote.request("greet", "Ali"));
    assert(isConnectionClosedError(late) && late.outcome === "not-sent");
    const note = await assertRejects(() => remote.notify("seen", 2));
    assert(isConnectionClosedError(note) && note.outcome === "not-sent");
  });

  test("has a signal that is aborted when it is first read after the end", async (remote) => {
    await remote.close();
    assert(remote.signal.aborted);
  });

  test("ends with an error when it is aborted for no reason", async (remote) => {
    for (const reason of [null, undefined]) {
      remote.abort(reason);
      const { clean, error } = await remote.closed;
      assertEquals([clean, (error as Error).name], [false, "AbortError"]);
      assertEquals(remote.signal.reason, error);
    }
  });

  test("drains: a running call ends, a new one is refused", async (remote) => {
    await remote.request("greet", "Ali");
    const call = watch(remote.request("wait"));
    await settled();
    const drained = watch(remote.drain({ timeout: 1_000 }));
    await settled();
    assertEquals([call.state, drained.state], ["pending", "pending"]);
    await assertRejects(() => remote.request("greet", "Ali"));
    await clock.advance(1_000);
    assertEquals(drained.state, "resolved");
    assertEquals(call.rejection(isConnectionClosedError).outcome, "unknown");
    assertEquals(remote.state, "closed");
  });

  test("aborts at once, with the reason", async (remote) => {
    await remote.request("greet", "Ali");
    const call = watch(remote.request("wait"));
    await settled();
    const reason = new Error("enough");
    remote.abort(reason);
    const { error } = await remote.closed;
    assertEquals(error, reason);
    assertEquals(call.rejection(isConnectionClosedError).cause, reason);
  });
}

Deno.test("the counters of a reconnecting peer cover all of its connections", async () => {
  received = [];
  const remote = new ReconnectingPeer(open, { clock, random: () => 0 });
  assertEquals([remote.state, remote.info], ["opening", undefined]);
  assertEquals(remote.stats.messagesOut, 0);
  await remote.request("greet", "Ali");
  const before = remote.stats.messagesOut;
  server.abort();
  await settled();
  await clock.advance(1_000);
  await remote.request("greet", "Ali");
  assert(remote.stats.messagesOut >= 2 * before);
  await remote.close();
  assert(remote.stats.messagesOut >= 2 * before);
  await server.close();
});
