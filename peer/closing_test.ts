import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { isProtocolError, text } from "../codec/mod.ts";
import { memoryPair } from "../transport/mod.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { isConnectionClosedError } from "./connection_closed_error.ts";
import { Handlers } from "./handlers.ts";
import { Peer } from "./peer.ts";

/** Returns handlers that finish once the test calls `open`. */
function gated(): { handlers: Handlers; open(): void } {
  const gate = Promise.withResolvers<void>();
  const handlers = new Handlers()
    .handleText("wait", async (value) => (await gate.promise, value))
    .handleStream("wait", async function* (parts) {
      await gate.promise;
      yield* parts;
    });
  return { handlers, open: () => gate.resolve() };
}

Deno.test("close() writes the queued messages, then closes the channel in order (close/between)", async () => {
  await using script = await ScriptedPeer.open();
  void script.peer.notify("a");
  void script.peer.notify("b");
  await script.peer.close();
  assertEquals(script.heard(), "n001a00000000n001b00000000");
  assertEquals(script.channel.closedWith, { code: undefined });
  assertEquals(script.channel.abortedWith, undefined);
  const { clean, error } = await script.peer.closed;
  assertEquals([clean, error], [true, undefined]);
  assertEquals(script.states, ["open", "closing", "closed"]);
});

Deno.test("a requestor keeps its direction open while it awaits results (close/stay-open)", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.requestText("x", ""));
  const { writable } = script.peer.stream("up");
  await writable.close();
  await script.clock.advance(1e6);
  assertEquals(
    [script.channel.writeEnded, script.channel.closedWith, script.peer.state],
    [false, undefined, "open"],
  );
  await script.say("R000000000002ok");
  assertEquals(call.value, "ok");
});

Deno.test("close() settles every call with its outcome (close/pending)", async () => {
  await using script = await ScriptedPeer.open({
    limits: { maxPendingRequests: 1 },
  });
  const sent = watch(script.peer.requestText("sent", ""));
  const waiting = watch(script.peer.requestText("waiting", ""));
  const unopened = script.peer.stream("unopened");
  const reading = watch(unopened.readable.getReader().read());
  await settled();
  await script.peer.close();
  assertEquals(sent.rejection(isConnectionClosedError).outcome, "unknown");
  for (const call of [waiting, reading]) {
    const error = call.rejection(isConnectionClosedError);
    assertEquals(error.outcome, "not-sent");
  }
  const late = watch(script.peer.requestText("late", ""));
  await settled();
  const error = late.rejection(isConnectionClosedError);
  assertEquals(error.outcome, "not-sent");
  assertEquals(
    error.message,
    'Cannot complete "late": the connection is closed, the request was not sent',
  );
  assertEquals(script.heard(), "r0000004sent00000000");
});

Deno.test("a call whose request was queued when the connection broke has the outcome not-sent", async () => {
  await using script = await ScriptedPeer.open();
  script.channel.stall();
  const written = watch(script.peer.requestText("a", ""));
  await settled();
  const queued = watch(script.peer.requestText("b", ""));
  await settled();
  const cause = new Error("cable cut");
  script.channel.reset(cause);
  await settled();
  const error = written.rejection(isConnectionClosedError);
  assertEquals(error.outcome, "unknown");
  assertStrictEquals(error.cause, cause);
  assertEquals(queued.rejection(isConnectionClosedError).outcome, "not-sent");
});

Deno.test("close(), drain(), abort() and dispose may be combined in any order", async () => {
  const ways: Record<string, (peer: Peer) => unknown> = {
    close: (peer) => peer.close(),
    drain: (peer) => peer.drain(),
    abort: (peer) => peer.abort(),
    dispose: (peer) => peer[Symbol.asyncDispose](),
  };
  const names = Object.keys(ways);
  for (const first of names) {
    for (const second of names) {
      for (const busy of [false, true]) {
        const { handlers } = gated();
        await using script = await ScriptedPeer.open({ handlers });
        if (busy) await script.say("r0001004wait00000000");
        const ended = [
          ways[first]!(script.peer),
          ways[second]!(script.peer),
          ways[first]!(script.peer),
        ].map((ending) => watch(Promise.resolve(ending)));
        await script.clock.advance(5_000);
        assertEquals(
          ended.map(({ state }) => state),
          Array(3).fill("resolved"),
          `${first}, ${second}`,
        );
        assertEquals(script.peer.state, "closed");
        ways[second]!(script.peer);
        assertEquals(script.peer.stats.pending, 0);
      }
    }
  }
});

