/** Members and messages of a back-plane that do harm. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Handlers, LimitError, OperationError } from "@gotalk/gotalk";
import { settled, VirtualClock } from "../peer/testing/virtual_clock.ts";
import { memoryBackPlanes } from "./memory.ts";
import { type BackPlane, isMemberGoneError, Rooms } from "./mod.ts";
import { client } from "./testing/member.ts";

/** Has a back-plane refuse what is larger than a limit, as that of NATS does. */
function bounded(
  backPlane: BackPlane,
  most: number,
): BackPlane & { readonly topics: string[] } {
  const topics: string[] = [];
  return {
    topics,
    publish(topic, message) {
      if (message.length > most) {
        throw new LimitError("too large", { code: "max_payload" });
      }
      topics.push(topic);
      return backPlane.publish(topic, message);
    },
    subscribe: (topic, receive) => backPlane.subscribe(topic, receive),
    close: () => backPlane.close(),
  };
}

Deno.test("an error of a member that is too large for the back-plane is an error of the request", async () => {
  const clock = new VirtualClock();
  const [left, right] = memoryBackPlanes();
  await using here = new Rooms({ backPlane: left, clock });
  await using far = new Rooms({ backPlane: bounded(right, 10_000), clock });
  await using ali = client(
    new Handlers()
      .handle("fail", () => {
        throw new OperationError("x".repeat(9_000));
      })
      .handle("succeed", () => "x".repeat(11_000)),
  );
  const { id } = await far.room("lobby").join(ali.peer);
  for (const operation of ["succeed", "fail"]) {
    const error = await assertRejects(
      () => here.room("lobby").request(id, operation),
      LimitError,
    ) as LimitError;
    assertEquals(error.code, "max_payload");
  }
});

Deno.test("the ID of one member does not tell those of others", async () => {
  await using here = new Rooms();
  const suffixes: string[] = [];
  for (let n = 0; n < 3; n++) {
    await using ali = client();
    const { id } = await here.room("lobby").join(ali.peer);
    suffixes.push(/^[0-9a-f]{32}\.([0-9a-f]{32})$/.exec(id)![1]!);
  }
  assertEquals(new Set(suffixes).size, 3);
});

Deno.test("what is no ID of a member reaches no process", async () => {
  const clock = new VirtualClock();
  const [left] = memoryBackPlanes();
  const plane = bounded(left, 1 << 20);
  await using here = new Rooms({ backPlane: plane, clock });
  const names = ["", ".", "a", "..", ".1", `${"x".repeat(10_000)}.1`];
  for (const id of [...names, "\ud800.1", "a b\r\n.1", "process:a.1"]) {
    const error = await assertRejects(() =>
      here.room("lobby").request(id, "x")
    );
    const outcome = isMemberGoneError(error) ? error.outcome : error;
    assertEquals(outcome, "not-sent");
  }
  assertEquals(plane.topics, []);
});

Deno.test("reserved names cannot be sent to a room", async () => {
  const clock = new VirtualClock();
  const [left, right] = memoryBackPlanes();
  await using here = new Rooms({ backPlane: left, clock });
  await using ali = client();
  const lobby = here.room("lobby");
  await lobby.join(ali.peer);
  assertThrows(() => lobby.notify("gotalk:drain", 1), TypeError, "reserved");
  assertThrows(() => here.room("empty").notify("gotalk:drain"), TypeError);
  const head = (value: unknown) =>
    right.publish(
      "1.room:lobby",
      new TextEncoder().encode(`${JSON.stringify(value)}\n1`),
    );
  head({ from: "a", kind: "notify", name: "gotalk:drain" });
  await settled();
  assertEquals(ali.received, []);
  assertEquals(here.stats.malformed, 1);
});

Deno.test("messages that are none are counted, and change nothing", async () => {
  const clock = new VirtualClock();
  const [left, right] = memoryBackPlanes();
  await using here = new Rooms({ backPlane: left, clock });
  await using ali = client();
  const lobby = here.room("lobby");
  const changes = lobby.changes();
  const notified = lobby.notificationsBytes(undefined as never);
  await lobby.join(ali.peer, "Ali");
  await changes.next();
  const from = "a".repeat(32);
  const member = { id: `${from}.1`, data: 1 };
  const messages: unknown[] = [
    null,
    1,
    "notify",
    [],
    {},
    { kind: "notify", name: "x" },
    { from: 1, kind: "notify", name: "x" },
    { from, kind: "notify" },
    { from, kind: "notify", name: 1 },
    { from, kind: "notify", name: "x".repeat(5_000) },
    { from, kind: "joined", version: 1, after: 0 },
    { from, kind: "joined", version: 1, after: 0, member: null },
    { from, kind: "joined", version: 1, after: 0, member: { id: 7 } },
    { from, kind: "joined", member },
    { from, kind: "joined", version: "1", after: 0, member },
    { from, kind: "left", member: 1, version: 0, after: 1 },
    { from, kind: "present" },
    { from, kind: "state", version: 1, first: true, last: true },
    {
      from,
      kind: "state",
      version: 1,
      first: true,
      last: true,
      members: [member, null],
    },
    { from, kind: "__proto__" },
    { from, kind: "toString" },
    { from, kind: "call" },
  ];
  const encoder = new TextEncoder();
  const lines = messages.map((each) => `${JSON.stringify(each)}\n`);
  const texts = [...lines, "", "\n", "{", '{"from":"a","kind":"who"} ', "\xff"];
  for (const text of texts) {
    right.publish("1.room:lobby", encoder.encode(text));
  }
  await settled();
  assertEquals(ali.received, []);
  assertEquals(here.stats.malformed, texts.length);
  const known = lobby.members();
  await clock.advance(250);
  assertEquals((await known).map(({ data }) => data), ["Ali"]);
  await changes.return();
  await notified.return();
  assertEquals((await changes.next()).done, true);
});
