/**
 * Our own subject: each command, between two of its connections and against written bytes.
 *
 * @module
 */

import { json, text } from "../../../mod.ts";
import { memoryPair, WriteUnits } from "../../../transport/mod.ts";
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  AdapterError,
  type CallReport,
  type CommandName,
  type ConnectionOptions,
  type ConnectionReport,
  SkippedError,
} from "../../subject.ts";
import { GotalkSubject } from "./subject.ts";

const PATIENCE = 20_000;
const HI = text.encode("hi");

/** Two connections of a subject that are connected with one another. */
interface Connected {
  readonly subject: GotalkSubject;
  readonly initiator: string;
  readonly acceptor: string;
}

async function connected(
  subject: GotalkSubject,
  transport: "tcp" | "unix" | "websocket" = "tcp",
  options: ConnectionOptions = {},
): Promise<Connected> {
  const { listener, address } = await subject.ask("listen", {
    transport,
    options,
  });
  const { connection, state } = await subject.ask("connect", {
    address,
    options,
  });
  assertEquals(state, "open");
  const report = await subject.ask("report", { listener, timeout: PATIENCE });
  const { connections } = report as { connections: readonly string[] };
  const [acceptor = ""] = connections;
  return { subject, initiator: connection, acceptor };
}

async function single(
  { subject, initiator: connection }: Connected,
  operation: string,
  payload: unknown,
  retry = false,
): Promise<CallReport> {
  const { call } = await subject.ask("request", {
    connection,
    operation,
    payload: given(payload),
    retry,
  });
  return await settled(subject, call);
}

async function streamed(
  { subject, initiator: connection }: Connected,
  operation: string,
  ...parts: unknown[]
): Promise<CallReport> {
  const { call } = await subject.ask("open-stream", { connection, operation });
  for (const part of parts) {
    await subject.ask("write", { call, payload: given(part) });
  }
  await subject.ask("end", { call });
  return await settled(subject, call);
}

async function settled(
  subject: GotalkSubject,
  call: string,
): Promise<CallReport> {
  const report = await subject.ask("report", { call, timeout: PATIENCE });
  return report as CallReport;
}

async function reportOf(
  subject: GotalkSubject,
  connection: string,
  enough: { notes?: number; heartbeats?: number } = {},
): Promise<ConnectionReport> {
  const args = { connection, timeout: PATIENCE, ...enough };
  return await subject.ask("report", args) as ConnectionReport;
}

function given(payload: unknown): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  return typeof payload === "string"
    ? text.encode(payload)
    : json.encode(payload);
}

function result(payload: string): CallReport {
  return { outcome: "result", payload: text.encode(payload) };
}

function stream(...parts: string[]): CallReport {
  return {
    outcome: "stream",
    ended: true,
    parts: parts.map((part) => text.encode(part)),
  };
}

for (const transport of ["tcp", "unix", "websocket"] as const) {
  Deno.test(`GotalkSubject answers the standard operations over ${transport}`, async () => {
    await using subject = new GotalkSubject();
    const pair = await connected(subject, transport);

    assertEquals(await single(pair, "echo", "hi"), result("hi"));
    assertEquals(await single(pair, "echo", ""), result(""));
    assertEquals(await single(pair, "fail", Uint8Array.of(0xff)), {
      outcome: "error",
      payload: Uint8Array.of(0xff),
    });
    assertEquals(await single(pair, "retry", { wait: 7, text: "later" }), {
      outcome: "retry",
      wait: 7,
      payload: text.encode("later"),
    });
    assertEquals(await single(pair, "delay", { ms: 1 }), result("ok"));
    const delay = { ms: 0, payload: "é" };
    assertEquals(await single(pair, "delay", delay), result("é"));
    assertEquals(
      await single(pair, "size", { bytes: 28 }),
      result("abcdefghijklmnopqrstuvwxyzab"),
    );
    for (
      const [operation, payload, answer] of [
        ["echo", "hi", result("hi")],
        ["fail", "no", { outcome: "error", payload: text.encode("no") }],
        ["retry", '{"wait":3,"text":"x"}', {
          outcome: "retry",
          wait: 3,
          payload: text.encode("x"),
        }],
      ] as const
    ) {
      assertEquals(
        await single(pair, "call-back", { operation, payload }),
        answer,
      );
    }
    assertEquals((await single(pair, "crash", "")).outcome, "error");
    assertEquals((await single(pair, "size", "not JSON")).outcome, "error");
    assertEquals((await single(pair, "no such", "")).outcome, "error");

    assertEquals(
      await streamed(pair, "stream-echo", "a", "b"),
      stream("a", "b"),
    );
    assertEquals(await streamed(pair, "stream-echo"), stream());
    assertEquals(await streamed(pair, "stream-length", "ab", "c"), stream("3"));
    assertEquals(
      await streamed(pair, "count", '{"par', 'ts":2}'),
      stream("1", "2"),
    );
    assertEquals(
      await streamed(pair, "count", { parts: 1, bytes: 3 }),
      stream("abc"),
    );
    assertEquals(await streamed(pair, "fail", "n", "o"), {
      outcome: "error",
      payload: text.encode("no"),
      parts: [],
    });
    assertEquals(await streamed(pair, "ignore", "a"), stream("ok"));
    assertEquals((await streamed(pair, "crash", "a")).outcome, "error");

    assertEquals(await single(pair, "close-after", ""), result("ok"));
    const { state, message } = await reportOf(subject, pair.initiator);
    assertEquals([state, message], ["closed", undefined]);
  });
}

