/**
 * Our own implementation: each command, between two of its connections and
 * against written bytes.
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
} from "../../../runner/implementation.ts";
import {
  ask,
  connectEnds,
  notifyAll,
  reportOf,
  requestAll,
  result,
  settled,
  TIMEOUT,
} from "../testing/adapter_checks.ts";
import { OPERATIONS } from "./operations.ts";
import { GotalkImplementation } from "./implementation.ts";

const HI = text.encode("hi");

/** Two connections of an implementation that are connected with one another. */
interface Connected {
  readonly initiator: string;
  readonly acceptor: string;
}

async function connected(
  implementation: GotalkImplementation,
  options: ConnectionOptions = {},
): Promise<Connected> {
  const [[, initiator], [, acceptor]] = await connectEnds(
    implementation,
    implementation,
    "tcp",
    options,
  );
  return { initiator, acceptor };
}

for (const transport of ["tcp", "unix", "websocket"] as const) {
  Deno.test(`GotalkImplementation answers the standard operations over ${transport}`, async () => {
    await using implementation = new GotalkImplementation();
    const ends = await connectEnds(implementation, implementation, transport);
    const operations = OPERATIONS;
    for (const end of ends) {
      await requestAll(...end, { operations, streams: true });
    }
    const [[, initiator]] = ends;
    assertEquals(
      await ask(implementation, initiator, "close-after", ""),
      result("ok"),
    );
    const { state, message } = await reportOf(implementation, initiator);
    assertEquals([state, message], ["closed", undefined]);
  });
}

Deno.test("GotalkImplementation also accepts WebSockets through the HTTP server of the runtime", async () => {
  await using implementation = new GotalkImplementation("http");
  const [here, there] = await connectEnds(
    implementation,
    implementation,
    "websocket",
  );
  await requestAll(...here, { operations: OPERATIONS, streams: true });
  await notifyAll(there, here);
});