Deno.test("a peer can be closed before the remote version arrives", async () => {
  await using script = await ScriptedPeer.open({ handshake: false });
  const opened = watch(script.peer.opened);
  const call = watch(script.peer.requestText("x", ""));
  await script.peer.close();
  assertEquals(opened.state, "rejected");
  assertEquals(call.rejection(isConnectionClosedError).outcome, "unknown");
  assertEquals(script.heard(), "01r0000001x00000000");
});

Deno.test("drain() lets running calls of both peers finish, refuses new ones, then closes", async () => {
  const { handlers, open } = gated();
  await using script = await ScriptedPeer.open({
    extensions: false,
    handlers,
    random: () => 0,
  });
  const running = watch(script.peer.requestText("x", ""));
  const stream = script.peer.stream("y");
  const writer = stream.writable.getWriter();
  await writer.write(text.encode("a"));
  await script.say("r0001004wait00000002hi");
  script.heard();
  const drained = watch(script.peer.drain());
  assertEquals(script.peer.state, "draining");
  await script.say("R000000000002ok");
  assertEquals(running.value, "ok");
  await writer.write(text.encode("b"));
  await writer.close();
  await script.say("S000100000000");
  assertEquals(drained.state, "pending");
  script.heard();
  await script.say("r0002004wait00000000s0003004wait00000000");
  assertEquals(
    script.heard(),
    "e0002000001f40000000dshutting downe0003000001f40000000dshutting down",
  );
  open();
  await settled();
  assertEquals(script.heard(), "R000100000002hi");
  const refused = watch(script.peer.requestText("z", ""));
  await settled();
  assertEquals(refused.rejection(isConnectionClosedError).outcome, "not-sent");
  await script.clock.advance(100);
  assertEquals(drained.state, "resolved");
  assertEquals((await script.peer.closed).clean, true);
});

Deno.test("drain() sends the queued calls", async () => {
  await using script = await ScriptedPeer.open({
    limits: { maxPendingRequests: 1 },
  });
  const calls = ["a", "b"].map((operation) =>
    watch(script.peer.requestText(operation, ""))
  );
  const drained = watch(script.peer.drain());
  await script.say("R000000000000");
  await script.say("R000100000000");
  assertEquals(calls.map(({ state }) => state), ["resolved", "resolved"]);
  assertEquals(drained.state, "resolved");
});

Deno.test("drain() fails the calls that have not settled within its timeout", async () => {
  for (const timeout of [undefined, 100]) {
    const { handlers } = gated();
    await using script = await ScriptedPeer.open({ handlers });
    const call = watch(script.peer.requestText("x", ""));
    await script.say("r0001004wait00000000");
    const drained = watch(script.peer.drain(timeout ? { timeout } : {}));
    await script.clock.advance((timeout ?? 5_000) - 1);
    assertEquals(drained.state, "pending");
    await script.clock.advance(1);
    assertEquals(drained.state, "resolved");
    assertEquals(call.rejection(isConnectionClosedError).outcome, "unknown");
  }
});

Deno.test("drain() resolves at once when the connection ends", async () => {
  const { handlers } = gated();
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001004wait00000000");
  const drained = watch(script.peer.drain());
  script.channel.reset();
  await settled();
  assertEquals(drained.state, "resolved");
});

Deno.test("drain() completes a thousand running calls", async () => {
  const [left, right] = memoryPair();
  const { handlers, open } = gated();
  const limits = { maxConcurrentRequests: 1000, maxPendingRequests: 1000 };
  await using client = new Peer(left, { limits });
  await using server = new Peer(right, {
    handlers,
    role: "acceptor",
    limits,
  });
  const calls = Array.from(
    { length: 1000 },
    (_, index) => client.requestText("wait", `${index}`),
  );
  while (server.stats.running < 1000) await settled();
  const drained = Promise.all([client.drain(), server.drain()]);
  open();
  const answers = await Promise.all(calls);
  assertEquals(answers, Array.from({ length: 1000 }, (_, index) => `${index}`));
  await drained;
});

