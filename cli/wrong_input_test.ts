import { assertEquals, assertMatch } from "@std/assert";
import { Handlers, serve } from "@gotalk/gotalk";
import type { COMMANDS } from "./commands.ts";
import { STATUS } from "./failure.ts";
import { gotalk, gotalkFrom } from "./testing/program.ts";
import { runHere } from "./testing/in_process.ts";

const NOWHERE = "tcp://127.0.0.1:1";

/** Arguments that are wrong whatever the subcommand connects to, and the status. */
const WRONG: Readonly<
  Record<keyof typeof COMMANDS, readonly (readonly [string, number])[]>
> = {
  request: [
    ["", 2],
    [NOWHERE, 2],
    [`${NOWHERE} greet {`, 2],
    [`${NOWHERE} greet @/no/such/file`, 2],
    [`${NOWHERE} greet 1 2`, 2],
    [`${NOWHERE} greet 1 --frob`, 2],
    [`${NOWHERE} greet 1 --timeout 0`, 2],
    [`${NOWHERE} greet 1 --timeout`, 2],
    [`${NOWHERE} greet 1 --repeat=-1`, 2],
    [`${NOWHERE} greet 1 --text --bytes`, 2],
    [`${NOWHERE} greet 1 --json --json`, 2],
    [`${NOWHERE} greet 1 --json=1`, 2],
    [`${NOWHERE} greet 1 --header x`, 2],
    [`${NOWHERE} greet 1 --login x`, 2],
    [`${NOWHERE} greet 1 --ca /no/such/file`, 2],
    ["nonsense greet 1", 2],
    ["ftp://127.0.0.1 greet 1", 2],
    ["tcp://127.0.0.1 greet 1", 2],
    ["tcp://127.0.0.1:0 greet 1", 2],
    ["ws://127.0.0.1:0/ greet 1", 2],
    [`${NOWHERE} greet 1`, 3],
    ["unix:/no/such/socket greet 1", 3],
    ["ws://127.0.0.1:1/ greet 1", 3],
    ["tls://127.0.0.1:1 greet 1", 3],
  ],
  notify: [["", 2], [NOWHERE, 2], [`${NOWHERE} n {`, 2], [`${NOWHERE} n`, 3]],
  stream: [
    ["", 2],
    [NOWHERE, 2],
    [`${NOWHERE} s -`, 2],
    [`${NOWHERE} s {`, 2],
    [`${NOWHERE} s --no-input`, 3],
  ],
  listen: [["", 2], [`${NOWHERE} --count 0`, 2], [NOWHERE, 3]],
  operations: [["", 2], [`${NOWHERE} --timeout x`, 2], [NOWHERE, 3]],
  ping: [
    ["", 2],
    [`${NOWHERE} --count x`, 2],
    [`${NOWHERE} --interval 1h`, 2],
    [NOWHERE, 3],
  ],
  serve: [
    ["", 2],
    ["tcp://127.0.0.1:0", 2],
    ["nonsense --reply a=1", 2],
    ["tcp://127.0.0.1 --reply a=1", 2],
    ["tcp://127.0.0.1:0 --reply a", 2],
    ["tcp://127.0.0.1:0 --reply a={", 2],
    ["tcp://127.0.0.1:0 --reply a=1 --exec a=b", 2],
    ["tcp://127.0.0.1:0 --reply gotalk:x=1", 2],
    ["tcp://127.0.0.1:0 --file a=/no/such/file", 2],
    ["tcp://127.0.0.1:0 --reply a=1 --jobs 0", 2],
    ["tls://127.0.0.1:0 --reply a=1", 2],
    ["tcp://192.0.2.1:1 --reply a=1", 3],
  ],
  bench: [
    ["", 2],
    [`${NOWHERE} --concurrency 0`, 2],
    [`${NOWHERE} op {`, 2],
    [NOWHERE, 3],
  ],
  tap: [
    ["", 2],
    [NOWHERE, 2],
    [`${NOWHERE} ws://127.0.0.1:1`, 2],
    [`tcp://127.0.0.1:0 ${NOWHERE} --hide Frob`, 2],
    [`tcp://127.0.0.1:0 ${NOWHERE} --payload x`, 2],
    [`tcp://127.0.0.1:0 ${NOWHERE} --record /no/such/folder/a.pcap`, 3],
    [`tcp://192.0.2.1:1 ${NOWHERE}`, 3],
  ],
  decode: [["", 2], ["/no/such/file", 2], ["/", 2]],
  replay: [["", 2], ["/no/such/file", 2], [`/no/such/file ${NOWHERE}`, 2]],
  repl: [["", 2], [`${NOWHERE} more`, 2], [NOWHERE, 3]],
  conformance: [],
  completions: [["", 2], ["tcsh", 2]],
};

