/**
 * The command `gotalk` and a server of the Go reference.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { gotalk } from "../cli/testing/program.ts";
import { needing } from "../scripts/find_program.ts";
import { GO, goPrograms } from "./_go.ts";

const SERVER = new URL("go_handlers/", import.meta.url);

Deno.test(needing({ go: GO }, {
  name: "the command gotalk calls a Go server",
  timeout: 60_000,
  fn: async () => {
    const programs = await goPrograms(SERVER);
    const server = new Deno.Command(`${programs}/go-handlers`, {
      stdout: "piped",
    }).spawn();
    const lines = server.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())
      .getReader();
    try {
      const { value: url } = await lines.read();
      assertEquals(await gotalk(["request", url!, "wait"]), {
        status: 0,
        out: "",
        err: "",
      });
      assertEquals(
        await gotalk(["stream", url!, "echo"], { input: "hello" }),
        { status: 0, out: "hello", err: "" },
      );
      const unknown = await gotalk(["request", url!, "nope", "{}"]);
      assertEquals([unknown.status, unknown.out], [1, ""]);
      assertStringIncludes(unknown.err, "nope");
      assertEquals((await gotalk(["notify", url!, "seen", "1"])).status, 0);
      const { status, out } = await gotalk([
        "ping",
        url!,
        "--count=3",
        "--interval=1ms",
        "--json",
      ]);
      assertEquals([status, JSON.parse(out).count], [0, 3]);
    } finally {
      server.kill();
      await server.status;
      await lines.cancel();
    }
  },
}));
