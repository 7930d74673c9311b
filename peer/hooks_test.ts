import { assert, assertEquals, assertMatch } from "@std/assert";
import { isConnectionClosedError } from "./connection_closed_error.ts";
import { Handlers } from "./handlers.ts";
import {
  callHook,
  type HookFailures,
  numberFrom,
  randomSource,
} from "./hooks.ts";
import { ScriptedPeer, watch, type Watched } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";

/** Records the failures of hooks. */
function recorded(): HookFailures & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    hookFailed: (hook, error) =>
      void lines.push(`${hook}: ${(error as Error).message}`),
  };
}

Deno.test("a hook that throws or rejects harms nobody, and its failure is reported", async () => {
  const failures = recorded();
  callHook("load", failures, () => {
    throw new Error("thrown");
  });
  // An unhandled rejection would fail the test.
  callHook("random", failures, () => Promise.reject(new Error("rejected")));
  callHook("onMessage", failures, () => {});
  await settled();
  assertEquals(failures.lines, ["load: thrown", "random: rejected"]);
});

Deno.test("an observer that rejects does not end the process or the conversation", async () => {
  await using script = await ScriptedPeer.open({
    onEvent: () => Promise.reject(new Error("rejected")),
    onMessage: () => Promise.reject(new Error("rejected")),
  });
  await script.say("n001a00000000");
  assertEquals(script.peer.state, "open");
});

Deno.test("a peer that a hook closes when it opens sends no heartbeats and leaves no timer", async () => {
  await using script: ScriptedPeer = await ScriptedPeer.open({
    handshake: false,
    limits: { heartbeatInterval: 1_000 },
    onEvent: (event) => {
      if (event.type === "state" && event.state === "open") {
        void script.peer.close();
      }
    },
  });
  await script.say("01");
  assertEquals(script.heard(), "01");
  await script.clock.advance(10_000);
  assertEquals(script.heard(), "");
});

Deno.test("a notification that a hook sends while the peer closes is rejected", async () => {
  let note: Watched<void> | undefined;
  await using script: ScriptedPeer = await ScriptedPeer.open({
    onEvent: (event) => {
      if (event.type === "state" && event.state === "closing") {
        note = watch(script.peer.notify("late"));
      }
    },
  });
  await script.peer.close();
  assertEquals(note!.rejection(isConnectionClosedError).outcome, "not-sent");
});

Deno.test("a request that a draining peer refuses is reported as such", async () => {
  await using script = await ScriptedPeer.open({
    handlers: new Handlers().handle("hang", () => new Promise(() => {})),
  });
  await script.say("r0000004hang00000000");
  const drained = watch(script.peer.drain({ timeout: 1_000, quiet: 0 }));
  await script.say("r0001001x00000000s0002001x00000000");
  assertEquals(
    script.events.map((event) => event.type === "refusal" && event.limit),
    ["draining", "draining"],
  );
  await script.clock.advance(1_000);
  assertEquals(drained.state, "resolved");
});

Deno.test("a number comes from a hook only if it returns one", async () => {
  const failing = [
    () => {
      throw new Error("thrown");
    },
    // An unhandled rejection would fail the test.
    () => Promise.reject(new Error("rejected")),
    () => "1",
    () => NaN,
  ] as (() => unknown)[] as (() => number)[];
  for (const hook of failing) {
    const failures = recorded();
    assertEquals(numberFrom("load", failures, hook), undefined);
    const random = randomSource(hook, failures)();
    assert(random >= 0 && random < 1);
    assert(failures.lines[0]!.startsWith("load: "));
    assert(failures.lines.some((line) => line.startsWith("random: ")));
  }
  const wrong = recorded();
  numberFrom("load", wrong, () => NaN);
  assertEquals(wrong.lines, [
    "load: Cannot use load: got NaN, wanted a number",
  ]);
  const failures = recorded();
  assertEquals(numberFrom("load", failures, () => 0.5), 0.5);
  assertEquals(randomSource(() => 0.5, failures)(), 0.5);
  assertEquals(failures.lines, []);
  assert(randomSource(() => 2, failures)() < 1);
  assertEquals(failures.lines, [
    "random: Cannot use random: got 2, wanted a number from 0 up to 1",
  ]);
  await settled();
});

Deno.test("a load that rejects counts as none", async () => {
  await using script = await ScriptedPeer.open({
    handshake: false,
    limits: { heartbeatInterval: 1_000 },
    load: (() => Promise.reject(new Error("rejected"))) as () => never,
  });
  await script.say("01");
  assertMatch(script.heard(), /^01h0000[0-9a-f]{8}$/);
});