Deno.test("abort() ends the connection at once, and its reason reaches every call, stream and signal", async () => {
  const { handlers } = gated();
  await using script = await ScriptedPeer.open({ handlers });
  const call = watch(script.peer.requestText("x", ""));
  const { signal } = script.peer;
  const stream = script.peer.stream("y");
  await stream.writable.getWriter().write(text.encode("a"));
  const reading = watch(stream.readable.getReader().read());
  await script.say("r0001004wait00000000");
  const reason = new Error("enough");
  script.peer.abort(reason);
  await settled();
  assertStrictEquals(script.channel.abortedWith?.reason, reason);
  assertStrictEquals(call.rejection(isConnectionClosedError).cause, reason);
  assertStrictEquals(reading.rejection(isConnectionClosedError).cause, reason);
  assertStrictEquals(signal.reason, reason);
  const { clean, error } = await script.peer.closed;
  assertEquals(clean, false);
  assertStrictEquals(error, reason);
  assertEquals(script.states, ["open", "closing", "closed"]);
});

Deno.test("abort() ends a close() that is blocked", async () => {
  await using script = await ScriptedPeer.open();
  script.channel.stall();
  void script.peer.notify("x");
  await settled();
  const closing = watch(script.peer.close());
  await settled();
  assertEquals(closing.state, "pending");
  script.peer.abort();
  await settled();
  assertEquals(closing.state, "resolved");
});

Deno.test("a peer's signal aborts when the conversation has ended, also if it is first accessed later", async () => {
  await using script = await ScriptedPeer.open();
  const { signal } = script.peer;
  assertEquals(signal.aborted, false);
  assertStrictEquals(script.peer.signal, signal);
  await script.peer.close();
  assertEquals(signal.aborted, true);
  await using other = await ScriptedPeer.open();
  await other.peer.close();
  const late = other.peer.signal;
  await settled();
  assertEquals(late.aborted, true);
});

Deno.test("when the remote peer half-closes, running requests are answered, then the connection is closed (close/half-close)", async () => {
  const { handlers, open } = gated();
  await using script = await ScriptedPeer.open({ handlers });
  const call = watch(script.peer.requestText("x", ""));
  await script.say("r0001004wait00000002hi");
  await script.say("s0002004wait00000001ap000200000000");
  await script.end();
  assertEquals(call.rejection(isConnectionClosedError).outcome, "unknown");
  assertEquals(script.peer.state, "draining");
  const late = watch(script.peer.requestText("y", ""));
  await settled();
  assertEquals(late.rejection(isConnectionClosedError).outcome, "not-sent");
  script.heard();
  open();
  await settled();
  assertEquals(
    script.channel.takeMessages().map(({ kind }) => kind).toSorted(),
    ["SingleResult", "StreamResult", "StreamResult"],
  );
  assertEquals((await script.peer.closed).clean, true);
});

Deno.test("a half-close right after a request does not lose the result (close/half-close)", async () => {
  await using script = await ScriptedPeer.open({
    handlers: new Handlers().handleText("echo", (value) => value),
  });
  script.channel.send("r0001004echo00000002hi");
  await script.end();
  assertEquals(script.heard(), "R000100000002hi");
  assertEquals(script.peer.state, "closed");
});

Deno.test("a half-close within a stream errors the handler's input (stream/cut)", async () => {
  const inputs: string[] = [];
  const handlers = new Handlers().handleStream("up", async (parts) => {
    try {
      for await (const part of parts) inputs.push(text.decode(part));
    } catch (error) {
      inputs.push((error as Error).message);
      throw error;
    }
  });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001002up00000001a");
  await script.end();
  assertEquals(inputs, ["a", "the remote peer ended the connection"]);
  assertEquals(script.heard(), "E00010000000einternal error");
  assertEquals(script.peer.state, "closed");
});

Deno.test("a connection without running requests is closed in order when the remote peer ends it (close/between)", async () => {
  await using script = await ScriptedPeer.open();
  await script.end();
  assertEquals(script.channel.closedWith, { code: undefined });
  assertEquals((await script.peer.closed).clean, true);
});

