import { assertEquals, assertStringIncludes } from "@std/assert";
import { gotalk } from "../testing/program.ts";

const SENT = "01r0001004echo00000002hir0002004echo00000002yo" +
  "s0003003sum000000011p000300000000n004seen00000003{}\n";
const RECEIVED = "01R000200000002yoR000100000002hiS000300000001" +
  "1S000300000000";

/** Runs with each recording in a file. */
async function decode(recordings: readonly string[], ...args: string[]) {
  const folder = await Deno.makeTempDir();
  try {
    const paths = recordings.map((_, index) => `${folder}/${index}`);
    await Promise.all(
      recordings.map((text, index) => Deno.writeTextFile(paths[index]!, text)),
    );
    return await gotalk(["decode", ...paths, ...args]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("decode prints the messages of one direction", async () => {
  const { status, out, err } = await decode([SENT]);
  assertEquals([status, err], [0, ""]);
  assertEquals(out.split("\n"), [
    'SingleRequest 0001 "echo" 2 bytes "hi"',
    'SingleRequest 0002 "echo" 2 bytes "yo"',
    'StreamRequest 0003 "sum" 1 byte "1"',
    "StreamRequestPart 0003 0 bytes",
    'Notification "seen" 3 bytes "{}\\x0a"',
    "",
  ]);
  const input = { input: SENT };
  assertEquals((await gotalk(["decode", "-"], input)).out, out);
  const short = await gotalk(["decode", "-", "--payload", "0"], input);
  assertStringIncludes(short.out, 'Notification "seen" 3 bytes\n');
});

Deno.test("decode merges two directions: an answer follows its request", async () => {
  const { status, out, err } = await decode([SENT, RECEIVED]);
  assertEquals([status, err], [0, ""]);
  assertEquals(
    out.trim().split("\n").map((line) => line.replace(/ \d+ byte.*/, "")),
    [
      '> SingleRequest 0001 "echo"',
      '> SingleRequest 0002 "echo"',
      "< SingleResult 0002",
      "< SingleResult 0001",
      '> StreamRequest 0003 "sum"',
      "< StreamResult 0003",
      "< StreamResult 0003",
      "> StreamRequestPart 0003",
      '> Notification "seen"',
    ],
  );
});

Deno.test("decode prints JSON for programs", async () => {
  const { out } = await decode([SENT], "--json");
  const [first, , , , last] = out.trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(first, {
    direction: ">",
    version: "01",
    kind: "SingleRequest",
    id: "0001",
    operation: "echo",
    payload: { text: "hi" },
  });
  assertEquals(last.payload, { value: {} });
});

Deno.test("decode prints what comes before a fault, and the fault", async () => {
  for (
    const [recording, lines] of [
      [`${SENT}xyz`, 5],
      [SENT.slice(0, -1), 4],
      ["99", 0],
      ["0", 0],
      ["", 0],
    ] as const
  ) {
    const { status, out, err } = await decode([recording]);
    assertEquals([status, out.split("\n").length - 1], [1, lines], recording);
    assertStringIncludes(err, "the recording is malformed: ");
  }
});

Deno.test("decode refuses what it cannot read", async () => {
  const missing = await gotalk(["decode", "/no/such"]);
  assertEquals([missing.status, missing.out], [2, ""]);
  assertStringIncludes(missing.err, "there is no such file");
  assertEquals((await gotalk(["decode", "-", "-"])).status, 2);
});
