import { assertEquals, assertIsError, assertRejects } from "@std/assert";
import { ProtocolError } from "../../codec/mod.ts";
import { ConnectionClosedError } from "../../peer/connection_closed_error.ts";
import { VirtualClock } from "../../peer/testing/virtual_clock.ts";
import { Caller } from "./_caller.ts";
import type { Connection } from "./_conversation.ts";

/** A connection in memory, of which the test is the other end. */
class FakeConn implements Connection {
  /** What the caller has written since it was last read, a character a byte. */
  written = "";
  /** Whether the caller has ended its direction. */
  isEnded = false;
  isClosed = false;
  /** Whether the test reads nothing, so that writes wait. */
  isFull = false;
  /** How many chunks wait to be read by the caller. */
  get waiting(): number {
    return this.#chunks.length;
  }
  #chunks: (Uint8Array | null)[] = [];
  #wake = () => {};
  readonly #closed = Promise.withResolvers<void>();

  /** Sends a character a byte; `null` is the end. */
  send(text: string | null): void {
    this.#chunks.push(
      text === null
        ? null
        : Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
    );
    this.#wake();
  }

  /** Returns what the caller has written since this was last called. */
  take(): string {
    const { written } = this;
    this.written = "";
    return written;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#chunks.length === 0) {
      if (this.isClosed) throw new Deno.errors.BadResource("closed");
      await new Promise<void>((wake) => this.#wake = wake);
    }
    const chunk = this.#chunks.shift()!;
    if (chunk === null) return null;
    buffer.set(chunk);
    return chunk.byteLength;
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.isFull) {
      await this.#closed.promise;
      throw new Deno.errors.BadResource("closed");
    }
    // A byte at a time, as a connection may.
    const [byte] = bytes;
    if (byte === undefined) return 0;
    this.written += String.fromCharCode(byte);
    return 1;
  }

  // deno-lint-ignore require-await -- as the interface has it
  async closeWrite(): Promise<void> {
    this.isEnded = true;
  }

  close(): void {
    this.isClosed = true;
    this.#closed.resolve();
    this.#wake();
  }
}

async function open() {
  const conn = new FakeConn();
  const clock = new VirtualClock();
  const caller = new Caller(conn, clock);
  conn.send("01");
  await caller.conversation.open();
  await clock.advance(0);
  return { conn, clock, caller };
}

const BYTES = new TextEncoder().encode("hi");

/** What a heartbeat is. */
const BEAT = /^h0000[\da-f]{8}$/;

function isBeat(text: string): boolean {
  return BEAT.test(text);
}

Deno.test("the version is written first, then a heartbeat, and one every 20 seconds (heartbeat/interval)", async () => {
  const { conn, clock, caller } = await open();
  const first = conn.take();
  assertEquals([first.slice(0, 2), isBeat(first.slice(2))], ["01", true]);
  await clock.advance(19_999);
  assertEquals(conn.take(), "");
  await clock.advance(1);
  assertEquals(isBeat(conn.take()), true);
  await clock.advance(20_000);
  assertEquals(isBeat(conn.take()), true);
  caller.conversation.abort(undefined);
  await clock.advance(60_000);
  assertEquals([conn.take(), clock.timers], ["", 0]);
});

Deno.test("a server that sends no heartbeats may be silent, one that does may not (heartbeat/armed, heartbeat/timeout)", async () => {
  const { conn, clock, caller } = await open();
  const call = caller.request("echo", BYTES, { timeout: 900_000 });
  await clock.advance(600_000);
  assertEquals(conn.isClosed, false);
  conn.send("h000060000000");
  await clock.advance(44_999);
  conn.send("n001a00000000");
  await clock.advance(44_999);
  assertEquals(conn.isClosed, false);
  const ended = assertRejects(() => call, ConnectionClosedError);
  await clock.advance(1);
  const { outcome, cause } = await ended as ConnectionClosedError;
  assertEquals(outcome, "unknown");
  assertIsError(cause, ProtocolError, "received nothing for 45000 ms");
  assertEquals(conn.take().slice(-9), "f00000003");
  assertEquals(conn.isClosed, true);
  assertEquals(clock.timers, 0);
});

Deno.test("a request is repeated after the wait, and five times at most (request/retry-bounded)", async () => {
  const { conn, clock, caller } = await open();
  conn.take();
  const call = caller.request("echo", BYTES, { timeout: 60_000 });
  const failed = assertRejects(() => call, Error, "requested a retry in 16 ms");
  for (let attempt = 0; attempt < 5; attempt++) {
    await clock.advance(0);
    const [, id] = /^r(.{4})004echo00000002hi$/.exec(conn.take()) ?? [];
    conn.send(`e${id}0000001000000004busy`);
    await clock.advance(15);
    assertEquals(conn.take(), "");
    await clock.advance(101);
  }
  await failed;
  assertEquals(conn.take(), "");
});

