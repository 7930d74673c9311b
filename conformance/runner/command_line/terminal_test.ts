/** Runs the program as a process, to see what signals and a closed output do to it. */

import { assertEquals, assertMatch } from "@std/assert";
import { serveAdapter } from "../adapter_protocol/serve_adapter.ts";
import { CodecImplementation } from "../testing/codec_implementation.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

function start(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", MAIN, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test({
    name:
      `a run that ${signal} ends prints its summary, writes its reports, and exits with status ${status}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const report = await Deno.makeTempFile();
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      try {
        const child = start(
          "run",
          "--run=codec/heartbeat/**",
          `--attach=tcp://127.0.0.1:${listener.addr.port}`,
          `--report=json:${report}`,
        );
        const done = Promise.withResolvers<never>();
        using connection = await listener.accept();
        let isFirst = true;
        const adapter = new CodecImplementation({
          decode() {
            // A second one would end it at once.
            if (isFirst) child.kill(signal);
            isFirst = false;
            return done.promise;
          },
        });
        const served = serveAdapter(
          adapter,
          connection.readable,
          connection.writable,
        );
        const { code, stdout } = await child.output();
        done.reject(new Error("the runner has gone"));
        await served;
        assertMatch(
          new TextDecoder().decode(stdout),
          /^interrupted after 0 of \d+ runs, in which 0 cases fail, in .* s$/m,
        );
        assertEquals(code, status);
        const written = JSON.parse(await Deno.readTextFile(report));
        assertEquals([written.status, written.interrupted], [130, true]);
      } finally {
        listener.close();
        await Deno.remove(report);
      }
    },
  });
}
