/**
 * gotalk.js, as the Go reference ships it, and this package.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { text } from "@gotalk/gotalk/codec";
import { findProgram, needing } from "../../../../scripts/find_program.ts";
import { startAdapter } from "../../../runner/adapter_protocol/start_adapter.ts";
import {
  AdapterError,
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
  TIMEOUT,
} from "../testing/adapter_checks.ts";
import { GotalkImplementation } from "../deno/implementation.ts";

const MAIN = new URL("main.js", import.meta.url).pathname;

/** The path of gotalk.js, a file of the Go module. */
const GO = await findProgram(["go"], "version");

async function startGotalkJs(): Promise<Implementation> {
  const { stdout } = await new Deno.Command(GO ?? "go", {
    args: ["mod", "download", "-json", "github.com/rsms/gotalk@v1.3.7"],
  }).output();
  const { Dir } = JSON.parse(new TextDecoder().decode(stdout));
  const program = [
    Deno.execPath(),
    "run --no-config --unstable-unsafe-proto --allow-net=127.0.0.1 --allow-read",
    MAIN,
    `"${Dir}/js/gotalk.js"`,
  ];
  return await startAdapter(program.join(" "), { strict: true });
}

function jsTest(
  name: string,
  test: (js: Implementation) => Promise<void>,
): void {
  Deno.test(needing({ go: GO }, {
    name: `gotalk.js ${name}`,
    timeout: TIMEOUT * 2,
    fn: async () => {
      await using js = await startGotalkJs();
      await test(js);
    },
  }));
}

jsTest("codes messages of all kinds but one", async (js) => {
  const { implementation } = await js.ask("start", { protocol: 1 });
  assertEquals(implementation.version, "1.2.1");
  // The header of a RetryResult it makes eight bytes too short.
  await codeAll(js, { encode: ["Heartbeat", "RetryResult"] });
});

jsTest("sends and answers requests", async (js) => {
  const { operations } = await js.ask("start", { protocol: 1 });
  await using implementation = new GotalkImplementation();
  const [there, here] = await connectEnds(js, implementation, "websocket");
  await requestAll(...here, { operations });
  await requestAll(...there, { operations });
  await notifyAll(here, there);
  await notifyAll(there, here);
  assertEquals(
    await ask(...there, "stream-length", ["ab", "c"]),
    { outcome: "stream", ended: true, parts: [text.encode("3")] },
  );
  assertEquals(await ask(...here, "close-after", ""), result("ok"));
  assertEquals((await reportOf(...there)).state, "closed");
});

jsTest("skips what it cannot do", async (js) => {
  const name = Uint8Array.of(0xff);
  const message = { kind: "Notification", name } as const;
  const skipped: readonly (readonly [CommandName, object])[] = [
    ["listen", { transport: "websocket" }],
    ["cancel", { call: "call-1" }],
    ["encode", { version: "00" }],
    ["encode", { message }],
    ["decode", { chunks: [], limits: { payload: 1 } }],
    ["connect", { address: "ws://127.0.0.1:1/", options: { maxName: 1 } }],
  ];
  for (const [command, args] of skipped) {
    const sent = () => js.ask(command, args as { protocol: 1 });
    await assertRejects(sent, SkippedError, "", command);
  }
  await assertRejects(
    () => js.ask("report", { call: "call-1" }),
    AdapterError,
  );
});