for (const [name, wrong] of Object.entries(WRONG)) {
  Deno.test(`wrong arguments of ${name} give one line and the right status`, async () => {
    for (const [args, wanted] of wrong) {
      const words = args.split(" ").filter((word) => word !== "");
      const run = words.includes("-") ? gotalk : runHere;
      const { status, out, err } = await run([name, ...words]).catch(
        (error) => ({ status: 2, out: "", err: `gotalk: ${error.message}\n` }),
      );
      assertEquals([status, out], [wanted, ""], `${args}: ${err}`);
      assertMatch(err, /^gotalk: [^\n]+\n$/, args);
    }
  });
}

Deno.test("answers that are errors, and none, have their statuses", async () => {
  const handlers = new Handlers()
    .handle("late", () => new Promise(() => {}))
    .handle("leave", (_: unknown, { peer }) => peer.abort());
  await using server = await serve({ port: 0, onEvent() {} }, handlers);
  for (
    const [operation, wanted] of [
      ["nope", STATUS.remoteError],
      ["leave", STATUS.connection],
      ["late", STATUS.timeout],
    ] as const
  ) {
    const limit = operation === "late" ? "100ms" : "60s";
    const { status, out, err } = await runHere([
      "request",
      server.address,
      operation,
      "--timeout",
      limit,
    ]);
    assertEquals([status, out], [wanted, ""], err);
    assertMatch(err, /^gotalk: [^\n]+\n$/);
  }
});

Deno.test({
  name: "a folder as standard input is one line and status 2",
  ignore: Deno.build.os === "windows",
  async fn() {
    const handlers = new Handlers()
      .handle("echo", (value: unknown) => value)
      .handleStream("echo", (parts) => parts);
    await using server = await serve({ port: 0 }, handlers);
    const { address } = server;
    for (
      const args of [
        ["request", address, "echo", "-"],
        ["request", `${address}/`, "echo", "-"],
        ["request", address, "echo", "--login=in=-"],
        ["notify", address, "seen", "-"],
        ["stream", address, "echo"],
        ["stream", address, "echo", "--values"],
        ["decode", "-"],
        ["replay", "-", address],
        ["repl", address],
      ]
    ) {
      const { status, out, err } = await gotalkFrom("/", args);
      assertEquals([status, out], [2, ""], args.join(" "));
      assertMatch(err, /^gotalk: cannot read standard input: [^\n]+\n$/);
    }
  },
});

Deno.test("a file without a name is named so", async () => {
  for (
    const args of [
      ["request", NOWHERE, "greet", "@"],
      ["request", NOWHERE, "greet", "--ca="],
      ["serve", "tcp://127.0.0.1:0", "--file=a="],
      ["decode", ""],
      ["replay", "", NOWHERE],
    ]
  ) {
    const { status, out, err } = await runHere(args);
    assertEquals([status, out], [2, ""], args.join(" "));
    assertMatch(err, /^gotalk: cannot read a file without a name: [^\n]+\n$/);
  }
});
