/** Rooms over several processes, with a back-plane in memory and virtual time. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  Handlers,
  isLimitError,
  isOperationError,
  isRetryError,
  LimitError,
  OperationError,
  RetryError,
} from "@gotalk/gotalk";
import { settled, VirtualClock } from "../peer/testing/virtual_clock.ts";
import { memoryBackPlanes } from "./memory.ts";
import { type BackPlane, isMemberGoneError, Rooms } from "./mod.ts";
import { lossy, type LossyBackPlane } from "./testing/lossy_back_plane.ts";
import { client } from "./testing/member.ts";

interface Process extends AsyncDisposable {
  readonly rooms: Rooms;
  readonly plane: LossyBackPlane;
}

/** Starts processes that share their rooms. */
function processes(clock: VirtualClock, count = 2): Process[] {
  return memoryBackPlanes(count).map((backPlane) => {
    const plane = lossy(backPlane);
    const rooms = new Rooms({ backPlane: plane, clock });
    return { rooms, plane, [Symbol.asyncDispose]: () => rooms.close() };
  });
}

/** Returns the data of all members, as one process knows them. */
async function there(rooms: Rooms, clock: VirtualClock): Promise<unknown[]> {
  const members = rooms.room("lobby").members();
  await clock.advance(250);
  return (await members).map(({ data }) => data).sort();
}

Deno.test("members of a room receive what other processes send, in order", async () => {
  const clock = new VirtualClock();
  const [left, right] = processes(clock);
  await using here = left!;
  await using far = right!;
  await using ali = client();
  await using eva = client();
  const lobby = here.rooms.room("lobby");
  const member = await lobby.join(ali.peer);
  await far.rooms.room("lobby").join(eva.peer);
  for (const text of ["a", "b", "c"]) lobby.notify("said", text);
  far.rooms.room("lobby").notify("said", "d", { except: member.id });
  far.rooms.room("lobby").notify("said", "e");
  await Promise.all([eva.arrived(5), ali.arrived(4)]);
  assertEquals(eva.received.map(([, text]) => text).sort(), [
    "a",
    "b",
    "c",
    "d",
    "e",
  ]);
  assertEquals(ali.received.map(([, text]) => text), ["a", "b", "c", "e"]);
});

Deno.test("a process sends to a room that it is not in, and reads who is there", async () => {
  const clock = new VirtualClock();
  const [left, right] = processes(clock);
  await using here = left!;
  await using far = right!;
  await using ali = client();
  await far.rooms.room("lobby").join(ali.peer, "Ali");
  assertEquals(here.rooms.room("lobby").notify("said", 1), {
    sent: 0,
    dropped: 0,
    published: true,
  });
  await ali.arrived(1);
  assertEquals(await there(here.rooms, clock), ["Ali"]);
  assertEquals(here.rooms.stats.rooms, 0);
  assertEquals(await there(here.rooms, clock), ["Ali"]);
});

Deno.test("who is there is known in all processes, with data", async () => {
  const clock = new VirtualClock();
  const all = processes(clock, 3);
  await using first = all[0]!;
  await using second = all[1]!;
  await using third = all[2]!;
  await using ali = client();
  await using eva = client();
  await using ida = client();
  await first.rooms.room("lobby").join(ali.peer, "Ali");
  await second.rooms.room("lobby").join(eva.peer, "Eva");
  const changes = third.rooms.room("lobby").changes();
  await third.rooms.room("lobby").join(ida.peer, "Ida");
  await settled();
  for (const { rooms } of all) {
    assertEquals(await there(rooms, clock), ["Ali", "Eva", "Ida"]);
  }
  await first.rooms.room("lobby").join(ali.peer, "Ali 2");
  await eva.remote.close();
  await settled();
  for (const { rooms } of all) {
    assertEquals(await there(rooms, clock), ["Ali 2", "Ida"]);
  }
  await first.rooms.close();
  await settled();
  assertEquals(await there(third.rooms, clock), ["Ida"]);
  const kinds = [];
  for await (const { kind, member } of changes) {
    kinds.push(`${member.data} ${kind}`);
    if (kind === "left" && member.data === "Ali 2") break;
  }
  assertEquals(kinds.toSorted(), [
    "Ali 2 left",
    "Ali 2 updated",
    "Ali joined",
    "Eva joined",
    "Eva left",
    "Ida joined",
  ]);
});

