import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/** The output and the exit status of the demo. */
interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The maximum duration of a demo, in milliseconds. */
const TIMEOUT = 30_000;

/** Runs the demo with the permissions that its task grants. */
async function demo(args: string[], input?: Uint8Array): Promise<Run> {
  const { tasks } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const [, ...command]: string[] = tasks.demo.command.split(" ");
  const child = new Deno.Command(Deno.execPath(), {
    args: [...command, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(TIMEOUT),
  }).spawn();
  if (input !== undefined) {
    await ReadableStream.from([input]).pipeTo(child.stdin);
  }
  const { code, stdout, stderr } = await child.output();
  const [out, err] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  ) as [string, string];
  return { code, out, err };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("the demo prints conversations over TCP and over WebSocket, and exits", async () => {
  const { code, out, err } = await demo([]);
  assertEquals(err, "");
  assertEquals(code, 0);
  const [tcp, webSocket, ...more] = out.split(/^(?=Two peers over )/m);
  assertEquals(more, []);
  assertMatch(tcp!, /^Two peers over tcp:\/\/127\.0\.0\.1:\d+\n/);
  assertMatch(webSocket!, /^Two peers over ws:\/\/127\.0\.0\.1:\d+/);
  for (const conversation of [tcp!, webSocket!]) {
    for (const arrow of ["client → server", "server → client"]) {
      for (
        const kind of [
          "Heartbeat",
          "SingleRequest",
          "SingleResult",
          "Notification",
        ]
      ) {
        assertStringIncludes(conversation, `  ${arrow}  ${kind} `);
      }
    }
    for (
      const message of [
        'client → server  SingleRequest 0000 "greet" 17 bytes "{\\"name\\":\\"Rasmus\\"}"',
        'server → client  SingleResult 0000 27 bytes "{\\"greeting\\":\\"Hello Rasmus\\"}"',
        'server → client  SingleRequest 0000 "your-name" 0 bytes',
        'client → server  StreamRequest 0002 "upper" ',
        'client → server  StreamRequestPart 0002 5 bytes "comes"',
        "client → server  StreamRequestPart 0002 0 bytes",
        'server → client  StreamResult 0002 5 bytes "READ "',
        "server → client  StreamResult 0002 0 bytes",
        'server → client  Notification "news" ',
        'server → client  ErrorResult 0003 16 bytes "division by zero"',
        "server → client  RetryResult 0004 wait 200 ms ",
        'client → server  SingleRequest 0005 "busy" ',
        'server → client  SingleResult 0005 28 bytes "\\"done on the second attempt\\""',
        'client → server  SingleRequest 0006 "slow" ',
      ]
    ) assertStringIncludes(conversation, `  ${message}`);
    assertStringIncludes(
      conversation,
      "  closed, no call was interrupted\n",
    );
  }
});

Deno.test("the demo prints help", async () => {
  for (const flag of ["--help", "-h"]) {
    const { code, out, err } = await demo([flag]);
    assertMatch(out, /^Usage: deno task demo \[FILE \| -\]\n/);
    assertEquals(err, "");
    assertEquals(code, 0);
  }
});

Deno.test("the demo rejects invalid arguments", async () => {
  for (const args of [["--verbose"], ["a.gotalk", "b.gotalk"], ["-", "-"]]) {
    const { code, out, err } = await demo(args);
    assertEquals(
      err,
      `Cannot run the demo: got the arguments ${
        args.join(" ")
      }, wanted at most one FILE, see --help\n`,
    );
    assertEquals(out, "");
    assertEquals(code, 2);
  }
});

const RECORDED = new URL("recorded.gotalk", import.meta.url);

Deno.test("the demo prints a recorded conversation from a file and from standard input", async () => {
  const recording = await Deno.readFile(RECORDED);
  const fromFile = await demo(["examples/recorded.gotalk"]);
  assertEquals(fromFile.err, "");
  assertEquals(fromFile.code, 0);
  assertMatch(
    fromFile.out,
    /^SingleRequest 0001 "greet" 17 bytes "\{\\"name\\":\\"Rasmus\\"\}"\n/,
  );
  assertMatch(
    fromFile.out,
    new RegExp(
      `\n\\d+ messages in ${recording.byteLength} bytes\nEncoded again: the same bytes\n$`,
    ),
  );
  assertEquals(await demo(["-"], recording), fromFile);
});

Deno.test("the demo accepts uppercase and lowercase digits", async () => {
  const { code, out } = await demo(["-"], bytes("01R000A0000000Aabcdefghij"));
  assertStringIncludes(out, "SingleResult 000A 10 bytes");
  assertStringIncludes(
    out,
    "Encoded again: the first difference is at byte 14",
  );
  assertEquals(code, 0);
});

Deno.test("the demo accepts a large recording", async () => {
  const payload = "x".repeat(0x80000);
  const { code, out } = await demo(
    ["-"],
    bytes(`01R000100080000${payload}R00020000000A0123456789`),
  );
  assertStringIncludes(out, "2 messages in 524");
  assertEquals(code, 0);
});

Deno.test("the demo reports the position of an error in a recording", async () => {
  const malformed: Record<string, RegExp> = {
    "02": /protocol version is "02", wanted 01.*code 1$/,
    "GET / HTTP/1.1": /protocol version is "G", wanted .*code 1$/,
    "01R000100000003ab": /code 2$/,
    "01x": /wanted .*code 2$/,
  };
  for (const [recording, message] of Object.entries(malformed)) {
    const { code, out } = await demo(["-"], bytes(recording));
    const lines = out.trimEnd().split("\n");
    assertEquals(lines.length, 1, out);
    assertMatch(lines[0]!, /^Cannot .*: .*; a peer would answer with code \d$/);
    assertMatch(lines[0]!, message);
    assertEquals(code, 1);
  }
});

Deno.test("the demo reports a recording that it cannot read", async () => {
  const { code, out, err } = await demo(["examples/none.gotalk"]);
  assert(err.startsWith("Cannot show examples/none.gotalk: "), err);
  assertEquals(err.trimEnd().split("\n").length, 1);
  assertEquals(out, "");
  assertEquals(code, 1);
});