Deno.test("without half-close, the end of the remote direction ends the conversation", async () => {
  const { handlers, open } = gated();
  await using script = await ScriptedPeer.open({ handlers, halfClose: false });
  const call = watch(script.peer.requestText("x", ""));
  await script.say("r0001004wait00000002hi");
  await script.end();
  assertEquals(call.rejection(isConnectionClosedError).outcome, "unknown");
  assertEquals(script.peer.state, "closed");
  open();
});

Deno.test("without half-close, a result right before the end is delivered", async () => {
  await using script = await ScriptedPeer.open({ halfClose: false });
  const call = watch(script.peer.requestText("x", ""));
  await settled();
  script.channel.send("R0000");
  script.channel.send("00000002ok");
  script.channel.end();
  await settled();
  assertEquals(call.value, "ok");
  assertEquals((await script.peer.closed).clean, true);
});

Deno.test("an end inside a message ends the conversation with code 2, and no handler runs (close/inside)", async () => {
  for (const rest of ["r", "r0001004ec", "r0001004echo00000002h", "f0000000"]) {
    const seen: string[] = [];
    await using script = await ScriptedPeer.open({
      handlers: new Handlers().handleOther((payload, { operation }) => {
        seen.push(operation);
        return payload;
      }),
    });
    await script.say(rest);
    await script.end();
    assertEquals(seen, []);
    assertEquals(script.heard(), "f00000002");
    const { error } = await script.peer.closed;
    assert(isProtocolError(error), rest);
  }
});

Deno.test("an end inside a message is a protocol error without half-close as well (close/inside)", async () => {
  await using script = await ScriptedPeer.open({ halfClose: false });
  const call = watch(script.peer.requestText("x", ""));
  await script.say("R0000000000ffhalf");
  await script.end();
  call.rejection(isConnectionClosedError);
  assert(isProtocolError((await script.peer.closed).error));
});

Deno.test("a peer can be closed while an unread answer pauses its reading", async () => {
  await using script = await ScriptedPeer.open({
    extensions: false,
    limits: { maxUnreadBytesPerStream: 10 },
  });
  const { readable, writable } = script.peer.stream("x");
  await writable.getWriter().write(text.encode("a"));
  await script.say("R000000000003all");
  await script.say("n001x00000000");
  assertEquals(script.peer.stats.messagesIn, 1);
  await script.peer.close();
  assertEquals(script.peer.state, "closed");
  assertEquals(await Array.fromAsync(readable), [text.encode("all")]);
});

Deno.test("a result that is cut within its payload fails its call (close/pending, close/inside)", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.requestText("x", ""));
  await script.say("R0000000000ffhalf");
  assertEquals(call.state, "pending");
  await script.end();
  const error = call.rejection(isConnectionClosedError);
  assertEquals(error.outcome, "unknown");
  assert(isProtocolError(error.cause));
});

Deno.test("a reset fails every call with its cause (close/pending)", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.requestText("x", ""));
  await settled();
  const cause = new Error("Connection reset by peer");
  script.channel.reset(cause);
  await settled();
  assertStrictEquals(call.rejection(isConnectionClosedError).cause, cause);
  const { clean, error } = await script.peer.closed;
  assertEquals(clean, false);
  assertStrictEquals(error, cause);
});

Deno.test("a failed write ends the conversation", async () => {
  await using script = await ScriptedPeer.open();
  const cause = new Error("Broken pipe");
  script.channel.breakWriting(cause);
  const call = watch(script.peer.requestText("x", ""));
  await settled();
  const error = call.rejection(isConnectionClosedError);
  assertEquals(error.outcome, "unknown");
  assertStrictEquals(error.cause, cause);
  assertStrictEquals((await script.peer.closed).error, cause);
});

Deno.test("closing has its timeout also if a write fails meanwhile", async () => {
  await using script = await ScriptedPeer.open({
    limits: { closeTimeout: 5000 },
  });
  script.channel.stall();
  void script.peer.notify("news");
  await settled();
  script.channel.close = () => new Promise(() => {});
  void script.peer.close();
  script.channel.remoteEnd = new Error("status 1001");
  script.channel.breakWriting();
  await script.clock.advance(4999);
  assertEquals(script.peer.state, "closing");
  await script.clock.advance(1);
  assertEquals(script.peer.state, "closed");
});

