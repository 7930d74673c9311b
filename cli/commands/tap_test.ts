import { assertEquals, assertStringIncludes } from "@std/assert";
import { Handlers, serve } from "@gotalk/gotalk";
import { gotalk, RunningProgram } from "../testing/program.ts";

const handlers = new Handlers().handle(
  "greet",
  (name: string) => `Hello ${name}`,
);

const TESTDATA = new URL("../../transport/testing/", import.meta.url);
const CA = new URL("localhost.crt", TESTDATA).pathname;
const cert = await Deno.readTextFile(CA);
const key = await Deno.readTextFile(new URL("localhost.key", TESTDATA));

for (
  const [what, listen, options] of [
    ["TCP", "tcp://127.0.0.1:0", { port: 0 }],
    ["WebSocket", "ws://127.0.0.1:0", { transport: "websocket", port: 0 }],
    ["TLS behind TCP", "tcp://127.0.0.1:0", { port: 0, cert, key }],
    ["WebSocket over TLS", "ws://127.0.0.1:0", {
      transport: "websocket",
      port: 0,
      cert,
      key,
    }],
    ["a Unix socket", "unix:", { path: "" }],
  ] as const
) {
  Deno.test(`tap prints and records what passes over ${what}`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const isUnix = what === "a Unix socket";
      await using server = await serve(
        isUnix ? { path: `${folder}/server` } : options,
        handlers,
      );
      const record = `${folder}/call`;
      await using tap = new RunningProgram([
        "tap",
        isUnix ? `unix:${folder}/tap` : listen,
        server.address,
        "--record",
        record,
        "--hide=Heartbeat",
        "--payload=4",
        "--ca",
        CA,
      ]);
      const address = (await tap.line())!.replace("listening at ", "");
      const answer = { status: 0, out: '"Hello you"\n', err: "" };
      const args = ["request", address, "greet", '"you"'];
      assertEquals(await gotalk(args), answer);
      const lines: string[] = [];
      const isEnd = /[<>] (end|closed with \d+)$/;
      while (lines.filter((line) => isEnd.test(line)).length < 2) {
        lines.push((await tap.line())!.replace(/^1 +[\d.]+ ms /, ""));
      }
      const request = '> SingleRequest 0000 "greet" 5 bytes "\\"you"…';
      assertEquals(lines.includes(request), true, lines.join("\n"));
      assertEquals(lines.some((line) => line.includes("Heartbeat")), false);
      assertEquals(await tap.interrupt(), 130);
      const decoded = await gotalk([
        "decode",
        `${record}1.sent`,
        `${record}1.received`,
      ]);
      assertEquals([decoded.status, decoded.err], [0, ""]);
      assertEquals(
        decoded.out.trim().split("\n")
          .filter((line) => !/^. (Heartbeat|Notification "gotalk:)/.test(line)),
        [
          '> SingleRequest 0000 "greet" 5 bytes "\\"you\\""',
          '< SingleResult 0000 11 bytes "\\"Hello you\\""',
        ],
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

for (const scheme of ["tcp", "ws"]) {
  Deno.test(`tap over ${scheme} records all connections into one capture`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const transport = scheme === "tcp" ? "tcp" : "websocket";
      await using server = await serve({ transport, port: 0 }, handlers);
      const record = `${folder}/call.pcap`;
      await using tap = new RunningProgram(
        ["tap", `${scheme}://127.0.0.1:0`, server.address, "--record", record],
      );
      const address = (await tap.line())!.replace("listening at ", "");
      for (const name of ['"Ada"', '"Bob"']) {
        assertEquals(
          (await gotalk(["request", address, "greet", name])).status,
          0,
        );
      }
      const isEnd = /[<>] (end|closed with \d+)$/;
      for (let ends = 0; ends < 4;) if (isEnd.test((await tap.line())!)) ends++;
      assertEquals(await tap.interrupt(), 130);
      const { port } = new URL(server.address);
      const args = ["decode", record, "--port", port];
      const { status, out, err } = await gotalk(args);
      assertEquals([status, err], [0, ""]);
      assertEquals(
        out.match(/^.*(Single|#).*$/gm)!.map((line) =>
          line.replace(/ +[\d.]+ ms/, "").replace(/from \S+/, "from")
        ),
        [1, 2].flatMap((number) => {
          const name = number === 1 ? "Ada" : "Bob";
          return [
            `${number} # connection from to 127.0.0.1:${port}`,
            `${number} > SingleRequest 0000 "greet" 5 bytes "\\"${name}\\""`,
            `${number} < SingleResult 0000 11 bytes "\\"Hello ${name}\\""`,
          ];
        }),
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("tap ends with a status for what is wrong", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const cases: [status: number, message: string, ...args: string[]][] = [
    [2, "TARGET is missing", "tcp://127.0.0.1:0"],
    [2, "Cannot forward", "ws://127.0.0.1:0", "tcp://127.0.0.1:1"],
    [2, "wanted one of SingleRequest", "tcp://127.0.0.1:0", "tcp://127.0.0.1:1"]
      .concat("--hide=Beat") as never,
    [3, "No such file", "tcp://127.0.0.1:0", "tcp://127.0.0.1:1"]
      .concat("--record=/no/such.pcap") as never,
    [
      3,
      `at tcp://127.0.0.1:${port}: Address`,
      `tcp://127.0.0.1:${port}`,
      "tcp://127.0.0.1:1",
    ],
    [
      3,
      `at ws://127.0.0.1:${port}: `,
      `ws://127.0.0.1:${port}`,
      "ws://127.0.0.1:1",
    ],
  ];
  for (const [status, message, ...args] of cases) {
    const ended = await gotalk(["tap", ...args]);
    assertEquals([ended.status, ended.out], [status, ""], args.join(" "));
    assertStringIncludes(ended.err, message);
  }
});
