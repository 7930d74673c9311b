/** Rooms within one process. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type Contract,
  Handlers,
  isConnectionClosedError,
  isOperationError,
  LimitError,
  OperationError,
  Peer,
  RetryError,
  ValidationError,
} from "@gotalk/gotalk";
import { memoryPair } from "@gotalk/gotalk/transport";
import { isMemberGoneError, MemberGoneError, Rooms } from "./mod.ts";
import { natsBackPlane } from "./nats.ts";
import { redisBackPlane } from "./redis.ts";
import { client } from "./testing/member.ts";

Deno.test("a notification reaches every member once, and nobody else", async () => {
  await using rooms = new Rooms();
  await using ali = client();
  await using eva = client();
  await using stranger = client();
  const lobby = rooms.room("lobby");
  await lobby.join(ali.peer);
  await lobby.join(eva.peer);
  await lobby.join(eva.peer);
  await rooms.room("other").join(stranger.peer);

  const result = lobby.notify("said", { text: "hello" });
  assertEquals(result, { sent: 2, dropped: 0, published: true });
  await Promise.all([ali.arrived(1), eva.arrived(1)]);
  rooms.room("other").notify("end");
  await stranger.arrived(1);
  assertEquals(ali.received, [["said", { text: "hello" }]]);
  assertEquals(eva.received, ali.received);
  assertEquals(stranger.received, [["end", undefined]]);
});

Deno.test("a notification leaves one member out, named by its peer, its ID or itself", async () => {
  await using rooms = new Rooms();
  await using ali = client();
  await using eva = client();
  const lobby = rooms.room("lobby");
  const member = await lobby.join(ali.peer, { name: "Ali" });
  await lobby.join(eva.peer);
  for (const except of [ali.peer, member, member.id]) {
    assertEquals(lobby.notify("said", 1, { except }).sent, 1);
  }
  lobby.notifyBytes("said", new TextEncoder().encode("2"), {
    except: "nobody",
  });
  lobby.notifyText("said", "3", { except: eva.peer });
  await Promise.all([ali.arrived(2), eva.arrived(4)]);
  assertEquals(ali.received, [["said", 2], ["said", 3]]);
});

Deno.test("who is there: with data, until they leave or their connection ends", async () => {
  await using rooms = new Rooms();
  await using ali = client();
  await using eva = client();
  const lobby = rooms.room("lobby");
  const data = { name: "Ali", tags: ["a"] };
  const joined = await lobby.join(ali.peer, data);
  data.tags.push("changed later");
  await lobby.join(eva.peer, { name: "Eva" });
  const there = async () => (await lobby.members()).map(({ data }) => data);
  assertEquals(await there(), [{ name: "Ali", tags: ["a"] }, { name: "Eva" }]);

  const again = await lobby.join(ali.peer, { name: "Ali", away: true });
  assertEquals(again.id, joined.id);
  assertEquals(await there(), [{ name: "Ali", away: true }, { name: "Eva" }]);

  assertEquals(lobby.leave(eva.peer), true);
  assertEquals(lobby.leave(eva.peer), false);
  assertEquals(rooms.room("never").leave(eva.peer), false);
  await ali.remote.close();
  await ali.peer.closed;
  await Promise.resolve();
  assertEquals(await there(), []);
  assertEquals(rooms.stats.rooms, 0);
});

Deno.test("changes of who is there are a stream", async () => {
  await using rooms = new Rooms();
  await using ali = client();
  const lobby = rooms.room("lobby");
  const changes = lobby.changes();
  const { id } = await lobby.join(ali.peer, 1);
  await lobby.join(ali.peer, 2);
  await ali.remote.close();
  const seen = [];
  for await (const change of changes) {
    seen.push(change);
    if (change.kind === "left") break;
  }
  assertEquals(seen, [
    { kind: "joined", member: { id, data: 1 } },
    { kind: "updated", member: { id, data: 2 } },
    { kind: "left", member: { id, data: 2 } },
  ]);
  assertEquals(rooms.stats.rooms, 0);
});

Deno.test("a peer that has gone cannot join, and closed rooms take nobody", async () => {
  const rooms = new Rooms();
  const ali = client();
  await using eva = client();
  await ali[Symbol.asyncDispose]();
  const lobby = rooms.room("lobby");
  const error = await lobby.join(ali.peer).catch((error) => error);
  assert(isConnectionClosedError(error) && error.outcome === "not-sent");
  await rooms.close();
  await rooms.close();
  await assertRejects(() => lobby.join(eva.peer), Error, "rooms are closed");
  assertEquals(await lobby.members(), []);
  assertEquals(await Array.fromAsync(lobby.changes()), []);
  assertEquals(await Array.fromAsync(lobby.notifications("a")), []);
  assertEquals(lobby.notify("a").sent, 0);
});

Deno.test("closing empties the rooms and leaves the members connected", async () => {
  const rooms = new Rooms();
  await using ali = client();
  const lobby = rooms.room("lobby");
  await lobby.join(ali.peer);
  const stream = lobby.notifications("said");
  const next = stream.next();
  await rooms.close();
  assertEquals(await next, { done: true, value: undefined });
  assertEquals(ali.peer.state, "open");
  assertEquals(rooms.stats, {
    rooms: 0,
    members: 0,
    sent: 0,
    dropped: 0,
    unpublished: 0,
    malformed: 0,
  });
});

Deno.test("a slow member loses notifications, counted, and holds up nobody", async () => {
  await using rooms = new Rooms();
  await using quick = client();
  // Its remote peer reads nothing.
  const [near, far] = memoryPair({ capacity: 1 });
  const slow = new Peer(near, {
    limits: { maxWriteQueueBytes: 1024, handshakeTimeout: Infinity },
    onEvent() {},
  });
  const lobby = rooms.room("lobby");
  await lobby.join(slow);
  await lobby.join(quick.peer);
  let dropped = 0;
  for (let i = 0; i < 10; i++) {
    dropped += lobby.notify("said", "x".repeat(500)).dropped;
  }
  await quick.arrived(10);
  assert(dropped > 5);
  assertEquals(slow.stats.unsent, dropped);
  assertEquals(rooms.stats.dropped, dropped);
  assertEquals(rooms.stats.sent, 20 - dropped);
  slow.abort();
  far.abort();
  await slow.closed;
});

Deno.test("notifications are a stream, which drops what its loop does not take in time", async () => {
  await using rooms = new Rooms();
  const lobby = rooms.room("lobby");
  const stream = lobby.notifications("said", { maxQueued: 2 });
  await stream.ready;
  const first = stream.next();
  for (let i = 1; i <= 5; i++) lobby.notify("said", i);
  lobby.notify("other", 6);
  assertEquals(await first, { done: false, value: 1 });
  assertEquals(stream.dropped, 2);
  assertEquals((await stream.next()).value, 2);
  lobby.notifyBytes("said", new Uint8Array([0xff]));
  assertEquals((await stream.next()).value, 3);
  await assertRejects(() => stream.next(), ValidationError);
  lobby.notify("said", 7);
  assertEquals(await stream.next(), { done: true, value: undefined });
});

Deno.test("a stream ends with its signal, after what has arrived", async () => {
  await using rooms = new Rooms();
  const lobby = rooms.room("lobby");
  const controller = new AbortController();
  const { signal } = controller;
  await using stream = lobby.notificationsBytes("said", { signal });
  lobby.notifyBytes("said", new Uint8Array([1]));
  controller.abort();
  lobby.notifyBytes("said", new Uint8Array([2]));
  assertEquals(await Array.fromAsync(stream), [new Uint8Array([1])]);
  assertEquals(await Array.fromAsync(lobby.changes({ signal })), []);
  assertEquals(rooms.stats.rooms, 0);
});

Deno.test("a handler of values yields what happens in a room", async () => {
  await using rooms = new Rooms();
  const lobby = rooms.room("lobby");
  const handlers = new Handlers().handleValues(
    "follow",
    (_: unknown, { signal }) => lobby.notifications("said", { signal }),
    { subscription: true },
  );
  const [near, far] = memoryPair();
  await using _server = new Peer(far, { handlers, role: "acceptor" });
  await using peer = new Peer(near);
  const values = peer.values("follow");
  const first = values.next();
  while (rooms.stats.rooms === 0) await peer.request("?").catch(() => {});
  lobby.notify("said", "hello");
  assertEquals((await first).value, "hello");
  await values.return();
  while (rooms.stats.rooms > 0) await peer.request("?").catch(() => {});
});

Deno.test("a request reaches one member, and its outcome comes back", async () => {
  await using rooms = new Rooms();
  const handlers = new Handlers()
    .handle("double", (n: number) => n * 2)
    .handleBytes("raw", (payload) => payload)
    .handle("busy", () => {
      throw new RetryError("busy", { wait: 7 });
    })
    .handle("fail", () => {
      throw new OperationError("no", { code: "no", data: [1] });
    })
    .handle("wait", () => new Promise(() => {}));
  await using ali = client(handlers, { retry: false });
  const lobby = rooms.room("lobby");
  const member = await lobby.join(ali.peer);
  assertEquals(await lobby.request(member, "double", 2), 4);
  assertEquals(
    await lobby.requestBytes(member.id, "raw", new Uint8Array([1])),
    new Uint8Array([1]),
  );
  await assertRejects(() => lobby.request(member, "busy"), RetryError);
  const failure = await lobby.request(member, "fail").catch((e) => e);
  if (!isOperationError(failure)) throw failure;
  assertEquals([failure.code, failure.data], ["no", [1]]);
  await assertRejects(
    () => lobby.request(member, "wait", 0, { timeout: 0 }),
    DOMException,
    "0 ms",
  );
  const reason = new Error("enough");
  await assertRejects(
    () =>
      lobby.request(member, "wait", 0, { signal: AbortSignal.abort(reason) }),
    Error,
    "enough",
  );
  const waiting = lobby.request(member, "wait").catch((error) => error);
  await ali.remote.close();
  const gone = await waiting;
  assert(isMemberGoneError(gone) && gone.outcome === "unknown");
});

Deno.test("a request to who is not in the room is not sent", async () => {
  await using rooms = new Rooms();
  await using ali = client(new Handlers().handle("ping", () => "pong"));
  const member = await rooms.room("lobby").join(ali.peer);
  for (
    const [room, id] of [["other", member.id], ["lobby", "nobody"], [
      "lobby",
      `${member.id}1`,
    ]]
  ) {
    const error: unknown = await assertRejects(
      () => rooms.room(room!).request(id!, "ping"),
      MemberGoneError,
      "was not sent",
    );
    assert(isMemberGoneError(error) && error.outcome === "not-sent");
  }
});

Deno.test("what a peer can make rooms hold is bounded", async () => {
  await using rooms = new Rooms({ maxRoomsPerPeer: 2, maxDataBytes: 10 });
  await using ali = client();
  await rooms.room("1").join(ali.peer);
  await rooms.room("2").join(ali.peer);
  await rooms.room("2").join(ali.peer);
  await assertRejects(
    () => rooms.room("3").join(ali.peer),
    LimitError,
    "2 rooms",
  );
  rooms.room("1").leave(ali.peer);
  await rooms.room("3").join(ali.peer, "12345678");
  await assertRejects(
    () => rooms.room("3").join(ali.peer, "123456789"),
    LimitError,
    "11 bytes",
  );
  await assertRejects(
    () => rooms.room("3").join(ali.peer, new Map([[1, 1]])),
    ValidationError,
  );
  assertThrows(() => rooms.room("x".repeat(257)), LimitError, "257");
  assertThrows(() => rooms.room("\ud800"), TypeError, "half a character");
  assertThrows(() => rooms.room(1 as never), TypeError, "got 1");
  assertThrows(
    () => rooms.room("a").notify("x".repeat(5000)),
    LimitError,
    "5000",
  );
  assertThrows(
    () => rooms.room("a").notify("n", new Map([[1, 1]])),
    ValidationError,
  );
  assertEquals(rooms.stats.members, 2);
});

Deno.test("back-planes refuse numbers that make no sense before they connect", async () => {
  for (const backPlane of [natsBackPlane, redisBackPlane]) {
    await assertRejects(
      () => backPlane({ maxPendingBytes: NaN }),
      RangeError,
      "Cannot set maxPendingBytes: got NaN",
    );
  }
});

Deno.test("options that make no sense are refused", () => {
  assertThrows(
    () => new Rooms({ presenceInterval: 0 }),
    RangeError,
    "presenceInterval: got 0",
  );
  assertThrows(
    () => new Rooms({ maxDataBytes: "1" as never }),
    TypeError,
    'maxDataBytes: got "1"',
  );
  const rooms = new Rooms();
  assertThrows(
    () => rooms.room("a").changes({ maxQueued: 0 }),
    RangeError,
    "maxQueued",
  );
  assertThrows(
    () => rooms.room("a").notifications("b", { maxQueued: NaN }),
    RangeError,
  );
});

Deno.test("a contract checks notifications, requests and data", async () => {
  interface Page extends Contract {
    operations: { title(): string };
    notifications: { said: { text: string } };
  }
  await using rooms = new Rooms<Page, { name: string }>();
  await using ali = client(new Handlers().handle("title", () => "Home"));
  const lobby = rooms.room("lobby");
  const peer = ali.peer as Peer<Page>;
  const member = await lobby.join(peer, { name: "Ali" });
  // @ts-expect-error: data is missing.
  await lobby.join(peer);
  // @ts-expect-error: no such notification.
  lobby.notify("sad", { text: "hello" });
  // @ts-expect-error: no such value.
  lobby.notify("said", { txt: "hello" });
  lobby.notify("said", { text: "hello" }, { except: member });
  const title: string = await lobby.request(member, "title");
  assertEquals(title, "Home");
  // @ts-expect-error: no such operation.
  await lobby.request(member, "titel").catch(() => {});
  // A room of a contract is one without.
  const { name }: { name: string } = member.data;
  assertEquals(name, "Ali");
});
