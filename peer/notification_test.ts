import { assert, assertEquals, assertRejects } from "@std/assert";
import { isLimitError, isValidationError, text } from "../codec/mod.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { isConnectionClosedError } from "./connection_closed_error.ts";
import { Handlers } from "./handlers.ts";

Deno.test("a notification reaches its handler and is not answered (notify/no-answer)", async () => {
  const seen: unknown[] = [];
  const handlers = new Handlers()
    .onNotification("json", (value, { operation }) => {
      seen.push([operation, value]);
    })
    .onNotificationBytes("bytes", (payload) => {
      seen.push(text.decode(payload));
    });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say(
    'n004json00000008{"id":1}n005bytes00000002hin004json00000000',
  );
  assertEquals(seen, [["json", { id: 1 }], "hi", ["json", undefined]]);
  assertEquals(script.heard(), "");
});

Deno.test("a notification without a handler is dropped and reported, and not answered (notify/unknown, notify/no-answer)", async () => {
  await using script = await ScriptedPeer.open();
  await script.say("n004nope00000002hi");
  await script.say("n002\xff\xfe00000000");
  assertEquals(
    script.events,
    Array(2).fill({
      type: "drop",
      kind: "Notification",
      reason: "no-handler",
    }),
  );
  assertEquals(script.heard(), "");
});

Deno.test("a notification with an empty name and payload is delivered at once (wire/complete)", async () => {
  const seen: string[] = [];
  const handlers = new Handlers().onNotificationBytes("", () => {
    seen.push("empty");
  });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("n00000000000");
  assertEquals(seen, ["empty"]);
});

Deno.test("notification handlers start in the order sent, also if the first one is slow (notify/order)", async () => {
  const gate = Promise.withResolvers<void>();
  const begun: unknown[] = [];
  const ended: unknown[] = [];
  const handlers = new Handlers().onNotification("n", async (value) => {
    begun.push(value);
    if (value === 1) await gate.promise;
    ended.push(value);
  });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("n001n000000011n001n000000012n001n000000013");
  assertEquals(begun, [1, 2, 3]);
  assertEquals(ended, [2, 3]);
  gate.resolve();
  await settled();
  assertEquals(ended, [2, 3, 1]);
});

Deno.test("a request made by a notification handler receives its result (notify/not-blocking)", async () => {
  const answers: string[] = [];
  const handlers = new Handlers().onNotificationBytes(
    "ask",
    async (_, { peer }) => {
      answers.push(await peer.requestText("what", ""));
    },
  );
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("n003ask00000000");
  assertEquals(script.heard(), "r0000004what00000000");
  await script.say("R000000000004this");
  assertEquals(answers, ["this"]);
});

Deno.test("the failure of a notification handler is reported, and the conversation continues (notify/handler-failure, notify/no-answer)", async () => {
  const failure = new Error("boom");
  const handlers = new Handlers()
    .onNotificationBytes("throws", () => {
      throw failure;
    })
    .onNotificationBytes("rejects", () => Promise.reject(failure))
    .onNotification("json", () => {});
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("n006throws00000000n007rejects00000000");
  assertEquals(script.events, [
    { type: "handler-error", operation: "throws", error: failure },
    { type: "handler-error", operation: "rejects", error: failure },
  ]);
  await script.say("n004json00000001{");
  const event = script.events[2];
  assert(event?.type === "invalid-input" && isValidationError(event.error));
  assertEquals(script.heard(), "");
  assertEquals(script.peer.state, "open");
});

Deno.test("a notification is sent as JSON, as text or as bytes", async () => {
  await using script = await ScriptedPeer.open();
  await script.peer.notify("seen", { id: 1 });
  await script.peer.notify("empty");
  await script.peer.notifyText("text", "hé");
  await script.peer.notifyBytes("raw", text.encode("hi"));
  await assertRejects(
    () => script.peer.notifyText("text", 5 as never),
    TypeError,
    'Cannot encode the payload of "text": got 5, wanted a string',
  );
  await settled();
  assertEquals(
    script.heard(),
    'n004seen00000008{"id":1}n005empty00000000n004text00000003h\u{c3}\u{a9}n003raw00000002hi',
  );
});

Deno.test("a notification is handled as text; one that is not UTF-8 is invalid input", async () => {
  const values: string[] = [];
  const handlers = new Handlers()
    .onNotificationText("text", (value) => void values.push(value));
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("n004text00000002hin004text00000000n004text00000001\xff");
  assertEquals(values, ["hi", ""]);
  assertEquals(script.events.map(({ type }) => type), ["invalid-input"]);
});

Deno.test("a notification that cannot be encoded is rejected, and nothing is sent", async () => {
  await using script = await ScriptedPeer.open();
  const { peer } = script;
  assert(
    isValidationError(await assertRejects(() => peer.notify("x", () => {}))),
  );
  assert(
    isLimitError(await assertRejects(() => peer.notify("x".repeat(4096)))),
  );
  await settled();
  assertEquals(script.heard(), "");
});

Deno.test("notify() waits while the remote peer does not read, and resolves when it reads again", async () => {
  await using script = await ScriptedPeer.open({
    limits: { writeHighWaterMarkBytes: 1000 },
  });
  script.channel.stall();
  await script.peer.notifyBytes("first", new Uint8Array(10));
  await settled();
  await script.peer.notifyBytes("second", new Uint8Array(900));
  const third = watch(script.peer.notifyBytes("third", new Uint8Array(100)));
  await settled();
  assertEquals(third.state, "pending");
  script.channel.resume();
  await settled();
  assertEquals(third.state, "resolved");
});

Deno.test("notify() rejects when the connection has ended or is ending", async () => {
  await using script = await ScriptedPeer.open();
  await script.peer.close();
  const error = await assertRejects(() => script.peer.notify("late"));
  assert(isConnectionClosedError(error) && error.outcome === "not-sent");

  const gate = Promise.withResolvers<void>();
  await using ended = await ScriptedPeer.open({
    handlers: new Handlers().handle("wait", () => gate.promise),
  });
  await ended.say("r0001004wait00000000");
  await ended.end();
  assert(isConnectionClosedError(
    await assertRejects(() => ended.peer.notify("late")),
  ));
  gate.resolve();
});