Deno.test("GotalkSubject remembers notifications, and does what two of them say", async () => {
  await using subject = new GotalkSubject();
  const pair = await connected(subject);
  const notify = (name: string, payload?: Uint8Array) =>
    subject.ask("notify", {
      connection: pair.initiator,
      name,
      ...payload && { payload },
    });
  await notify("crash");
  await notify("hello", HI);
  const ask = json.encode({ operation: "echo", payload: "back" });
  await notify("ask", ask);
  const notes = [
    { name: "crash", payload: new Uint8Array(0) },
    { name: "hello", payload: HI },
    { name: "ask", payload: ask },
    { name: "asked", payload: text.encode("back") },
  ];
  const report = await reportOf(subject, pair.acceptor, { notes: 4 });
  assertEquals(report.notes, notes);
  const { payload } = await single(pair, "notes", "");
  assertEquals(
    json.decode(payload!),
    notes.map(({ name, payload }) => ({ name, payload: payload.toHex() })),
  );
});

Deno.test("GotalkSubject gives up calls, and reports what waits", async () => {
  await using subject = new GotalkSubject();
  const pair = await connected(subject);
  const { initiator: connection } = pair;
  const held = await subject.ask("request", { connection, operation: "hold" });
  const stream = await subject.ask("open-stream", {
    connection,
    operation: "stream-echo",
  });
  await subject.ask("write", { call: stream.call, payload: HI });
  assertEquals(
    await subject.ask("report", { ...stream, parts: 1, timeout: PATIENCE }),
    { outcome: "stream", ended: false, parts: [HI] },
  );
  assertEquals(await subject.ask("report", held), { outcome: "pending" });
  for (const { call } of [held, stream]) await subject.ask("cancel", { call });
  assertEquals(await settled(subject, held.call), { outcome: "cancelled" });
  assertEquals(await settled(subject, stream.call), {
    outcome: "cancelled",
    parts: [HI],
  });
  // What comes behind the end of a call is taken and dropped.
  await subject.ask("write", { call: stream.call, payload: HI });
  await subject.ask("end", { call: stream.call });
  assertEquals(await single(pair, "echo", "hi"), result("hi"));
});

Deno.test("GotalkSubject tells calls that their connection is closed", async () => {
  await using subject = new GotalkSubject();
  const pair = await connected(subject);
  const { initiator: connection } = pair;
  const { call } = await subject.ask("request", {
    connection,
    operation: "hold",
  });
  const unopened = await subject.ask("open-stream", {
    connection,
    operation: "stream-echo",
  });
  await subject.ask("close", { connection });
  const { state, message } = await reportOf(subject, connection);
  assertEquals([state, message], ["closed", undefined]);
  assertEquals((await settled(subject, call)).outcome, "closed");
  assertEquals((await settled(subject, unopened.call)).outcome, "closed");
  assertEquals((await single(pair, "echo", "hi")).outcome, "closed");
});

Deno.test("GotalkSubject repeats requests when it is told to", async () => {
  await using subject = new GotalkSubject();
  const options = { maxConcurrentRequests: 1, overloadWait: [1, 2] } as const;
  const pair = await connected(subject, "tcp", options);
  const { initiator: connection } = pair;
  const delayed = await subject.ask("request", {
    connection,
    operation: "delay",
    payload: json.encode({ ms: 5 }),
  });
  assertEquals((await single(pair, "echo", "hi")).outcome, "retry");
  assertEquals(await single(pair, "echo", "hi", true), result("hi"));
  assertEquals(await settled(subject, delayed.call), result("ok"));
});

