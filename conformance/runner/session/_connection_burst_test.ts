import { requestId } from "@gotalk/gotalk/codec";
import { assertEquals } from "@std/assert";
import type { Step } from "../cases/case.ts";
import { runConnectionBurst } from "./_connection_burst.ts";
import { TraceLog } from "./_trace_log.ts";
import { assertVerdict, HELLO, play } from "./testing/scripted_play.ts";
import { behave } from "./testing/scripted_implementation.ts";
import type { Wire } from "./wire/wire.ts";

Deno.test("a burst opens many connections and ends them in each way", async () => {
  for (const close of ["end", "reset", undefined] as const) {
    const storm: Step = {
      storm: {
        times: 20,
        send: [{ bytes: "01" }],
        ...(close === undefined ? {} : { close }),
      },
    };
    assertVerdict(
      await play([HELLO, storm, { alive: {} }], behave, { over: "tcp" }),
      "pass",
    );
  }
});

Deno.test("a burst holds its connections before it reads, if it is to read nothing", async () => {
  const calls: string[] = [];
  const wire: Wire = {
    transport: "tcp",
    start: () => calls.push("start"),
    hold: () => calls.push("hold"),
    resume: () => calls.push("resume"),
    write: async () => {},
    end: async () => {},
    reset: () => {},
    destroy: async () => {},
  };
  for (const hold of [true, undefined] as const) {
    await runConnectionBurst({
      times: 1,
      send: [{ bytes: "01" }],
      bindings: new Map(),
      hold,
      unit: "split",
      open: () => Promise.resolve({ wire, handle: () => Promise.reject() }),
      timeout: 1000,
      signal: new AbortController().signal,
      trace: new TraceLog(),
    });
  }
  assertEquals(calls, ["hold", "start", "start"]);
});

Deno.test("messages of a burst have the values of variables", async () => {
  const id = requestId("abcd");
  const steps: Step[] = [HELLO, {
    expect: [{
      message: {
        kind: "SingleRequest",
        id: { bind: "a" },
        operation: "any",
        payload: "",
      },
    }],
  }, {
    storm: {
      times: 1,
      send: [
        { bytes: "01" },
        { kind: "SingleResult", id: { var: "a" }, payload: "" },
      ],
      close: "end",
    },
  }];
  const payload = new Uint8Array(0);
  const received: unknown[] = [];
  let connections = 0;
  const verdict = await play(steps, async (connection) => {
    await connection.write("01");
    if (connections++ === 0) {
      const kind = "SingleRequest";
      await connection.write({ kind, id, operation: "any", payload });
    } else received.push(await connection.read());
  }, { over: "tcp" });
  assertVerdict(verdict, "pass");
  assertEquals(received, [{ kind: "SingleResult", id, payload }]);
});
