/** Runs the program as a process, to see what signals and a closed output do to it. */

import { assertEquals, assertMatch } from "@std/assert";
import {
  runCommand,
  type Terminal,
  unlessInterrupted,
  UsageError,
} from "./command.ts";
import { Interrupted } from "./interrupted.ts";
import { withProgress } from "./terminal.ts";
import { serveAdapter } from "../adapter_protocol/serve_adapter.ts";
import { CodecImplementation } from "../testing/codec_implementation.ts";

Deno.test("a line of progress is removed before anything else is written", () => {
  let screen = "";
  const write = (text: string) => void (screen += text);
  const { out, err, progress } = withProgress(write, write, () => 10);
  progress("1 of 3");
  progress("2 of 3, with a long remark");
  out("FAIL a\n");
  err("warning\n");
  progress("3 of 3");
  progress("");
  progress("");
  const removed = "\r\x1b[2K";
  assertEquals(
    screen,
    `1 of 3${removed}2 of 3, w${removed}FAIL a\nwarning\n3 of 3${removed}`,
  );
});

Deno.test("a command that fails leaves no line of progress behind", async () => {
  const lines: string[] = [];
  const terminal = {
    out() {},
    err() {},
    progress: (line: string) => void lines.push(line),
    signal: new AbortController().signal,
  };
  for (const error of [new UsageError("wrong"), new Error("broken")]) {
    const command = {
      name: "run" as const,
      summary: "",
      help: "",
      run: (_: unknown, { progress }: Terminal) => {
        progress?.("1 of 3");
        return Promise.reject(error);
      },
    };
    await runCommand(command, [], terminal).catch(() => {});
  }
  assertEquals(lines, ["1 of 3", "", "1 of 3", ""]);
});

Deno.test("a command that ends with the reason of the interrupt is interrupted, not broken", async () => {
  const controller = new AbortController();
  let written = "";
  const terminal = {
    out() {},
    err: (text: string) => void (written += text),
    signal: controller.signal,
  };
  const run = (_: unknown, { signal }: Terminal) => {
    controller.abort(new Interrupted(143));
    signal.throwIfAborted();
    return Promise.resolve(0);
  };
  const command = { name: "run" as const, summary: "", help: "", run };
  assertEquals(await runCommand(command, [], terminal), 143);
  assertEquals(written, "Interrupted\n");
  assertEquals(unlessInterrupted(0, terminal), 143);
});

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
