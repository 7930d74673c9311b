/** Processes that die, back-planes that fail, and arguments that are wrong. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Handlers } from "@gotalk/gotalk";
import { printed } from "../peer/testing/printed.ts";
import { settled, VirtualClock } from "../peer/testing/virtual_clock.ts";
import { memoryBackPlanes } from "./memory.ts";
import { type BackPlane, isMemberGoneError, Rooms } from "./mod.ts";
import { lossy } from "./testing/lossy_back_plane.ts";
import { client } from "./testing/member.ts";

function waiting(): { handlers: Handlers; aborted: () => number } {
  let aborted = 0;
  const handlers = new Handlers()
    .handle("wait", (_: unknown, { signal }) => {
      signal.addEventListener("abort", () => aborted++);
      return new Promise(() => {});
    });
  return { handlers, aborted: () => aborted };
}

Deno.test("a request without a timeout settles when the process of its member dies, and lasts while it lives", async () => {
  const clock = new VirtualClock();
  const planes = memoryBackPlanes().map(lossy);
  await using here = new Rooms({ backPlane: planes[0], clock });
  await using far = new Rooms({ backPlane: planes[1], clock });
  await using eva = client(waiting().handlers);
  const { id } = await far.room("lobby").join(eva.peer);
  let outcome: unknown;
  here.room("lobby").request(id, "wait", 0, { timeout: Infinity })
    .catch((error) => outcome = error);
  await settled();
  await clock.advance(600_000);
  assertEquals(outcome, undefined);

  planes[1]!.loses = "unnoticed";
  await clock.advance(10_000);
  assertEquals(outcome, undefined);
  await clock.advance(10_000);
  assert(isMemberGoneError(outcome) && outcome.outcome === "unknown");
  assertMatch((outcome as Error).message, /its process is silent/);
  await clock.advance(20_000);
});

Deno.test("the request of a process that dies is cancelled at its member", async () => {
  for (const loses of ["unnoticed", "noticed"] as const) {
    const clock = new VirtualClock();
    const planes = memoryBackPlanes().map(lossy);
    await using here = new Rooms({ backPlane: planes[0], clock });
    await using far = new Rooms({ backPlane: planes[1], clock });
    const { handlers } = waiting();
    await using eva = client(handlers);
    const { id } = await far.room("lobby").join(eva.peer);
    here.room("lobby").request(id, "wait", 0, { timeout: Infinity })
      .catch(() => {});
    await settled();
    assertEquals(eva.peer.stats.pending, 1);
    await clock.advance(100_000);
    assertEquals(eva.peer.stats.pending, 1);
    planes[0]!.loses = loses;
    await clock.advance(25_000);
    await settled();
    assertEquals(eva.peer.stats.pending, 0);
    assertEquals(planes[1]!.kinds.includes("taken"), true);
  }
});

Deno.test("a stream ends with a payload that it cannot read, so that nothing stays behind", async () => {
  await using rooms = new Rooms();
  const lobby = rooms.room("lobby");
  const stream = lobby.notifications("said");
  lobby.notify("said", 1);
  lobby.notifyBytes("said", new Uint8Array([1]));
  lobby.notify("said", 2);
  const received: unknown[] = [];
  await assertRejects(async () => {
    for await (const value of stream) received.push(value);
  });
  assertEquals(received, [1]);
  assertEquals(rooms.stats.rooms, 0);
  assertEquals((await stream.next()).done, true);

  const later = lobby.notifications("said");
  const next = later.next();
  lobby.notifyBytes("said", new Uint8Array([1]));
  await assertRejects(() => next);
  assertEquals(rooms.stats.rooms, 0);
});

Deno.test("a back-plane that breaks its contract ends nothing, and is reported once", async () => {
  const failure = () => {
    throw new Error("broken");
  };
  const broken: BackPlane = {
    publish: failure,
    subscribe: () => ({
      ready: Promise.reject(new Error("broken")),
      close: failure,
    }),
    close: () => Promise.reject(new Error("broken")),
  };
  const clock = new VirtualClock();
  const lines = await printed(async () => {
    const rooms = new Rooms({ backPlane: broken, clock });
    await settled();
    await using ali = client();
    const member = await rooms.room("lobby").join(ali.peer);
    const stream = rooms.room("other").notifications("said");
    assertEquals(rooms.room("lobby").notify("said", 1).published, false);
    await stream.return();
    await clock.advance(60_000);
    await ali.remote.close();
    await ali.peer.closed;
    await settled();
    assertEquals(rooms.stats.rooms, 0);
    const far = `${"0".repeat(32)}.${member.id.slice(33)}`;
    await assertRejects(() => rooms.room("lobby").request(far, "x"));
    await rooms.close();
  });
  assertEquals(lines.length, 1);
  assertMatch(lines[0]!, /backPlane/);
});

Deno.test("processes of another version of the messages do not disturb each other", async () => {
  const topics: string[] = [];
  const [plane] = memoryBackPlanes();
  await using rooms = new Rooms({
    backPlane: {
      publish: (topic, message) => {
        topics.push(topic);
        return plane!.publish(topic, message);
      },
      subscribe: (topic, receive) => {
        topics.push(topic);
        return plane!.subscribe(topic, receive);
      },
      close: () => plane!.close(),
    },
  });
  rooms.room("lobby").notify("said", 1);
  await using ali = client();
  await rooms.room("lobby").join(ali.peer);
  assert(topics.length > 2);
  for (const topic of topics) assertMatch(topic, /^1\.(room|process):/);
});

Deno.test("arguments that are wrong have errors that name them", async () => {
  await using rooms = new Rooms();
  await using ali = client();
  const lobby = rooms.room("lobby");
  const { id } = await lobby.join(ali.peer);
  // deno-lint-ignore no-explicit-any
  const any = (value: unknown) => value as any;
  const wrong: [() => unknown, RegExp][] = [
    [() => new Rooms(any(null)), /^Cannot create rooms: got null, wanted/],
    [() => new Rooms({ backPlane: any({}) }), /^Cannot set backPlane: got/],
    [() => new Rooms({ backPlane: any(null) }), /^Cannot set backPlane: got/],
    [
      () => rooms.room(any(null)),
      /^Cannot use a room: got null, wanted a name/,
    ],
    [
      () => lobby.join(any(null)),
      /^Cannot join "lobby": got null, wanted a peer/,
    ],
    [
      () => lobby.join(any({ id })),
      /^Cannot join "lobby": got .*, wanted a peer/,
    ],
    [() => lobby.leave(any(7)), /^Cannot leave "lobby": got 7, wanted a peer/],
    [
      () => lobby.notify(any(7)),
      /^Cannot notify "lobby": got 7, wanted a name/,
    ],
    [
      () => lobby.notifyBytes(any(null), new Uint8Array()),
      /got null, wanted a name/,
    ],
    [
      () => lobby.notify("a", 1, { except: any(null) }),
      /^Cannot set except: got null, wanted a member/,
    ],
    [
      () => lobby.notify("a", 1, { except: any(7) }),
      /^Cannot set except: got 7/,
    ],
    [
      () => lobby.notify("a", 1, { except: any({}) }),
      /^Cannot set except: got/,
    ],
    [
      () => lobby.notify("a", 1, any(null)),
      /^Cannot notify "lobby": got null, wanted options/,
    ],
    [
      () => lobby.changes(any(null)),
      /^Cannot follow "lobby": got null, wanted options/,
    ],
    [() => lobby.changes({ signal: any(1) }), /^Cannot set signal: got 1/],
    [
      () => lobby.notifications(any(1)),
      /^Cannot follow "lobby": got 1, wanted a name/,
    ],
    [() => lobby.notifications("a", any(1)), /got 1, wanted options/],
    [
      () => lobby.request(any(null), "a"),
      /^Cannot request "a": got null, wanted a member or its ID/,
    ],
    [() => lobby.request(any({ id: 1 }), "a"), /wanted a member or its ID/],
    [
      () => lobby.request(id, any(1)),
      /^Cannot request of a member: got 1, wanted the name of an operation/,
    ],
    [() => lobby.request(id, "a", 1, any(null)), /got null, wanted options/],
    [
      () => lobby.request(id, "a", 1, { signal: any({}) }),
      /^Cannot set signal: got/,
    ],
    [
      () => lobby.requestBytes(id, "a", new Uint8Array(), { timeout: NaN }),
      /^Cannot set timeout: got NaN/,
    ],
    [
      () =>
        lobby.requestBytes(id, "a", new Uint8Array(), { timeout: any("1") }),
      /^Cannot set timeout: got "1"/,
    ],
  ];
  for (const [call, message] of wrong) {
    let error: unknown;
    try {
      await call();
    } catch (thrown) {
      error = thrown;
    }
    assertEquals(error instanceof TypeError, true, `${message}: ${error}`);
    assertMatch((error as Error).message, message);
  }
});
