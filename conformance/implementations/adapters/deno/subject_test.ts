/**
 * Our own subject: each command, between two of its connections and against written bytes.
 *
 * @module
 */

import { json, text } from "@gotalk/gotalk/codec";
import { memoryPair, WriteUnits } from "@gotalk/gotalk/transport";
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  AdapterError,
  type CallReport,
  type CommandName,
  type ConnectionOptions,
  SkippedError,
} from "../../../runner/subject.ts";
import {
  ask,
  askForAll,
  connectEnds,
  PATIENCE,
  reportOf,
  result,
  settled,
  tellAll,
} from "../_asking.ts";
import { OPERATIONS } from "./operations.ts";
import { GotalkSubject } from "./subject.ts";

const HI = text.encode("hi");

/** Two connections of a subject that are connected with one another. */
interface Connected {
  readonly initiator: string;
  readonly acceptor: string;
}

async function connected(
  subject: GotalkSubject,
  options: ConnectionOptions = {},
): Promise<Connected> {
  const [[, initiator], [, acceptor]] = await connectEnds(
    subject,
    subject,
    "tcp",
    options,
  );
  return { initiator, acceptor };
}

for (const transport of ["tcp", "unix", "websocket"] as const) {
  Deno.test(`GotalkSubject answers the standard operations over ${transport}`, async () => {
    await using subject = new GotalkSubject();
    const ends = await connectEnds(subject, subject, transport);
    const operations = OPERATIONS;
    for (const end of ends) {
      await askForAll(...end, { operations, streams: true });
    }
    const [[, initiator]] = ends;
    assertEquals(
      await ask(subject, initiator, "close-after", ""),
      result("ok"),
    );
    const { state, message } = await reportOf(subject, initiator);
    assertEquals([state, message], ["closed", undefined]);
  });
}

Deno.test("GotalkSubject accepts WebSockets by the runtime's HTTP server, too", async () => {
  await using subject = new GotalkSubject("http");
  const [here, there] = await connectEnds(subject, subject, "websocket");
  await askForAll(...here, { operations: OPERATIONS, streams: true });
  await tellAll(there, here);
});

Deno.test("GotalkSubject answers with any bytes", async () => {
  await using subject = new GotalkSubject();
  const { initiator: connection } = await connected(subject);
  const payload = Uint8Array.of(0xff, 0);
  for (const [operation, outcome] of [["echo", "result"], ["fail", "error"]]) {
    const { call } = await subject.ask("request", {
      connection,
      operation: operation!,
      payload,
    });
    assertEquals(
      await settled(subject, call),
      { outcome, payload } as CallReport,
    );
  }
  assertEquals(
    await ask(
      subject,
      connection,
      "call-back",
      JSON.stringify({
        operation: "retry",
        payload: '{"wait":3,"text":"x"}',
      }),
    ),
    { outcome: "retry", wait: 3, payload: text.encode("x") },
  );
});

Deno.test("GotalkSubject remembers notifications, and does what two of them say", async () => {
  await using subject = new GotalkSubject();
  const [here, there] = await connectEnds(subject, subject, "tcp");
  await tellAll(here, there);
  const [, connection] = there;
  await subject.ask("notify", { connection, name: "crash" });
  const { notes } = await reportOf(...here, { notes: 1 });
  assertEquals(notes.map(({ name }) => name), ["crash"]);
  assertEquals(await ask(...there, "echo", "hi"), result("hi"));
});

Deno.test("GotalkSubject gives up calls, and reports what waits", async () => {
  await using subject = new GotalkSubject();
  const { initiator: connection } = await connected(subject);
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
  assertEquals(await ask(subject, connection, "echo", "hi"), result("hi"));
});

Deno.test("GotalkSubject tells calls that their connection is closed", async () => {
  await using subject = new GotalkSubject();
  const { initiator: connection } = await connected(subject);
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
  assertEquals(
    (await ask(subject, connection, "echo", "hi")).outcome,
    "closed",
  );
});

Deno.test("GotalkSubject repeats requests when it is told to", async () => {
  await using subject = new GotalkSubject();
  const options = { maxConcurrentRequests: 1, overloadWait: [1, 2] } as const;
  const { initiator: connection } = await connected(subject, options);
  const delayed = await subject.ask("request", {
    connection,
    operation: "delay",
    payload: json.encode({ ms: 5 }),
  });
  assertEquals((await ask(subject, connection, "echo", "hi")).outcome, "retry");
  assertEquals(
    await ask(subject, connection, "echo", "hi", true),
    result("hi"),
  );
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
  await ask(subject, pair.initiator, "echo", "");
  const report = await subject.ask("drain", { connection: pair.acceptor });
  assertEquals(report.state, "closed");
  assertEquals(await settled(subject, call), result("ok"));
});

Deno.test("GotalkSubject serves no streams when it is told so", async () => {
  await using subject = new GotalkSubject();
  const { initiator } = await connected(subject, { streams: false });
  const { outcome } = await ask(subject, initiator, "stream-echo", ["a"]);
  assertEquals(outcome, "error");
  assertEquals(await ask(subject, initiator, "echo", "hi"), result("hi"));
});

Deno.test("GotalkSubject lets virtual time pass by advance only", async () => {
  await using subject = new GotalkSubject();
  const pair = await connected(subject, {
    virtualTime: true,
    heartbeatInterval: 10_000,
  });
  const { call } = await subject.ask("request", {
    connection: pair.initiator,
    operation: "delay",
    payload: json.encode({ ms: 20_000 }),
  });
  await ask(subject, pair.initiator, "echo", "");
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