Deno.test("members of a process that is silent are gone after the expiry, and come back", async () => {
  const clock = new VirtualClock();
  const [left, right] = processes(clock);
  await using here = left!;
  await using far = right!;
  await using ali = client();
  await using eva = client();
  await here.rooms.room("lobby").join(ali.peer, "Ali");
  await far.rooms.room("lobby").join(eva.peer, "Eva");
  assertEquals(await there(here.rooms, clock), ["Ali", "Eva"]);
  const changes = here.rooms.room("lobby").changes();
  far.plane.loses = "unnoticed";
  await clock.advance(14_000);
  assertEquals(await there(here.rooms, clock), ["Ali", "Eva"]);
  await clock.advance(2_000);
  assertEquals(await there(here.rooms, clock), ["Ali"]);
  await clock.advance(5_000);
  assertEquals((await changes.next()).value?.kind, "left");
  far.plane.loses = false;
  await clock.advance(5_000);
  assertEquals(await there(here.rooms, clock), ["Ali", "Eva"]);
  assertEquals((await changes.next()).value?.kind, "joined");
  await changes.return();
});

Deno.test("a lost change of who is there is repaired: at once by the next, or within an interval", async () => {
  const clock = new VirtualClock();
  const [left, right] = processes(clock);
  await using here = left!;
  await using far = right!;
  await using ali = client();
  await using eva = client();
  await using ida = client();
  await using bo = client();
  const lobby = far.rooms.room("lobby");
  await here.rooms.room("lobby").join(ali.peer, "Ali");
  await lobby.join(bo.peer, "Bo");
  await clock.advance(300);
  far.plane.loses = "unnoticed";
  await lobby.join(eva.peer, "Eva");
  lobby.leave(bo.peer);
  far.plane.loses = false;
  assertEquals(await there(here.rooms, clock), ["Ali", "Bo"]);
  await lobby.join(ida.peer, "Ida");
  await settled();
  assertEquals(await there(here.rooms, clock), ["Ali", "Eva", "Ida"]);

  far.plane.loses = "unnoticed";
  await ida.remote.close();
  await settled();
  far.plane.loses = false;
  assertEquals(await there(here.rooms, clock), ["Ali", "Eva", "Ida"]);
  await clock.advance(5_000);
  assertEquals(await there(here.rooms, clock), ["Ali", "Eva"]);
});

Deno.test("processes that start at the same moment know each other's members", async () => {
  const clock = new VirtualClock();
  const [left, right] = processes(clock);
  await using here = left!;
  await using far = right!;
  await using ali = client();
  await using eva = client();
  await Promise.all([
    here.rooms.room("lobby").join(ali.peer, "Ali"),
    far.rooms.room("lobby").join(eva.peer, "Eva"),
  ]);
  assertEquals(await there(here.rooms, clock), ["Ali", "Eva"]);
  assertEquals(await there(far.rooms, clock), ["Ali", "Eva"]);
});

Deno.test("the members of a large room are told in several messages", async () => {
  const clock = new VirtualClock();
  const [left, right] = processes(clock);
  await using here = left!;
  await using far = right!;
  await using ali = client();
  const lobby = far.rooms.room("lobby");
  const many = Array.from({ length: 100 }, () => client());
  for (const { peer } of many) await lobby.join(peer, "x".repeat(4_000));
  await here.rooms.room("lobby").join(ali.peer, "Ali");
  assertEquals((await there(here.rooms, clock)).length, 101);
  assertEquals(far.plane.kinds.filter((kind) => kind === "state").length, 4);
  await Promise.all(many.map((each) => each[Symbol.asyncDispose]()));
  await settled();
  assertEquals(await there(here.rooms, clock), ["Ali"]);
});

