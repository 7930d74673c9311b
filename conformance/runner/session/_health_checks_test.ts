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

Deno.test("a case is skipped if its memory is not known, unless it fails otherwise", async () => {
  assertVerdict(
    await play([HELLO, grown(0)]),
    "skipped",
    /^its memory can be measured on Linux only/,
  );
  const mute: Script = (connection) => connection.write("01");
  assertVerdict(
    await play([HELLO, grown(0), { echo: "hi" }], mute, { timeout: 100 }),
    "fail",
    /^nothing more arrived/,
  );
});

const LINUX = Deno.build.os === "linux" ? "linux" : undefined;

Deno.test(needing({ linux: LINUX }, {
  name: "a case is judged by how much the memory of the implementation grows",
  fn: async () => {
    assertVerdict(
      await play([HELLO, grown(2 ** 40)], behave, { prepare }),
      "pass",
    );
    assertVerdict(
      await play([HELLO, grown(-(2 ** 40))], behave, { prepare }),
      "fail",
      /^the memory has grown by/,
    );
  },
}));
