import { requestId } from "@gotalk/gotalk/codec";
import { assertEquals } from "@std/assert";
import type { Step } from "../cases/case.ts";
import { assertVerdict, HELLO, play } from "./testing/scripted_play.ts";
import { behave } from "./testing/scripted_implementation.ts";

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

Deno.test("a burst whose connections are held reads nothing on them", async () => {
  const answer = new Uint8Array(32 << 20);
  let written = 0;
  const storm: Step = {
    storm: { times: 1, hold: true, send: [{ bytes: "01" }] },
  };
  const verdict = await play([HELLO, storm, { alive: {} }], async (one) => {
    if (written++ !== 1) return await behave(one);
    await one.write("01", answer);
    written = Infinity;
  }, { over: "tcp" });
  assertVerdict(verdict, "pass");
  assertEquals(written, 3);
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