Deno.test("an idle room costs one message for each interval, and an empty process none", async () => {
  const clock = new VirtualClock();
  const [left, right] = processes(clock);
  await using here = left!;
  await using far = right!;
  await using ali = client();
  await here.rooms.room("lobby").join(ali.peer);
  await clock.advance(1_000);
  here.plane.kinds.length = 0;
  await clock.advance(20_000);
  assertEquals(here.plane.kinds, Array(4).fill("present"));
  assertEquals(far.plane.kinds, []);
  here.rooms.room("lobby").leave(ali.peer);
  await clock.advance(10_000);
  assertEquals(clock.timers, 0);
});

Deno.test("a request reaches a member of another process, and its outcome comes back", async () => {
  const clock = new VirtualClock();
  const [left, right] = processes(clock);
  await using here = left!;
  await using far = right!;
  const handlers = new Handlers()
    .handle("double", (n: number) => n * 2)
    .handle("busy", () => {
      throw new RetryError("busy", { wait: 7 });
    })
    .handle("fail", () => {
      throw new OperationError("no", { code: "no", data: [1] });
    })
    .handleBytes("large", () => new Uint8Array(2_000))
    .handle("wait", () => new Promise(() => {}));
  await using eva = client(handlers, {
    clock,
    retry: false,
    limits: { maxPayloadBytes: 1_000 },
  });
  const { id } = await far.rooms.room("lobby").join(eva.peer);
  const lobby = here.rooms.room("lobby");

  assertEquals(await lobby.request(id, "double", 2), 4);
  assertEquals(await lobby.request(id, "double", 3, { timeout: Infinity }), 6);
  const failure = await lobby.request(id, "fail").catch((error) => error);
  if (!isOperationError(failure)) throw failure;
  assertEquals([failure.text, failure.code, failure.data, failure.operation], [
    "no",
    "no",
    [1],
    "fail",
  ]);
  const busy = await lobby.request(id, "busy").catch((error) => error);
  if (!isRetryError(busy)) throw busy;
  assertEquals(busy.wait, 7);
  await assertRejects(() => lobby.request(id, "large"), LimitError);

  const slow = lobby.request(id, "wait", 0, { timeout: 2_000 });
  slow.catch(() => {});
  await clock.advance(2_000);
  const late = await slow.catch((error: DOMException) => error);
  assertEquals((late as DOMException).name, "TimeoutError");

  const controller = new AbortController();
  const aborted = lobby.request(id, "wait", 0, { signal: controller.signal });
  await settled();
  controller.abort(new Error("enough"));
  await assertRejects(() => aborted, Error, "enough");
  await settled();
  assertEquals(eva.peer.stats.pending, 0);

  const interrupted = lobby.request(id, "wait").catch((error) => error);
  await settled();
  await eva.remote.close();
  const gone = await interrupted;
  assert(isMemberGoneError(gone) && gone.outcome === "unknown");
  await settled();
  const later = await lobby.request(id, "double", 1).catch((error) => error);
  assert(isMemberGoneError(later) && later.outcome === "not-sent");
});

Deno.test("an error of a member that is too large for the back-plane is reported, and ends no process", async () => {
  const clock = new VirtualClock();
  const [left, right] = processes(clock);
  await using here = left!;
  await using far = right!;
  const { publish } = far.plane;
  far.plane.publish = (topic, message) => {
    if (message.length > 1_000) {
      throw new LimitError("Cannot publish", { code: "max_payload" });
    }
    return publish.call(far.plane, topic, message);
  };
  const handlers = new Handlers().handle("fail", () => {
    throw new OperationError("x".repeat(2_000));
  });
  await using ali = client(handlers as unknown as Handlers);
  const { id } = await far.rooms.room("lobby").join(ali.peer);
  const error = await here.rooms.room("lobby").request(id, "fail")
    .catch((error) => error);
  assertEquals(isLimitError(error) && error.code, "max_payload");
});

