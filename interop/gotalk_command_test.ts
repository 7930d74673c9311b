/**
 * The command `gotalk` and the Go reference, which serves and calls.
 *
 * @module
 */

import { text } from "@gotalk/gotalk/codec";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { gotalk, RunningProgram } from "../cli/testing/program.ts";
import { goTest } from "./_go.ts";

for (const transport of ["tcp", "websocket"] as const) {
  goTest(`answers the command gotalk, over ${transport}`, async (go) => {
    const { address: url } = await go.listen(transport, { streams: true });
    const run = (command: string, ...args: string[]) =>
      gotalk([command, url, ...args], { input: "hello" });
    const answered = (out: string) => ({ status: 0, out, err: "" });
    assertEquals(await run("request", "echo", '{"a":"日本"}'), {
      ...answered('{"a":"日本"}\n'),
    });
    assertEquals(await run("request", "echo", "--text", "-"), {
      ...answered("hello\n"),
    });
    assertEquals(await run("stream", "stream-echo"), answered("hello"));
    assertEquals(await run("notify", "seen", "1"), answered(""));

    const failed = await run("request", "fail", "--text", "bööm", "--json");
    assertEquals([failed.status, JSON.parse(failed.out).text], [1, "bööm"]);
    const unknown = await run("request", "no such thing");
    assertEquals(unknown.status, 1);
    assertStringIncludes(unknown.err, "no such thing");
    const late = await run("request", "hold", "--timeout=100ms");
    assertEquals(late.status, 4);

    const pinged = await run("ping", "--count=3", "--interval=1ms", "--json");
    assertEquals([pinged.status, JSON.parse(pinged.out).count], [0, 3]);
    const bench = await run("bench", "echo", "1", "--duration=50ms", "--json");
    assertEquals([bench.status, JSON.parse(bench.out).errors], [0, 0]);
  });

  goTest(`notifies gotalk listen, over ${transport}`, async (go) => {
    const listener = await go.listen(transport, { streams: true });
    await using program = new RunningProgram(
      ["listen", listener.address, "--count=1"],
    );
    const connection = await listener.accepted();
    await connection.notify("日本", text.encode('{"a":1}'));
    assertEquals(await program.line(), '日本 {"a":1}');
    assertEquals(await program.status(), 0);
  });

  goTest(
    `answers gotalk repl, and reveals nothing, over ${transport}`,
    async (go) => {
      const { address } = await go.listen(transport, { streams: true });
      const input = 'echo {"a":1}\n.text echo hi\n.notify seen 1\nfail\n';
      const typed = await gotalk(["repl", address], { input });
      assertEquals([typed.status, typed.out], [1, '{"a":1}\nhi\n']);
      const { status, err } = await gotalk(["operations", address]);
      assertEquals(status, 1);
      assertStringIncludes(err, "gotalk:operations");
    },
  );

  goTest(
    `calls gotalk serve through gotalk tap, over ${transport}`,
    async (go) => {
      const listen = `${transport === "tcp" ? "tcp" : "ws"}://127.0.0.1:0`;
      const start = async (...args: string[]) => {
        const program = new RunningProgram(args);
        const line = await program.line();
        return { program, address: line!.replace("listening at ", "") };
      };
      await using programs = new AsyncDisposableStack();
      const server = await start("serve", listen, "--exec=upper=tr a-z A-Z");
      programs.use(server.program);
      const tap = await start("tap", listen, server.address);
      programs.use(tap.program);
      const connection = await go.connect(tap.address, { streams: true });
      const call = await connection.request("upper", text.encode("hello"));
      const { outcome, payload } = await call.settled();
      assertEquals([outcome, text.decode(payload!)], ["result", "HELLO"]);
      await connection.close();
      for (const wanted of [/> SingleRequest \S+ "upper"/, /< SingleResult/]) {
        for (;;) {
          const line = await tap.program.line();
          assertEquals(typeof line, "string");
          if (wanted.test(line!)) break;
        }
      }
    },
  );

  goTest(`answers a recording that replays, over ${transport}`, async (go) => {
    const { address: url } = await go.listen(transport, { streams: true });
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/call.pcap`;
      const listen = `${transport === "tcp" ? "tcp" : "ws"}://127.0.0.1:0`;
      await using tap = new RunningProgram([
        "tap",
        listen,
        url,
        "--record",
        path,
      ]);
      const address = (await tap.line())!.replace("listening at ", "");
      const call = (...args: string[]) =>
        gotalk([args[0]!, address, ...args.slice(1)], { input: "hello" });
      assertEquals((await call("request", "echo", '"a"')).status, 0);
      assertEquals((await call("request", "fail", '"b"')).status, 1);
      assertEquals((await call("stream", "stream-echo")).out, "hello");
      assertEquals(await tap.interrupt(), 130);
      const replayed = await gotalk([
        "replay",
        path,
        url,
        "--compare",
        "--fast",
      ]);
      assertEquals(replayed.status, 0, replayed.out + replayed.err);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
