import { needing } from "../../../scripts/find_program.ts";
import type { Step } from "../cases/case.ts";
import { assertVerdict, HELLO, play } from "./testing/scripted_play.ts";
import {
  behave,
  type Script,
  type ScriptedImplementation,
} from "./testing/scripted_implementation.ts";

Deno.test("a case fails if its bystander is not served at the end", async () => {
  const fields = { bystander: true } as const;
  assertVerdict(await play([HELLO], behave, { fields }), "pass");
  let connections = 0;
  const forgetful: Script = async (connection) => {
    if (connections++ > 0) return await behave(connection);
    await connection.write("01");
  };
  assertVerdict(
    await play([HELLO, { echo: "hi" }], forgetful, { fields, timeout: 100 }),
    "fail",
    /^another connection was not served: nothing more arrived/,
  );
});

function grown(growth: number): Step {
  return { memory: { growth } };
}

/** Makes the memory of this process that of the implementation. */
function prepare(implementation: ScriptedImplementation): void {
  implementation.pid = Deno.pid;
}

Deno.test("a case passes if the memory of the implementation grows less than allowed, or is not known", async () => {
  assertVerdict(await play([HELLO, grown(0)]), "pass");
  assertVerdict(
    await play([HELLO, grown(2 ** 40)], behave, { prepare }),
    "pass",
  );
});

const LINUX = Deno.build.os === "linux" ? "linux" : undefined;

Deno.test(needing({ linux: LINUX }, {
  name: "a case fails if the memory of the implementation grows too much",
  fn: async () => {
    assertVerdict(
      await play([HELLO, grown(-(2 ** 40))], behave, { prepare }),
      "fail",
      /^the memory has grown by/,
    );
  },
}));
