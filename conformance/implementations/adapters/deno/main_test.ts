/**
 * This package as a program, and as an implementation in the same process.
 *
 * @module
 */

import { startAdapter } from "../../../runner/adapter_protocol/start_adapter.ts";
import {
  codeAll,
  connectEnds,
  notifyAll,
  reportOf,
  requestAll,
  TIMEOUT,
} from "../testing/adapter_checks.ts";
import { OPERATIONS } from "./operations.ts";
import { GotalkImplementation } from "./implementation.ts";
import { assertEquals } from "@std/assert";

const MAIN = new URL("main.ts", import.meta.url).pathname;

Deno.test({
  name:
    "main.ts is an adapter, and converses with the implementation in this process",
  timeout: TIMEOUT * 2,
  fn: async () => {
    await using program = await startAdapter(
      `${Deno.execPath()} run -A ${MAIN}`,
      { strict: true },
    );
    const { operations } = await program.ask("start", { protocol: 1 });
    assertEquals(operations, OPERATIONS);
    await codeAll(program);
    await using implementation = new GotalkImplementation();
    for (const transport of ["tcp", "unix", "websocket"] as const) {
      const [here, there] = await connectEnds(
        implementation,
        program,
        transport,
      );
      await requestAll(...here, { operations, streams: true });
      await requestAll(...there, { operations, streams: true });
      await notifyAll(here, there);
      await notifyAll(there, here);
      await implementation.ask("close", { connection: here[1] });
      assertEquals((await reportOf(...there)).state, "closed");
    }
    await program.ask("reset", {});
  },
});
