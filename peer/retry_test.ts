import { assert, assertEquals } from "@std/assert";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { isConnectionClosedError } from "./connection_closed_error.ts";
import { Handlers } from "./handlers.ts";
import { isRetryError, RetryError } from "./retry_error.ts";

/** The wait of one second and the payload of a RetryResult. */
const BUSY = "000003e800000004busy";

Deno.test("a call repeats its request under a new ID after the wait and a jitter (request/retry-wait, request/retry-id)", async () => {
  await using script = await ScriptedPeer.open({ random: () => 0.5 });
  const call = script.peer.requestText("x", "hi");
  await settled();
  assertEquals(script.heard(), "r0000001x00000002hi");
  await script.say(`e0000${BUSY}`);
  assertEquals(script.events, [
    { type: "retry", operation: "x", attempt: 2, wait: 1050 },
  ]);
  await script.clock.advance(1049);
  assertEquals(script.heard(), "");
  await script.clock.advance(1);
  assertEquals(script.heard(), "r0001001x00000002hi");
  await script.say("R000100000002ok");
  assertEquals(await call, "ok");
});

Deno.test("a call delays its next attempt even if the wait is 0 (request/retry-bounded)", async () => {
  await using script = await ScriptedPeer.open({ random: () => 0.25 });
  const call = watch(script.peer.requestText("x", ""));
  await script.say("e00000000000000000000");
  script.heard();
  await script.clock.advance(24);
  assertEquals(script.heard(), "");
  await script.clock.advance(1);
  assertEquals(script.heard(), "r0001001x00000000");
  assertEquals(call.state, "pending");
});

Deno.test("the wait delays only the request that was refused (request/retry-scope)", async () => {
  await using script = await ScriptedPeer.open({
    limits: { maxPendingRequests: 1 },
  });
  const refused = watch(script.peer.requestText("a", ""));
  const waiting = watch(script.peer.requestText("b", ""));
  await settled();
  assertEquals(script.heard(), "r0000001a00000000");
  await script.say(`e0000${BUSY}`);
  assertEquals(script.heard(), "r0001001b00000000");
  await script.say("R000100000000");
  assertEquals(waiting.state, "resolved");
  assertEquals(refused.state, "pending");
  const next = watch(script.peer.requestText("c", ""));
  await settled();
  await script.say("R000200000000");
  assertEquals(next.state, "resolved");
});

Deno.test("a call fails after the maximum number of attempts (request/retry-bounded)", async () => {
  await using script = await ScriptedPeer.open({ retry: { attempts: 3 } });
  const call = watch(script.peer.requestText("x", ""));
  await settled();
  for (const id of ["0000", "0001"]) {
    await script.say(`e${id}${BUSY}`);
    await script.clock.advance(2000);
  }
  assertEquals(call.state, "pending");
  assertEquals(
    script.heard(),
    "r0000001x00000000r0001001x00000000r0002001x00000000",
  );
  await script.say(`e0002${BUSY}`);
  const error = call.rejection(isRetryError);
  assertEquals(error.wait, 1000);
  assertEquals(error.operation, "x");
  assertEquals(
    error.message,
    'Cannot complete "x": the remote peer requested a retry in 1000 ms, "busy"',
  );
});

Deno.test("a call makes five attempts by default", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.requestText("x", ""));
  for (const id of ["0000", "0001", "0002", "0003"]) {
    await script.say(`e${id}${BUSY}`);
    await script.clock.advance(2000);
  }
  assertEquals(call.state, "pending");
  await script.say(`e0004${BUSY}`);
  call.rejection(isRetryError);
});

Deno.test("a call fails at once if the wait exceeds maxWait", async () => {
  await using script = await ScriptedPeer.open({ retry: { maxWait: 1000 } });
  const accepted = watch(script.peer.requestText("x", ""));
  const rejected = watch(
    script.peer.requestText("x", "", { retry: { maxWait: 999 } }),
  );
  await script.say(`e0000${BUSY}e0001${BUSY}`);
  assertEquals(accepted.state, "pending");
  rejected.rejection(isRetryError);
});

