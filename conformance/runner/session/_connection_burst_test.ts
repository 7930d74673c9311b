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
