import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { isProtocolError } from "../codec/mod.ts";
import { Handlers } from "./handlers.ts";
import type { SpanContext, Tracer } from "./telemetry.ts";
import { RecordingTelemetry } from "./testing/recording_telemetry.ts";
import {
  ScriptedPeer,
  type ScriptedPeerOptions,
  watch,
} from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";

const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** What the first call of a requestor with telemetry hands on. */
const FIRST = `00-c${"1".padStart(31, "0")}-c${"1".padStart(15, "0")}-01`;

/** A notification of ASCII text. */
function notification(name: string, payload: string): string {
  const hex = (value: number, digits: number) =>
    value.toString(16).padStart(digits, "0");
  return `n${hex(name.length, 3)}${name}${hex(payload.length, 8)}${payload}`;
}

function trace(id: string, parent: string): string {
  return notification("gotalk:trace", id + parent);
}

/** A responder with telemetry and an echo. */
async function responder(
  options: ScriptedPeerOptions = {},
): Promise<{ script: ScriptedPeer; telemetry: RecordingTelemetry }> {
  const telemetry = new RecordingTelemetry("a");
  const handlers = new Handlers().handleText("echo", (value) => value)
    .handleStream("echo", (parts) => parts)
    .onNotificationBytes("note", () => {});
  const script = await ScriptedPeer.open({ handlers, telemetry, ...options });
  return { script, telemetry };
}

Deno.test("names of extensions are reserved (extension/reserved)", async () => {
  const handlers = new Handlers();
  const use = [
    () => handlers.handle("gotalk:x", () => 1),
    () => handlers.handleText("gotalk:x", () => ""),
    () => handlers.handleBytes("gotalk:x", (payload) => payload),
    () => handlers.handleStream("gotalk:", (parts) => parts),
    () => handlers.onNotification("gotalk:trace", () => {}),
    () => handlers.onNotificationBytes("gotalk:x", () => {}),
  ];
  for (const register of use) {
    assertThrows(register, TypeError, 'Cannot handle "gotalk:');
  }
  handlers.handle("gotalk", () => 1).handle("Gotalk:x", () => 1);
  await using script = await ScriptedPeer.open();
  await assertRejects(() => script.peer.notify("gotalk:x"), TypeError);
  assertEquals(script.heard(), "");
});

Deno.test("an unknown extension is dropped silently, and never reaches the application (extension/unknown)", async () => {
  for (const extensions of [true, false]) {
    let others = 0;
    const handlers = new Handlers().onOtherNotification(() => void others++);
    await using script = await ScriptedPeer.open({ handlers, extensions });
    await script.say(notification("gotalk:none", "x"));
    await script.say(notification("gotalk:\xff", "x"));
    await script.say(trace("0001", PARENT));
    await script.say(notification("other", "x"));
    assertEquals([others, script.events, script.heard()], [1, [], ""]);
    assertEquals(script.peer.stats.dropped, 0);
  }
});

Deno.test("a request continues the trace that precedes it (extension/trace)", async () => {
  for (const state of ["", "\nvendor=1,other=2"]) {
    const { script, telemetry } = await responder();
    await using _ = script;
    await script.say(
      trace("0001", PARENT + state) + "r0001004echo00000002hi" +
        "r0001004echo00000002hi",
    );
    assertEquals(script.heard(), "R000100000002hiR000100000002hi");
    const [first, second] = telemetry.spans;
    assertEquals(first!.parent, "b7ad6b7169203331");
    assertEquals(first!.context.traceId, "0af7651916cd43dd8448eb211c80319c");
    const text = first!.context.traceState as
      | { serialize(): string }
      | undefined;
    assertEquals(text?.serialize() ?? "", state.slice(1));
    assertEquals([first!.status, first!.ended], [1, 1]);
    // It is used once.
    assertEquals(second!.parent, undefined);
  }
});

Deno.test("a stream request continues the trace that precedes it (extension/trace)", async () => {
  const { script, telemetry } = await responder();
  await using _ = script;
  await script.say(trace("0001", PARENT) + "s0001004echo00000002hi");
  const [span] = telemetry.spans;
  assertEquals([span!.parent, span!.ended], ["b7ad6b7169203331", 0]);
  await script.say("p000100000000");
  assertEquals(script.heard(), "S000100000002hiS000100000000");
  assertEquals([span!.status, span!.ended], [1, 1]);
});

Deno.test("a result takes no trace of the request with the same ID (extension/trace)", async () => {
  const { script, telemetry } = await responder({
    limits: { maxPayloadBytes: 100 },
  });
  await using _ = script;
  const call = watch(script.peer.request("big"));
  const result = `R000000000065${"x".repeat(0x65)}`;
  await script.say(trace("0000", PARENT) + result + "r0000004echo00000002hi");
  assertEquals(call.state, "rejected");
  const span = telemetry.spans.find(({ name }) => name === "echo");
  assertEquals(span!.parent, "b7ad6b7169203331");
});

Deno.test("a malformed trace is dropped and counted (extension/trace-malformed)", async () => {
  const { script, telemetry } = await responder();
  await using _ = script;
  const malformed = [
    "",
    "0001",
    `0001${PARENT.slice(1)}`,
    `0001${PARENT.toUpperCase()}`,
    `0001ff${PARENT.slice(2)}`,
    `000100-${"0".repeat(32)}-b7ad6b7169203331-01`,
    `000100-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01`,
    `0001${PARENT} `,
    `0001${PARENT}\n`,
    `0001${PARENT}\n${"x".repeat(513)}`,
    `0001${PARENT}\na\x00`,
  ];
  for (const payload of malformed) {
    await script.say(notification("gotalk:trace", payload));
  }
  await script.say("r0001004echo00000002hi");
  assertEquals(telemetry.spans[0]!.parent, undefined);
  assertEquals(script.peer.stats.dropped, malformed.length);
  assertEquals(script.events.length, malformed.length);
  for (const event of script.events) {
    assert(event.type === "drop" && event.reason === "malformed");
  }
});