Deno.test("a call that takes too long is cancelled, and its late answer dropped (extension/cancel)", async () => {
  const { conn, clock, caller } = await open();
  conn.take();
  const call = caller.request("slow", BYTES, { timeout: 1_000 });
  const late = assertRejects(() => call, DOMException, "within 1000 ms");
  await clock.advance(1_000);
  await late;
  assertEquals(
    conn.take(),
    "r0000004slow00000002hin00dgotalk:cancel0000000b0000timeout",
  );
  const next = caller.request("echo", BYTES, { timeout: 1_000 });
  conn.send("R000000000004lateR000100000002ok");
  assertEquals(new TextDecoder().decode(await next), "ok");
});

Deno.test("a call that is abandoned is cancelled", async () => {
  const { conn, caller } = await open();
  conn.take();
  const controller = new AbortController();
  const { signal } = controller;
  const call = caller.request("slow", BYTES, { signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => call, Error, "enough");
  conn.send(null);
  await caller.close();
  assertEquals(
    conn.take(),
    "r0000004slow00000002hin00dgotalk:cancel000000040000",
  );
});

Deno.test("an answered caller closes at once, one that has notified waits five seconds for the remote end", async () => {
  const { conn, caller } = await open();
  const call = caller.request("echo", BYTES, {});
  conn.send("R000000000002ok");
  await call;
  await caller.close();
  assertEquals([conn.isEnded, conn.isClosed], [false, true]);

  const other = await open();
  await other.caller.notify("note", BYTES);
  const closed = other.caller.close();
  await other.clock.advance(4_999);
  assertEquals([other.conn.isEnded, other.conn.isClosed], [true, false]);
  await other.clock.advance(1);
  await closed;
  assertEquals([other.conn.isClosed, other.clock.timers], [true, 0]);
  assertEquals(await other.caller.conversation.closed, { error: undefined });
});

Deno.test("a fault that is reported of a notification is what the conversation ended with", async () => {
  const { conn, caller } = await open();
  await caller.notify("note", BYTES);
  const closed = caller.close();
  conn.send("f00000002");
  await closed;
  const { error } = await caller.conversation.closed;
  assertEquals(error instanceof ProtocolError && error.code, 2);
  await assertRejects(() => caller.notify("note", BYTES), Error, "not sent");
  await assertRejects(() => caller.request("a", BYTES, {}), Error, "not sent");
});

Deno.test("a message that is malformed is reported, and what comes behind it is not read (error/invalid)", async () => {
  const { conn, clock, caller } = await open();
  conn.take();
  const call = caller.request("echo", BYTES, {});
  const failed = assertRejects(() => call, Error, "may have been carried out");
  conn.send("n00x");
  conn.send("R000000000002ok");
  await failed;
  await clock.advance(0);
  assertEquals(conn.take().slice(-9), "f00000002");
  assertEquals(conn.isClosed, true);
});

Deno.test("the end of the connection ends the wait for a retry", async () => {
  for (
    const [end, cause] of [
      [null, "the remote peer ended the connection"],
      ["f00000002", "Cannot continue the conversation"],
      ["zzzz", "Cannot decode a message"],
    ] as const
  ) {
    const { conn, clock, caller } = await open();
    const call = caller.request("echo", BYTES, { timeout: 60_000 });
    const ended = assertRejects(() => call, ConnectionClosedError);
    conn.send("e00000000271000000004busy");
    await clock.advance(5_000);
    conn.send(end);
    await clock.advance(0);
    const error = await ended as ConnectionClosedError;
    assertEquals(error.outcome, "not-sent");
    assertIsError(error.cause, Error, cause);
  }
});

Deno.test("a request that times out between two attempts was not sent again", async () => {
  const { conn, clock, caller } = await open();
  const call = caller.request("echo", BYTES, { timeout: 1_000 });
  const late = assertRejects(
    () => call,
    DOMException,
    "within 1000 ms, the request was not sent",
  );
  conn.send("e00000000271000000004busy");
  await clock.advance(500);
  conn.take();
  await clock.advance(60_000);
  await late;
  assertEquals(/r.{4}004echo|cancel/.test(conn.take()), false);
});

Deno.test("however many requests are sent, they have one timer", async () => {
  const { conn, clock, caller } = await open();
  const { timers } = clock;
  for (let n = 0; n < 64; n++) {
    const call = caller.request("echo", BYTES, { timeout: 30_000 });
    await clock.advance(1);
    const [, id] = /r(.{4})004echo/.exec(conn.take()) ?? [];
    conn.send(`R${id}000000011`);
    await call;
  }
  assertEquals(clock.timers, timers + 1);
  const last = caller.request("echo", BYTES, { timeout: 20_000 });
  const late = assertRejects(() => last, DOMException, "within 20000 ms");
  await clock.advance(20_000);
  await late;
});

Deno.test("a peer that drains is sent no request, whatever it answers (extension/drain)", async () => {
  const { conn, clock, caller } = await open();
  const call = caller.request("echo", BYTES, {});
  const refused = assertRejects(
    () => call,
    ConnectionClosedError,
    'the remote peer is draining: "bye", the request was not sent',
  );
  conn.send("n00cgotalk:drain00000003byee00000000000100000004busy");
  await refused;
  await clock.advance(0);
  conn.take();
  await assertRejects(() => caller.request("echo", BYTES, {}), Error, "bye");
  await caller.notify("note", BYTES);
  assertEquals(conn.take(), "n004note00000002hi");
});

Deno.test("a notification that cannot be written before the end was not sent", async () => {
  for (const end of [null, "f00000002", "zzzz"]) {
    const { conn, clock, caller } = await open();
    conn.isFull = true;
    const sent = caller.notify("note", BYTES);
    const failed = assertRejects(
      () => sent,
      ConnectionClosedError,
      "not sent",
    );
    await clock.advance(0);
    conn.send(end);
    await failed;
  }
});

Deno.test("a notification that was written before the end was sent", async () => {
  const { conn, caller } = await open();
  const sent = caller.notify("note", BYTES);
  conn.send(null);
  await sent;
  await caller.close();
  assertEquals(await caller.conversation.closed, { error: undefined });
  assertEquals(conn.take().slice(-18), "n004note00000002hi");
});

Deno.test("a result that is too large fails the call at its header, and is skipped", async () => {
  const { conn, caller } = await open();
  const call = caller.request("echo", BYTES, {});
  conn.send("R000001000001zz");
  await assertRejects(() => call, Error, "its payload is 16777217 bytes");
  assertEquals(conn.take().includes("cancel"), false);
  const next = caller.request("echo", BYTES, {});
  for (let left = 0x1000001 - 2; left > 0;) {
    const size = Math.min(left, 64 * 1024);
    conn.send("z".repeat(size));
    left -= size;
  }
  conn.send("R000100000002ok");
  assertEquals(new TextDecoder().decode(await next), "ok");
});

Deno.test("a payload that is not even skipped ends the conversation, at the offset of its size (limits/skip)", async () => {
  const { conn, caller } = await open();
  const call = caller.request("echo", BYTES, {});
  const ended = assertRejects(() => call, ConnectionClosedError);
  conn.send("R000004000001");
  const { cause } = await ended as ConnectionClosedError;
  assertIsError(cause, ProtocolError, "wanted at most 67108864, at byte 7");
});

Deno.test("parts of any sizes are joined (request/joined-answer)", async () => {
  const { conn, caller } = await open();
  const call = caller.request("echo", BYTES, {});
  let wanted = "", sent = "";
  for (let size = 1; size < 1_000; size = Math.ceil(size * 1.3)) {
    for (const part of ["x", "y".repeat(size)]) {
      wanted += part;
      sent += `S0000${part.length.toString(16).padStart(8, "0")}${part}`;
    }
  }
  for (let at = 0; at < sent.length; at += 777) {
    conn.send(sent.slice(at, at + 777));
  }
  conn.send("S000000000000");
  assertEquals(new TextDecoder().decode(await call), wanted);
});

Deno.test("a peer that reads no answers to its requests is not read either", async () => {
  const { conn, clock, caller } = await open();
  conn.isFull = true;
  const call = caller.request("echo", BYTES, { timeout: 1_000 });
  const late = assertRejects(() => call, DOMException, "within 1000 ms");
  for (let n = 0; n < 100; n++) conn.send("r0001004ping00000000".repeat(100));
  await clock.advance(1_000);
  await late;
  assertEquals(conn.waiting > 80, true, `${conn.waiting} of 100 are unread`);
});

Deno.test("a result whose parts are too large is cancelled, and the peer told why", async () => {
  const { conn, clock, caller } = await open();
  const call = caller.request("echo", BYTES, {});
  const failed = assertRejects(() => call, Error, "its payload is 16777217");
  conn.send("S000001000001zz");
  await failed;
  await clock.advance(0);
  const cancel = "n00dgotalk:cancel000000140000result too large";
  assertEquals(conn.take().slice(-cancel.length), cancel);
});

Deno.test("a caller that has sent nothing closes at once", async () => {
  const { conn, caller } = await open();
  const name = "x".repeat(5_000);
  await assertRejects(() => caller.request(name, BYTES, {}), Error, "5000");
  await assertRejects(() => caller.notify(name, BYTES), Error, "5000");
  await caller.close();
  assertEquals([conn.isEnded, conn.isClosed], [false, true]);
});
