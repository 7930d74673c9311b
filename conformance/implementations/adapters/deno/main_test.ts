/**
 * This package as a program, and as a subject in the same process.
 *
 * @module
 */

import { startAdapter } from "../../../runner/adapter_protocol/adapter_program.ts";
import {
  askForAll,
  codeAll,
  connectEnds,
  PATIENCE,
  reportOf,
  tellAll,
} from "../_asking.ts";
import { OPERATIONS } from "./operations.ts";
import { GotalkSubject } from "./subject.ts";
import { assertEquals } from "@std/assert";

const MAIN = new URL("main.ts", import.meta.url).pathname;

Deno.test({
  name: "main.ts is an adapter that talks with the subject in this process",
  timeout: PATIENCE * 2,
  fn: async () => {
    await using program = await startAdapter(
      `${Deno.execPath()} run -A ${MAIN}`,
      { strict: true },
    );
    const { operations } = await program.ask("start", { protocol: 1 });
    assertEquals(operations, OPERATIONS);
    await codeAll(program);
    await using subject = new GotalkSubject();
    for (const transport of ["tcp", "unix", "websocket"] as const) {
      const [here, there] = await connectEnds(subject, program, transport);
      await askForAll(...here, { operations, streams: true });
      await askForAll(...there, { operations, streams: true });
      await tellAll(here, there);
      await tellAll(there, here);
      await subject.ask("close", { connection: here[1] });
      assertEquals((await reportOf(...there)).state, "closed");
    }
    await program.ask("reset", {});
  },
});