Deno.test("retries can be turned off for a peer, and off or on for a call", async () => {
  await using off = await ScriptedPeer.open({ retry: false });
  const never = watch(off.peer.requestText("x", ""));
  const still = watch(off.peer.requestText("x", "", { retry: true }));
  await off.say(`e0000${BUSY}e0001${BUSY}`);
  never.rejection(isRetryError);
  assertEquals(still.state, "pending");

  await using on = await ScriptedPeer.open();
  const once = watch(on.peer.requestText("x", "", { retry: false }));
  await on.say(`e0000${BUSY}`);
  once.rejection(isRetryError);
});

Deno.test("a call's timeout bounds all its attempts together", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.requestText("x", "", { timeout: 1500 }));
  await script.say(`e0000${BUSY}`);
  await script.clock.advance(1100);
  assertEquals(script.heard(), "r0000001x00000000r0001001x00000000");
  await script.say(`e0001${BUSY}`);
  await script.clock.advance(399);
  assertEquals(call.state, "pending");
  await script.clock.advance(1);
  assertEquals((call.error as Error).name, "TimeoutError");
  await script.clock.advance(10_000);
  assertEquals(script.heard(), "");
});

Deno.test("a call that waits for its next attempt can be abandoned", async () => {
  await using script = await ScriptedPeer.open();
  const controller = new AbortController();
  const call = watch(
    script.peer.requestText("x", "", { signal: controller.signal }),
  );
  await script.say(`e0000${BUSY}`);
  const reason = new Error("not needed");
  controller.abort(reason);
  await settled();
  assertEquals(call.error, reason);
  assertEquals(script.clock.timers, 0);
  assertEquals(script.peer.stats.pending, 0);
});

Deno.test("a call that waits for its next attempt has the outcome not-sent when the connection ends", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.requestText("x", ""));
  await script.say(`e0000${BUSY}`);
  await script.peer.close();
  assertEquals(call.rejection(isConnectionClosedError).outcome, "not-sent");
  assertEquals(script.clock.timers, 0);
});

Deno.test("parts before a RetryResult are not part of the next result", async () => {
  await using script = await ScriptedPeer.open();
  const call = script.peer.requestText("x", "");
  await script.say(`S000000000003olde0000${BUSY}`);
  await script.clock.advance(2000);
  await script.say("S000100000003newS000100000000");
  assertEquals(await call, "new");
});

Deno.test("a result under the ID of an earlier attempt is dropped (request/retry-id)", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.requestText("x", ""));
  await script.say(`e0000${BUSY}R000000000003old`);
  assertEquals(call.state, "pending");
  await script.clock.advance(2000);
  await script.say("R000000000003oldR000100000003new");
  assertEquals(call.value, "new");
  assertEquals(script.peer.stats.dropped, 2);
});

Deno.test("a request that received an ErrorResult is not repeated (request/error-final)", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.requestText("x", ""));
  await script.say("E000000000004nope");
  assertEquals(call.state, "rejected");
  await script.clock.advance(60_000);
  assertEquals(script.heard(), "r0000001x00000000");
});

Deno.test("a handler can answer with a RetryResult", async () => {
  const handlers = new Handlers()
    .handle("busy", () => {
      throw new RetryError("later", { wait: 1000 });
    })
    .handleStream("busy", () => {
      throw new RetryError("later", { wait: 0xffffffff });
    })
    .handle("invalid", () => {
      throw new RetryError("later", { wait: -1 });
    });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001004busy00000000");
  assertEquals(script.heard(), "e0001000003e800000005later");
  await script.say("s0002004busy00000000p000200000000");
  assertEquals(script.heard(), "e0002ffffffff00000005later");
  assertEquals(script.events.filter((event) => event.type !== "drop"), []);
  await script.say("r0003007invalid00000000");
  assertEquals(script.heard(), "E00030000000einternal error");
});

Deno.test("a wait beyond the range of a timer does not repeat the request at once (request/retry-wait)", async () => {
  await using script = await ScriptedPeer.open({
    retry: { maxWait: Infinity },
  });
  const call = watch(script.peer.requestText("x", ""));
  await script.say("e0000ffffffff00000000");
  script.heard();
  await script.clock.advance(0xffffffff);
  assertEquals(script.heard(), "");
  await script.clock.advance(100);
  assert(script.heard().startsWith("r0001"));
  assertEquals(call.state, "pending");
});
