import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect, OperationError } from "@gotalk/gotalk";
import { toBytes } from "@std/streams";
import { gotalk, RunningProgram } from "../testing/program.ts";

/** The address that a server prints first. */
async function addressOf(program: RunningProgram): Promise<string> {
  const line = await program.line();
  assertStringIncludes(line!, "listening at ");
  return line!.slice("listening at ".length);
}

Deno.test("serve answers by programs, fixed answers and files", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/log`, "one");
    await using program = new RunningProgram([
      "serve",
      "tcp://127.0.0.1:0",
      "--exec=upper=tr a-z A-Z",
      '--exec=who=printf "$GOTALK_OPERATION"',
      "--exec=fail=echo broken; exit 3",
      "--exec=silent=exit 3",
      '--reply=version={"v":1}',
      `--file=log=${folder}/log`,
    ]);
    await using peer = await connect(await addressOf(program));
    assertEquals(await peer.requestText("upper", "hello"), "HELLO");
    assertEquals(await program.line().then(shape), "request upper answered in");
    assertEquals(await peer.requestText("who", ""), "who");
    assertEquals(await peer.request("version"), { v: 1 });
    assertEquals(await peer.requestText("log", ""), "one");
    await Deno.writeTextFile(`${folder}/log`, "two");
    assertEquals(await peer.requestText("log", ""), "two");
    for (
      const [name, text] of [["fail", "broken"], ["silent", "exit status 3"]]
    ) {
      const error = await assertRejects(
        () => peer.requestText(name!, ""),
        OperationError,
      );
      assertEquals((error as OperationError).text, text);
    }
    const { readable, writable } = peer.stream("upper");
    const upload = new Blob(["abc ".repeat(100_000)]).stream().pipeTo(writable);
    assertEquals(
      new TextDecoder().decode(await toBytes(readable)),
      "ABC ".repeat(100_000),
    );
    await upload;
    await peer.notify("seen", { id: 7 });
    for (;;) {
      const line = await program.line();
      if (line === 'notification seen {"id":7}') break;
      assertStringIncludes(line!, "request ");
    }
    await peer.close();
    assertEquals(await program.interrupt(), 130);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

function shape(line: string | undefined): string | undefined {
  return line?.replace(/ [\d.]+ \S+$/, "");
}

Deno.test("serve runs programs at once, up to --jobs, and ends them with their requests", async () => {
  await using program = new RunningProgram([
    "serve",
    "tcp://127.0.0.1:0",
    "--exec=hang=cat; exec sleep 60",
    "--exec=quick=cat",
    "--jobs=1",
    "--quiet",
  ]);
  const address = await addressOf(program);
  await using peer = await connect(address);
  const all = Array.from(
    { length: 20 },
    (_, index) => peer.requestText("quick", String(index)),
  );
  assertEquals((await Promise.all(all))[19], "19");
  const controller = new AbortController();
  const { signal } = controller;
  const hanging = peer.requestText("hang", "", { signal });
  hanging.catch(() => {});
  const waiting = peer.requestText("quick", "after");
  controller.abort();
  await assertRejects(() => hanging);
  assertEquals(await waiting, "after");
});

/** Programs that do not end by themselves, and start others. */
const LASTING = [
  "sleep 600 | cat",
  "(sleep 600; true) | cat; true",
  "sleep 600 &",
  'trap "" TERM; sleep 600',
  "(trap '' TERM; sleep 600) | sleep 600",
];

for (const end of ["cancel", "SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test({
    name: `serve ends programs with all that they have started: ${end}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        for (const lasting of LASTING) {
          // Each process of the program holds the pipe open.
          const path = `${folder}/pipe`;
          await new Deno.Command("mkfifo", { args: [path] }).output();
          await using program = new RunningProgram([
            "serve",
            "tcp://127.0.0.1:0",
            "--quiet",
            "--grace=100ms",
            `--exec=last=exec 3> ${path}; echo >&3; ${lasting}`,
          ]);
          await using peer = await connect(await addressOf(program));
          const controller = new AbortController();
          const { signal } = controller;
          const call = peer.requestText("last", "", { signal });
          call.catch(() => {/* It is cancelled, or the server ends. */});
          using pipe = await Deno.open(path);
          const buffer = new Uint8Array(8);
          assertEquals(await pipe.read(buffer), 1);
          if (end === "cancel") controller.abort();
          else {
            const status = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[end];
            assertEquals(await program.signal(end), status);
          }
          assertEquals(await pipe.read(buffer), null);
          await Deno.remove(path);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

Deno.test("serve listens on WebSocket and Unix sockets, and prints JSON", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const url of ["ws://127.0.0.1:0/gotalk", `unix:${folder}/socket`]) {
      await using program = new RunningProgram([
        "serve",
        url,
        "--reply=greet=1",
        "--json",
      ]);
      const { listening } = JSON.parse((await program.line())!);
      assertEquals(await gotalk(["request", listening, "greet"]), {
        status: 0,
        out: "1\n",
        err: "",
      });
      const { request, ok } = JSON.parse((await program.line())!);
      assertEquals([request, ok], ["greet", true]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("serve and tap end when nobody reads what they print", async () => {
  await using server = new RunningProgram([
    "serve",
    "tcp://127.0.0.1:0",
    "--reply=a=1",
  ]);
  const address = await addressOf(server);
  await using tap = new RunningProgram(["tap", "tcp://127.0.0.1:0", address]);
  // Each ends at the next line that it prints.
  const tapped = await addressOf(tap);
  await tap.stopReading();
  const attempt = connect(tapped).then(({ closed }) => closed, () => {
    // It may end before it has connected.
  });
  assertEquals(await tap.status(), 141);
  await attempt;
  await using peer = await connect(address);
  await server.stopReading();
  await peer.request("a").catch(() => {/* It may end before it answers. */});
  assertEquals(await server.status(), 141);
});

Deno.test("serve ends with a status for what is wrong", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const url = "tcp://127.0.0.1:0";
  const cases: [status: number, message: string, ...args: string[]][] = [
    [2, "there is nothing to serve", url],
    [2, "wanted a URL with tcp:", "nowhere", "--reply=a=1"],
    [2, "it has no port", "tcp://127.0.0.1", "--reply=a=1"],
    [2, "wanted a name and a value", url, "--exec=cat"],
    [2, "a is served twice", url, "--exec=a=cat", "--reply=a=1"],
    [2, "reserved", url, "--reply=gotalk:x=1"],
    [2, "is not JSON", url, "--reply=a={"],
    [2, "there is no such file", url, "--file=a=/no/such"],
    [2, "needs --cert and --key", "tls://127.0.0.1:0", "--reply=a=1"],
    [2, "need each other", url, "--cert=x", "--key=y", "--reply=a=1"],
    [2, "wanted an integer", url, "--jobs=0"],
    [2, "there is no option --insecure", url, "--insecure"],
    [3, "Address already in use", `tcp://127.0.0.1:${port}`, "--reply=a=1"],
  ];
  for (const [status, message, ...args] of cases) {
    const ended = await gotalk(["serve", ...args]);
    assertEquals([ended.status, ended.out], [status, ""], args.join(" "));
    assertStringIncludes(ended.err, message);
  }
});
