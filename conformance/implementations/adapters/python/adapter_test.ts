/**
 * The peer in Python, and this package.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { findProgram, needing } from "../../../../scripts/find_program.ts";
import { text } from "@gotalk/gotalk/codec";
import { startAdapter } from "../../../runner/adapter_protocol/start_adapter.ts";
import {
  type CommandName,
  type Implementation,
  SkippedError,
} from "../../../runner/implementation.ts";
import {
  ask,
  codeAll,
  connectEnds,
  notifyAll,
  reportOf,
  requestAll,
  result,
  settled,
  TIMEOUT,
} from "../testing/adapter_checks.ts";
import { GotalkImplementation } from "../deno/implementation.ts";

const ADAPTER = new URL("adapter.py", import.meta.url).pathname;

const PYTHON = await findProgram(["python3"], "--version");

function pythonTest(
  name: string,
  test: (python: Implementation) => Promise<void>,
): void {
  Deno.test(needing({ python3: PYTHON }, {
    name: `the peer in Python ${name}`,
    timeout: TIMEOUT * 2,
    fn: async () => {
      // Without -B it would leave its bytecode in the project.
      await using python = await startAdapter(`${PYTHON} -B ${ADAPTER}`, {
        strict: true,
      });
      await test(python);
    },
  }));
}

pythonTest("codes messages of all kinds", (python) => codeAll(python));

for (const role of ["acceptor", "initiator"] as const) {
  pythonTest(`sends and answers requests as the ${role}`, async (python) => {
    const { operations } = await python.ask("start", { protocol: 1 });
    await using implementation = new GotalkImplementation();
    const ends = role === "initiator"
      ? await connectEnds(python, implementation, "tcp")
      : (await connectEnds(implementation, python, "tcp")).toReversed();
    const [there, here] = ends;
    await requestAll(...here!, { operations, streams: true });
    await requestAll(...there!, { operations, streams: true });
    await notifyAll(here!, there!);
    await notifyAll(there!, here!);
    assertEquals(await ask(...here!, "close-after", ""), result("ok"));
    assertEquals((await reportOf(...there!)).state, "closed");
  });
}

pythonTest("cancels calls, and reports why others ended", async (python) => {
  const [[, connection], [, accepted]] = await connectEnds(
    python,
    python,
    "tcp",
    { maxConcurrentRequests: 1, overloadWait: [7, 7] },
  );
  const held = await python.ask("request", { connection, operation: "hold" });
  assertEquals(await ask(python, connection, "echo", ""), {
    outcome: "retry",
    wait: 7,
    payload: text.encode("too many requests"),
  });
  assertEquals(await python.ask("report", held), { outcome: "pending" });
  await python.ask("cancel", held);
  assertEquals(await settled(python, held.call), { outcome: "cancelled" });
  const stream = await python.ask("open-stream", {
    connection,
    operation: "stream-echo",
  });
  await python.ask("write", { ...stream, payload: text.encode("a") });
  await python.ask("report", { ...stream, parts: 1, timeout: TIMEOUT });
  await python.ask("close", { connection: accepted });
  const { outcome, parts } = await settled(python, stream.call);
  assertEquals([outcome, parts], ["closed", [text.encode("a")]]);
  const { state } = await python.ask("connect", {
    address: "tcp://127.0.0.1:1",
  });
  assertEquals(state, "closed");
});

pythonTest("skips what it cannot do", async (python) => {
  const skipped: readonly (readonly [CommandName, object])[] = [
    ["listen", { transport: "websocket" }],
    ["listen", { transport: "tcp", options: { virtualTime: true } }],
    ["encode", { version: "00" }],
    ["advance", { ms: 1 }],
  ];
  for (const [command, args] of skipped) {
    const sent = () => python.ask(command, args as { protocol: 1 });
    await assertRejects(sent, SkippedError, "", command);
  }
});
