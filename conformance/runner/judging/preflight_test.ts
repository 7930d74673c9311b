import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Corpus } from "../cases/corpus.ts";
import type { SessionCase, Step } from "../cases/case.ts";
import {
  behave,
  type Script,
  ScriptedImplementation,
} from "../session/testing/scripted_implementation.ts";
import { dependsOn } from "./preflight.ts";
import type { Report } from "./report.ts";
import { run } from "./run.ts";

function session(id: string, steps: readonly Step[]): SessionCase {
  return {
    id,
    since: "1.0.0",
    level: "must",
    title: "Something holds",
    spec: ["a/b"],
    roles: ["acceptor"],
    over: ["tcp"],
    steps,
  };
}

const CORPUS: Corpus = {
  version: "1.0.0",
  statements: [{ id: "a/b", level: "must", text: "B holds." }],
  files: {
    "session/call.json": {
      about: "Calls.",
      notes: {},
      cases: [
        session("session/call/echo", [{ handshake: {} }, { echo: "hi" }]),
        session("session/handshake/version", [{ handshake: {} }]),
      ],
    },
  },
};

async function runScript(script: Script, timeoutScale = 1): Promise<Report> {
  return await run(() => new ScriptedImplementation(script), {
    corpus: CORPUS,
    timeoutScale,
  });
}

function verdicts({ results }: Report): unknown[] {
  return results.map(({ id, verdict, unreached }) => [id, verdict, unreached]);
}

Deno.test("an implementation whose first steps work is judged by its cases", async () => {
  const report = await runScript(behave);
  assertEquals(report.preflight, undefined);
  assertEquals(verdicts(report), [
    ["session/call/echo", "pass", undefined],
    ["session/handshake/version", "pass", undefined],
  ]);
});

Deno.test("if no version arrives, nothing is reached", async () => {
  const report = await runScript(async (connection) => {
    await connection.read();
  }, 0.05);
  const [failure, ...others] = report.preflight!;
  assertEquals(others, []);
  assertEquals([failure!.stage, failure!.cases], ["version", 2]);
  assertMatch(failure!.reason, /^nothing arrived within/);
  assertEquals(verdicts(report), [
    ["session/call/echo", "errored", true],
    ["session/handshake/version", "errored", true],
  ]);
  assertEquals(report.status, 3);
  const { tested, untested, failed } = report.statements[0]!;
  assertEquals([tested, failed], [false, 0]);
  assertMatch(
    untested!,
    /^not reached, as acceptor over tcp failed to exchange/,
  );
});

Deno.test("if nothing is answered, cases without a request are judged", async () => {
  const report = await runScript(async (connection) => {
    await connection.write("01");
    // Nothing ends the connection but the runner.
    while (await connection.read() !== undefined);
  }, 0.05);
  assertEquals(report.preflight!.map(({ stage }) => stage), ["answer"]);
  assertEquals(verdicts(report), [
    ["session/call/echo", "errored", true],
    ["session/handshake/version", "pass", undefined],
  ]);
  const request = {
    kind: "SingleRequest",
    id: "0001",
    operation: "fail",
    payload: "",
  } as const;
  const run = {
    kind: "session",
    name: "session/call/fail/role:acceptor/over:tcp",
    case: session("session/call/fail", [{ handshake: {} }, {
      send: [request],
    }]),
    role: "acceptor",
    over: "tcp",
  } as const;
  const [failure] = report.preflight!;
  assert(dependsOn(run, failure!));
  assert(!dependsOn(run, { ...failure!, stage: "echo" }));
  const asks = session("session/call/ask", [{ handshake: {} }, {
    do: "request",
    operation: "echo",
  }]);
  assert(!dependsOn({ ...run, case: asks }, failure!));
  assert(dependsOn({ ...run, case: asks }, failure!, true));
});

Deno.test("if no echo is answered, cases without one are judged", async () => {
  const report = await runScript(async (connection) => {
    await connection.write("01");
    const message = await connection.read();
    if (typeof message !== "object" || !("id" in message)) return;
    const { id } = message;
    await connection.write({
      kind: "SingleResult",
      id,
      payload: new Uint8Array(1),
    });
  });
  assertEquals(report.preflight!.map(({ stage }) => stage), ["echo"]);
  assertEquals(verdicts(report), [
    ["session/call/echo", "errored", true],
    ["session/handshake/version", "pass", undefined],
  ]);
  assertEquals(report.status, 1);
});