Deno.test("a request to a process that has died, or that cannot be reached, settles", async () => {
  const clock = new VirtualClock();
  const [left, right] = processes(clock);
  await using here = left!;
  await using far = right!;
  await using eva = client(
    new Handlers().handle("wait", () => new Promise(() => {})),
  );
  const { id } = await far.rooms.room("lobby").join(eva.peer);
  const lobby = here.rooms.room("lobby");

  here.plane.loses = "noticed";
  const unsent = await lobby.request(id, "wait").catch((error) => error);
  assert(isMemberGoneError(unsent) && unsent.outcome === "not-sent");
  here.plane.loses = "unnoticed";
  const unanswered = lobby.request(id, "wait").catch((error) => error);
  await clock.advance(1_000);
  const lost = await unanswered;
  assert(isMemberGoneError(lost) && lost.outcome === "unknown");

  here.plane.loses = false;
  const interrupted = lobby.request(id, "wait").catch((error) => error);
  await settled();
  await here.rooms.close();
  assert(isMemberGoneError(await interrupted));
  assertEquals(clock.timers, 1);
});

Deno.test("a back-plane without a connection keeps nobody waiting, and what is lost is counted", async () => {
  const clock = new VirtualClock();
  const away: BackPlane = {
    publish: () => false,
    subscribe: () => ({ ready: new Promise(() => {}), close() {} }),
    close: () => Promise.resolve(),
  };
  await using rooms = new Rooms({ backPlane: away, clock });
  await using ali = client();
  const joining = rooms.room("lobby").join(ali.peer, "Ali");
  await clock.advance(1_000);
  await joining;
  assertEquals(await there(rooms, clock), ["Ali"]);
  const result = rooms.room("lobby").notify("said", 1);
  assertEquals(result, { sent: 1, dropped: 0, published: false });
  assert(rooms.stats.unpublished >= 2);
});

Deno.test("a back-plane that does not take a large message loses it for others only", async () => {
  const clock = new VirtualClock();
  const [plane] = memoryBackPlanes();
  const small: BackPlane = {
    publish(topic, message) {
      if (message.length > 1_000) throw new Error("too large");
      return plane.publish(topic, message);
    },
    subscribe: (topic, receive) => plane.subscribe(topic, receive),
    close: () => plane.close(),
  };
  await using rooms = new Rooms({ backPlane: small, clock });
  await using ali = client();
  const lobby = rooms.room("lobby");
  await lobby.join(ali.peer);
  assertEquals(lobby.notify("said", "x".repeat(2_000)), {
    sent: 1,
    dropped: 0,
    published: false,
  });
  await ali.arrived(1);
  await assertRejects(
    () =>
      lobby.request(
        `${"0".repeat(32)}.${"1".repeat(32)}`,
        "echo",
        "x".repeat(2_000),
      ),
    Error,
    "too large",
  );
});

Deno.test("what other programs send on the back-plane does no harm", async () => {
  const clock = new VirtualClock();
  const [left, right] = memoryBackPlanes();
  await using rooms = new Rooms({ backPlane: left, clock });
  await using ali = client();
  await rooms.room("lobby").join(ali.peer, "Ali");
  const bad = [
    "",
    "no JSON\n",
    "null\n",
    "[]\n",
    '{"from":"x"}\n',
    '{"from":"x","kind":"?"}\n',
    '{"from":"x","kind":"call","call":1}\n',
    '{"from":"x","kind":"joined"}\n',
    '{"from":"x","kind":"state","first":true}\n',
    `{"from":"x","kind":"notify","name":"${"n".repeat(5_000)}"}\n`,
  ];
  for (const text of bad) {
    right.publish("1.room:lobby", new TextEncoder().encode(text));
  }
  await settled();
  assertEquals(rooms.stats.malformed, bad.length);
  assertEquals(await there(rooms, clock), ["Ali"]);
  await right.close();
});
