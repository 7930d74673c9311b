/**
 * Tests the command as it is installed: built in two files, away from the
 * project.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Handlers, serve } from "@gotalk/gotalk";
import { SIGNALS } from "../cli/terminal.ts";
import { runProgram } from "../scripts/run_program.ts";

const BUILD = new URL("../scripts/build_command.ts", import.meta.url).pathname;

function deno(args: readonly string[], cwd?: string) {
  return runProgram(
    [Deno.execPath(), "run", "--allow-all", ...args],
    cwd === undefined ? {} : { cwd },
  );
}

Deno.test("the command that is built runs away from the project", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const built = await deno([BUILD, folder]);
    assertEquals(built.status, 0, built.err);
    const gotalk = (...args: string[]) =>
      deno(["--no-config", `${folder}/gotalk.js`, ...args], folder);
    const handlers = new Handlers()
      .handle("greet", (name: string) => `Hello ${name}`);
    for (const transport of ["tcp", "websocket"] as const) {
      await using server = await serve({ port: 0, transport }, handlers);
      const url = server.address;
      const answered = await gotalk("request", url, "greet", '"you"');
      assertEquals(answered, { status: 0, out: '"Hello you"\n', err: "" });
      const failed = await gotalk("request", url, "nope");
      assertEquals([failed.status, failed.out], [1, ""]);
      const pinged = await gotalk("ping", url, "--count=1", "--json");
      assertEquals(JSON.parse(pinged.out).count, 1);
    }
    assertEquals((await gotalk("request", "x", "y")).status, 2);
    assertStringIncludes((await gotalk("request", "--help")).out, "Usage: ");
    assertStringIncludes((await gotalk("--help")).out, "Commands:");
    const suite = await gotalk("conformance");
    assertEquals([suite.status, suite.out], [2, ""]);
    assertStringIncludes(suite.err, "the suite is not installed here");
    const script = await Deno.stat(`${folder}/gotalk.js`);
    // What starts fast has neither the script for pages nor the other commands.
    assert(script.size < 300_000, `${script.size} bytes`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "a signal ends a request of the built command with its status",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const built = await deno([BUILD, folder]);
      assertEquals(built.status, 0, built.err);
      for (const [signal, status] of Object.entries(SIGNALS)) {
        const asked = Promise.withResolvers<void>();
        const left = Promise.withResolvers<void>();
        const handlers = new Handlers()
          .handle("wait", (_: unknown, { signal }) => {
            asked.resolve();
            signal.addEventListener("abort", () => left.resolve());
            return new Promise(() => {});
          });
        await using server = await serve(
          { port: 0, onEvent() {} },
          handlers,
        );
        const child = new Deno.Command(Deno.execPath(), {
          args: [
            ...["run", "--allow-all", "--no-config", `${folder}/gotalk.js`],
            ...["request", server.address, "wait", "--json"],
          ],
          stdout: "piped",
          stderr: "piped",
        }).spawn();
        await asked.promise;
        child.kill(signal as Deno.Signal);
        const { code, stdout, stderr } = await child.output();
        assertEquals([code, stdout.length, stderr.length], [status, 0, 0]);
        await left.promise;
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