Deno.test("GotalkImplementation answers with any bytes", async () => {
  await using implementation = new GotalkImplementation();
  const { initiator: connection } = await connected(implementation);
  const payload = Uint8Array.of(0xff, 0);
  for (const [operation, outcome] of [["echo", "result"], ["fail", "error"]]) {
    const { call } = await implementation.ask("request", {
      connection,
      operation: operation!,
      payload,
    });
    assertEquals(
      await settled(implementation, call),
      { outcome, payload } as CallReport,
    );
  }
  assertEquals(
    await ask(
      implementation,
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

Deno.test("GotalkImplementation remembers notifications, and acts on two of them", async () => {
  await using implementation = new GotalkImplementation();
  const [here, there] = await connectEnds(
    implementation,
    implementation,
    "tcp",
  );
  await notifyAll(here, there);
  const [, connection] = there;
  await implementation.ask("notify", { connection, name: "crash" });
  const { notes } = await reportOf(...here, { notes: 1 });
  assertEquals(notes.map(({ name }) => name), ["crash"]);
  assertEquals(await ask(...there, "echo", "hi"), result("hi"));
});

Deno.test("GotalkImplementation abandons calls, and reports pending ones", async () => {
  await using implementation = new GotalkImplementation();
  const { initiator: connection } = await connected(implementation);
  const held = await implementation.ask("request", {
    connection,
    operation: "hold",
  });
  const stream = await implementation.ask("open-stream", {
    connection,
    operation: "stream-echo",
  });
  await implementation.ask("write", { call: stream.call, payload: HI });
  assertEquals(
    await implementation.ask("report", {
      ...stream,
      parts: 1,
      timeout: TIMEOUT,
    }),
    { outcome: "stream", ended: false, parts: [HI] },
  );
  assertEquals(await implementation.ask("report", held), {
    outcome: "pending",
  });
  for (const { call } of [held, stream]) {
    await implementation.ask("cancel", { call });
  }
  assertEquals(await settled(implementation, held.call), {
    outcome: "cancelled",
  });
  assertEquals(await settled(implementation, stream.call), {
    outcome: "cancelled",
    parts: [HI],
  });
  // Data written after the end of a call is accepted and dropped.
  await implementation.ask("write", { call: stream.call, payload: HI });
  await implementation.ask("end", { call: stream.call });
  assertEquals(
    await ask(implementation, connection, "echo", "hi"),
    result("hi"),
  );
});

Deno.test("GotalkImplementation settles calls when their connection closes", async () => {
  await using implementation = new GotalkImplementation();
  const { initiator: connection } = await connected(implementation);
  const { call } = await implementation.ask("request", {
    connection,
    operation: "hold",
  });
  const unopened = await implementation.ask("open-stream", {
    connection,
    operation: "stream-echo",
  });
  await implementation.ask("close", { connection });
  const { state, message } = await reportOf(implementation, connection);
  assertEquals([state, message], ["closed", undefined]);
  assertEquals((await settled(implementation, call)).outcome, "closed");
  assertEquals(
    (await settled(implementation, unopened.call)).outcome,
    "closed",
  );
  assertEquals(
    (await ask(implementation, connection, "echo", "hi")).outcome,
    "closed",
  );
});

Deno.test("GotalkImplementation repeats requests with the option retry", async () => {
  await using implementation = new GotalkImplementation();
  const options = { maxConcurrentRequests: 1, overloadWait: [1, 2] } as const;
  const { initiator: connection } = await connected(implementation, options);
  const delayed = await implementation.ask("request", {
    connection,
    operation: "delay",
    payload: json.encode({ ms: 5 }),
  });
  assertEquals(
    (await ask(implementation, connection, "echo", "hi")).outcome,
    "retry",
  );
  assertEquals(
    await ask(implementation, connection, "echo", "hi", true),
    result("hi"),
  );
  assertEquals(await settled(implementation, delayed.call), result("ok"));
});

Deno.test("GotalkImplementation drains: it answers running requests, then closes", async () => {
  await using implementation = new GotalkImplementation();
  const pair = await connected(implementation);
  const { call } = await implementation.ask("request", {
    connection: pair.initiator,
    operation: "delay",
    payload: json.encode({ ms: 5 }),
  });
  // After this echo, the acceptor has received the request.
  await ask(implementation, pair.initiator, "echo", "");
  const report = await implementation.ask("drain", {
    connection: pair.acceptor,
  });
  assertEquals(report.state, "closed");
  assertEquals(await settled(implementation, call), result("ok"));
});

Deno.test("GotalkImplementation serves no streams with the option streams off", async () => {
  await using implementation = new GotalkImplementation();
  const { initiator } = await connected(implementation, { streams: false });
  const { outcome } = await ask(implementation, initiator, "stream-echo", [
    "a",
  ]);
  assertEquals(outcome, "error");
  assertEquals(
    await ask(implementation, initiator, "echo", "hi"),
    result("hi"),
  );
});

Deno.test("GotalkImplementation advances virtual time by the command only", async () => {
  await using implementation = new GotalkImplementation();
  const pair = await connected(implementation, {
    virtualTime: true,
    heartbeatInterval: 10_000,
  });
  const { call } = await implementation.ask("request", {
    connection: pair.initiator,
    operation: "delay",
    payload: json.encode({ ms: 20_000 }),
  });
  await ask(implementation, pair.initiator, "echo", "");
  await implementation.ask("advance", { ms: 19_999 });
  assertEquals(await implementation.ask("report", { call }), {
    outcome: "pending",
  });
  await implementation.ask("advance", { ms: 1 });
  assertEquals(await settled(implementation, call), result("ok"));
  const start = Date.UTC(2024, 1, 1, 12) / 1000;
  const { heartbeats } = await reportOf(implementation, pair.acceptor, {
    heartbeats: 3,
  });
  assertEquals(
    heartbeats,
    [0, 10, 20].map((after) => ({ load: 0, time: start + after })),
  );
});

Deno.test("GotalkImplementation adopts channels, and reports why a connection ended", async () => {
  await using implementation = new GotalkImplementation();
  const [ours, theirs] = memoryPair();
  const connection = await implementation.adopt(ours, "acceptor", {
    heartbeatInterval: 0,
  });
  const units = new WriteUnits();
  units.add(text.encode("01r0001004echo00000002hix"));
  await theirs.write(units);
  const received: Uint8Array[] = [];
  for await (const chunk of theirs.readable) received.push(chunk);
  assertEquals(
    received.map((chunk) => text.decode(chunk)).join(""),
    "01R000100000002hif00000002",
  );
  await theirs.close();
  const { state, code, message } = await reportOf(implementation, connection);
  assertEquals([state, code], ["closed", 2]);
  assertEquals(typeof message, "string");
});

Deno.test("GotalkImplementation reports a connection that failed", async () => {
  await using implementation = new GotalkImplementation();
  const { listener, address } = await implementation.ask("listen", {
    transport: "tcp",
  });
  await implementation.ask("close", { listener });
  const { connection, state, message } = await implementation.ask("connect", {
    address,
  });
  assertEquals(state, "closed");
  assertEquals(typeof message, "string");
  await assertRejects(
    () => implementation.ask("request", { connection, operation: "echo" }),
    AdapterError,
  );
});

Deno.test("GotalkImplementation names unknown options and handles", async () => {
  await using implementation = new GotalkImplementation();
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
      () => implementation.ask(command, args as { protocol: 1 }),
    );
    assertInstanceOf(error, kind);
  }
});

Deno.test("GotalkImplementation forgets everything on reset", async () => {
  await using implementation = new GotalkImplementation();
  const { initiator: connection } = await connected(implementation);
  await implementation.ask("reset", {});
  await assertRejects(() => implementation.ask("report", { connection }));
  await connected(implementation);
  await implementation.ask("stop", {});
});

Deno.test("GotalkImplementation describes itself", async () => {
  await using implementation = new GotalkImplementation();
  const { implementation: described, operations } = await implementation.ask(
    "start",
    {
      protocol: 1,
    },
  );
  assertEquals(described.name, "@gotalk/gotalk");
  assertEquals(operations, [...operations].sort());
});