Deno.test("GotalkSubject drains: what runs is answered, then it closes", async () => {
  await using subject = new GotalkSubject();
  const pair = await connected(subject);
  const { call } = await subject.ask("request", {
    connection: pair.initiator,
    operation: "delay",
    payload: json.encode({ ms: 5 }),
  });
  // The other side has it now.
  await single(pair, "echo", "");
  const report = await subject.ask("drain", { connection: pair.acceptor });
  assertEquals(report.state, "closed");
  assertEquals(await settled(subject, call), result("ok"));
});

Deno.test("GotalkSubject serves no streams when it is told so", async () => {
  await using subject = new GotalkSubject();
  const pair = await connected(subject, "tcp", { streams: false });
  assertEquals((await streamed(pair, "stream-echo", "a")).outcome, "error");
  assertEquals(await single(pair, "echo", "hi"), result("hi"));
});

Deno.test("GotalkSubject lets virtual time pass by advance only", async () => {
  await using subject = new GotalkSubject();
  const pair = await connected(subject, "tcp", {
    virtualTime: true,
    heartbeatInterval: 10_000,
  });
  const { call } = await subject.ask("request", {
    connection: pair.initiator,
    operation: "delay",
    payload: json.encode({ ms: 20_000 }),
  });
  await single(pair, "echo", "");
  await subject.ask("advance", { ms: 19_999 });
  assertEquals(await subject.ask("report", { call }), { outcome: "pending" });
  await subject.ask("advance", { ms: 1 });
  assertEquals(await settled(subject, call), result("ok"));
  const start = Date.UTC(2024, 1, 1, 12) / 1000;
  const { heartbeats } = await reportOf(subject, pair.acceptor, {
    heartbeats: 3,
  });
  assertEquals(
    heartbeats,
    [0, 10, 20].map((after) => ({ load: 0, time: start + after })),
  );
});

Deno.test("GotalkSubject takes channels, and says why a connection ended", async () => {
  await using subject = new GotalkSubject();
  const [ours, theirs] = memoryPair();
  const connection = await subject.adopt(ours, "acceptor", {
    heartbeatInterval: 0,
  });
  const units = new WriteUnits();
  units.add(text.encode("01r0001004echo00000002hix"));
  await theirs.write(units);
  const said: Uint8Array[] = [];
  for await (const chunk of theirs.readable) said.push(chunk);
  assertEquals(
    said.map((chunk) => text.decode(chunk)).join(""),
    "01R000100000002hif00000002",
  );
  await theirs.close();
  const { state, code, message } = await reportOf(subject, connection);
  assertEquals([state, code], ["closed", 2]);
  assertEquals(typeof message, "string");
});

Deno.test("GotalkSubject reports a connection that failed", async () => {
  await using subject = new GotalkSubject();
  const { listener, address } = await subject.ask("listen", {
    transport: "tcp",
  });
  await subject.ask("close", { listener });
  const { connection, state, message } = await subject.ask("connect", {
    address,
  });
  assertEquals(state, "closed");
  assertEquals(typeof message, "string");
  await assertRejects(
    () => subject.ask("request", { connection, operation: "echo" }),
    AdapterError,
  );
});

Deno.test("GotalkSubject says what it does not know", async () => {
  await using subject = new GotalkSubject();
  const wrong: readonly [CommandName, unknown, new () => Error][] = [
    ["start", { protocol: 2 }, AdapterError],
    ["listen", { transport: "pigeon" }, SkippedError],
    ["listen", { transport: "tcp", options: { colour: 1 } }, SkippedError],
    ["listen", { transport: "tcp", options: { maxName: -1 } }, AdapterError],
    [
      "listen",
      { transport: "tcp", options: { overloadWait: [2, 1] } },
      AdapterError,
    ],
    ["report", { call: "call-1" }, AdapterError],
    ["report", { listener: "listener-1" }, AdapterError],
    ["close", { connection: "connection-1" }, AdapterError],
  ].map((row) => row as [CommandName, unknown, new () => Error]);
  for (const [command, args, kind] of wrong) {
    const error = await assertRejects(
      () => subject.ask(command, args as { protocol: 1 }),
    );
    assertInstanceOf(error, kind);
  }
});

Deno.test("GotalkSubject forgets everything on reset", async () => {
  await using subject = new GotalkSubject();
  const { initiator: connection } = await connected(subject);
  await subject.ask("reset", {});
  await assertRejects(() => subject.ask("report", { connection }));
  await connected(subject);
  await subject.ask("stop", {});
});

Deno.test("GotalkSubject describes itself", async () => {
  await using subject = new GotalkSubject();
  const { implementation, operations } = await subject.ask("start", {
    protocol: 1,
  });
  assertEquals(implementation.name, "@gotalk/gotalk");
  assertEquals(operations, [...operations].sort());
});