Deno.test("one trace waits for each request, and 64 for a connection (extension/trace-waiting)", async () => {
  const { script, telemetry } = await responder();
  await using _ = script;
  const ids = Array.from({ length: 65 }, (_, n) => String(1000 + n));
  const other = PARENT.replace("b7", "b8");
  await script.say(ids.map((id) => trace(id, PARENT)).join(""));
  await script.say(trace("1000", other));
  assertEquals(script.peer.stats.dropped, 2);
  for (const id of ["1000", "1064"]) {
    await script.say(`r${id}004echo00000002hi`);
  }
  assertEquals(telemetry.spans.map(({ parent }) => parent), [
    "b8ad6b7169203331",
    undefined,
  ]);
});

Deno.test("the trace of a request that is refused is forgotten (extension/trace-waiting)", async () => {
  const { script, telemetry } = await responder({
    limits: { maxPayloadBytes: 64, maxSkippedBytes: 64 * 1024 },
  });
  await using _ = script;
  await script.say(trace("0001", PARENT) + "r0001004none00000000");
  await script.say(
    trace("0002", PARENT) + "r0002004echo00000041" + "x".repeat(65),
  );
  await script.say("r0001004echo00000002hir0002004echo00000002hi");
  assertEquals(telemetry.spans.map(({ parent }) => parent), [
    undefined,
    undefined,
  ]);
});

Deno.test("a flood of traces without requests ends the conversation (limits/idle-messages)", async () => {
  const { script } = await responder({ limits: { maxUnproductiveBurst: 10 } });
  await using _ = script;
  await script.say(trace("0001", PARENT).repeat(12));
  const { error } = await script.peer.closed;
  assert(isProtocolError(error) && error.code === 2);
});

Deno.test("traces that requests follow are no unproductive messages", async () => {
  const { script, telemetry } = await responder({
    limits: { maxUnproductiveBurst: 2, maxUnproductivePerSecond: 1 },
  });
  await using _ = script;
  await script.say(
    (trace("0001", PARENT) + "r0001004echo00000002hi").repeat(100),
  );
  assertEquals([script.peer.state, telemetry.spans.length], ["open", 100]);
});

Deno.test("a requestor with a tracer sends its trace right before the request (extension/trace)", async () => {
  const telemetry = new RecordingTelemetry("c");
  await using script = await ScriptedPeer.open({ telemetry });
  const call = watch(script.peer.requestText("echo", "hi"));
  assertEquals(script.heard(), ""); // it leaves with the turn
  await script.say("");
  assertEquals(
    script.heard(),
    trace("0000", FIRST) + "r0000004echo00000002hi",
  );
  await script.say("R000000000002hi");
  assertEquals(call.value, "hi");
  assertEquals(telemetry.spans[0]!.kind, 2);
  assertEquals(telemetry.spans[0]!.ended, 1);
});

Deno.test("a request that is repeated has its trace again, and a stream has one (extension/trace)", async () => {
  const telemetry = new RecordingTelemetry("c");
  telemetry.state = "a=b";
  await using script = await ScriptedPeer.open({ telemetry });
  watch(script.peer.requestText("echo", "hi"));
  await script.say("");
  const sent = (id: string) =>
    `${trace(id, `${FIRST}\na=b`)}r${id}004echo00000002hi`;
  assertEquals(script.heard(), sent("0000"));
  await script.say("e00000000000100000000");
  await script.clock.advance(1_000);
  assertEquals(script.heard(), sent("0001"));
  const { readable } = script.peer.stream("echo");
  const all = watch(Array.fromAsync(readable));
  await script.clock.advance(1_000); // it waits for data to go out with
  assert(/^n00cgotalk:trace0000003f0002.*s0002004echo/s.test(script.heard()));
  assertEquals(telemetry.spans[1]!.ended, 0);
  await script.say("S000200000000");
  assertEquals([all.state, telemetry.spans[1]!.ended], ["resolved", 1]);
});

Deno.test("without extensions, no trace is sent or used", async () => {
  const { script, telemetry } = await responder({ extensions: false });
  await using _ = script;
  watch(script.peer.requestText("x", ""));
  await script.say(trace("0001", PARENT) + "r0001004echo00000002hi");
  assertEquals(script.heard(), "r0000001x00000000R000100000002hi");
  assertEquals(telemetry.spans.map(({ parent }) => parent), [
    undefined,
    undefined,
  ]);
});

Deno.test("a trace whose IDs are none is not sent (extension/trace)", async () => {
  const telemetry = new RecordingTelemetry("c");
  const { getTracer } = telemetry.trace;
  let context: SpanContext | undefined;
  Object.assign(telemetry.trace, {
    getTracer: () => ({
      startSpan: (...args: Parameters<Tracer["startSpan"]>) => ({
        ...getTracer("").startSpan(...args),
        spanContext: () => context,
      }),
    }),
  });
  await using script = await ScriptedPeer.open({ telemetry });
  const [traceId, spanId] = ["c".repeat(32), "c".repeat(16)];
  const contexts = [
    undefined,
    { traceId: "0".repeat(32), spanId, traceFlags: 0 },
    { traceId, spanId: "0".repeat(16), traceFlags: 0 },
    { traceId: "none", spanId, traceFlags: 0 },
  ];
  for (const [n, each] of contexts.entries()) {
    context = each;
    watch(script.peer.requestText("x", ""));
    await settled();
    assertEquals(script.heard(), `r000${n}001x00000000`);
  }
  assertEquals(script.events, []);
});