Deno.test("the results of handlers that finish after the end are not sent, and their failures are reported", async () => {
  const gate = Promise.withResolvers<void>();
  const handlers = new Handlers()
    .handle("late", () => gate.promise)
    .handle("fails", async () => {
      await gate.promise;
      throw new Error("too late");
    });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001004late00000000r0002005fails00000000");
  await script.peer.close();
  gate.resolve();
  await settled();
  assertEquals(script.heard(), "");
  assertEquals(script.events.map(({ type }) => type), ["handler-error"]);
  assertEquals(script.peer.stats.running, 0);
});

Deno.test("a handler can close or abort its peer", async () => {
  const handlers = new Handlers()
    .handleText("close", (_, { peer }) => {
      void peer.close();
      return "bye";
    })
    .onNotification("abort", (_, { peer }) => peer.abort());
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001005close00000000r0002005close00000000");
  assertEquals(script.heard(), "R000100000003bye");
  assertEquals(script.peer.state, "closed");
  await using other = await ScriptedPeer.open({ handlers });
  await other.say("n005abort00000000n005abort00000000");
  assertEquals(other.peer.state, "closed");
});

Deno.test("two peers that close at the same time both end in order", async () => {
  const [left, right] = memoryPair();
  const a = new Peer(left);
  const b = new Peer(right, { role: "acceptor" });
  await Promise.all([a.opened, b.opened]);
  await Promise.all([a.close(), b.close()]);
  assertEquals((await a.closed).clean, true);
  assertEquals((await b.closed).clean, true);
});

Deno.test("`await using` closes a peer", async () => {
  const [left, right] = memoryPair();
  const server = new Peer(right, { role: "acceptor" });
  {
    await using client = new Peer(left);
    await client.opened;
  }
  assertEquals((await server.closed).clean, true);
});

/** Lets writing fail because the remote peer has closed. */
async function closeRemotely({ channel, peer }: ScriptedPeer): Promise<Error> {
  const error = new Error("Broken pipe");
  channel.remoteEnd = new Error("status 1001");
  channel.breakWriting(error);
  void peer.notify("news");
  await settled();
  return error;
}

Deno.test("what the remote peer sent before it closed is read although writing fails: a result, and why it closed", async () => {
  await using script = await ScriptedPeer.open({ halfClose: false });
  const call = watch(script.peer.requestText("x", ""));
  await closeRemotely(script);
  assertEquals([script.peer.state, call.state], ["open", "pending"]);
  await script.say("R000000000002ok");
  assertEquals(call.value, "ok");
  await script.say("f00000003");
  const { error } = await script.peer.closed;
  assert(isProtocolError(error) && error.code === 3 && error.side === "remote");
});

Deno.test("a failed write is why the conversation ends if the remote peer sent nothing that explains it, at the end of its input or after a second", async () => {
  for (const ends of [true, false]) {
    await using script = await ScriptedPeer.open({ halfClose: false });
    const call = watch(script.peer.requestText("x", ""));
    const error = await closeRemotely(script);
    await script.clock.advance(999);
    assertEquals(script.peer.state, "open");
    if (ends) await script.end();
    else await script.clock.advance(1);
    assertStrictEquals((await script.peer.closed).error, error);
    assertStrictEquals(call.rejection(isConnectionClosedError).cause, error);
  }
});

Deno.test("a failed write ends the conversation at once if reading is paused, since nothing would be read", async () => {
  await using script = await ScriptedPeer.open({
    handlers: gated().handlers,
    halfClose: false,
    extensions: false,
    limits: { maxUnreadBytesPerStream: 1 },
  });
  // The stream is not read, and pauses reading.
  await script.say("s0001004wait00000002ab");
  const error = await closeRemotely(script);
  assertStrictEquals((await script.peer.closed).error, error);
});

Deno.test("an end after a stream that was refused is an orderly one (close/half-close)", async () => {
  await using script = await ScriptedPeer.open();
  await script.say("s0001004none00000000");
  await script.end();
  assertEquals((await script.peer.closed).clean, true);
});
