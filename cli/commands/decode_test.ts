import { assertEquals, assertStringIncludes } from "@std/assert";
import { connect, Handlers, serve } from "@gotalk/gotalk";
import { frame, Packets, pcapFile } from "../testing/captures.ts";
import { EXTENSION_BYTES, EXTENSION_LINES } from "../testing/extensions.ts";
import { runHere } from "../testing/in_process.ts";
import { gotalk } from "../testing/program.ts";
import { RecordingProxy } from "../testing/recording_proxy.ts";

const SENT = "01r0001004echo00000002hir0002004echo00000002yo" +
  "s0003003sum000000011p000300000000n004seen00000003{}\n";
const RECEIVED = "01R000200000002yoR000100000002hiS000300000001" +
  "1S000300000000";

/** Runs with each recording in a file. */
async function decode(
  recordings: readonly (string | Uint8Array)[],
  ...args: string[]
) {
  return await decodeBy(gotalk, recordings, ...args);
}

async function decodeBy(
  run: typeof gotalk,
  recordings: readonly (string | Uint8Array)[],
  ...args: string[]
) {
  const folder = await Deno.makeTempDir();
  try {
    const paths = recordings.map((_, index) => `${folder}/${index}`);
    await Promise.all(
      recordings.map((recording, index) =>
        typeof recording === "string"
          ? Deno.writeTextFile(paths[index]!, recording)
          : Deno.writeFile(paths[index]!, recording)
      ),
    );
    return await run(["decode", ...paths, ...args]);
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

Deno.test("decode says what extensions mean, in recordings and captures", async () => {
  const sent = `01${EXTENSION_BYTES}`;
  const { out } = await decodeBy(runHere, [sent]);
  assertEquals(out.trim().split("\n"), EXTENSION_LINES);
  const packets = new Packets();
  const capture = pcapFile([...packets.opening, packets.send(">", sent)]);
  const captured = await decodeBy(runHere, [capture]);
  assertEquals(
    captured.out.trim().split("\n").map((line) => line.replace(/^.* > /, ""))
      .filter((line) => line.startsWith("Notification")),
    EXTENSION_LINES,
  );
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
    const { status, out, err } = await decodeBy(runHere, [recording]);
    assertEquals([status, out.split("\n").length - 1], [1, lines], recording);
    assertStringIncludes(err, "the recording is malformed: ");
  }
});

Deno.test("decode refuses what it cannot read", async () => {
  const missing = await gotalk(["decode", "/no/such"]);
  assertEquals([missing.status, missing.out], [2, ""]);
  assertStringIncludes(missing.err, "there is no such file");
  assertEquals((await gotalk(["decode", "-", "-"])).status, 2);
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/call1.sent`, SENT);
    const tapped = await runHere(["decode", `${folder}/call`]);
    assertEquals([tapped.status, tapped.out], [2, ""]);
    assertStringIncludes(tapped.err, `a tap wrote ${folder}/call1.sent`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (const transport of ["tcp", "websocket"] as const) {
  Deno.test(`decode prints the conversations of a capture over ${transport}`, async () => {
    const handlers = new Handlers()
      .handle("greet", (name: string) => `Hello ${name}`)
      .handleStream("echo", (parts) => parts);
    await using server = await serve({ port: 0, transport }, handlers);
    await using proxy = new RecordingProxy(
      Number(server.address.split(":")[2]),
    );
    const scheme = transport === "tcp" ? "tcp" : "ws";
    const address = `${scheme}://127.0.0.1:${proxy.port}`;
    for (const name of ["Ada", "Bob"]) {
      const peer = await connect(address);
      assertEquals(await peer.request("greet", name), `Hello ${name}`);
      const { readable, writable } = peer.stream("echo");
      const answer = new Response(readable).text();
      const text = new Blob(["x".repeat(100_000)]);
      await text.stream().pipeTo(writable);
      assertEquals((await answer).length, 100_000);
      await peer.close();
    }
    const capture = await proxy.capture();
    const { status, out, err } = await decode([capture], "--payload=3");
    assertEquals([status, err], [0, ""]);
    const lines = out.trim().split("\n");
    for (const [index, name] of ["Ada", "Bob"].entries()) {
      const own = lines.filter((line) => line.startsWith(`${index + 1} `))
        .map((line) => line.replace(/^\d +[\d.]+ ms /, ""));
      assertEquals(
        own[0]!.startsWith("# connection from 127.0.0.1:"),
        true,
        own[0],
      );
      for (
        const line of [
          `> SingleRequest 0000 "greet" 5 bytes "\\"${name.slice(0, 2)}"…`,
          '< SingleResult 0000 11 bytes "\\"He"…',
        ]
      ) assertEquals(own.includes(line), true, own.join("\n"));
      const data = own.filter((line) => line.startsWith("< StreamResult"));
      assertEquals(data.at(-1), "< StreamResult 0001 0 bytes");
    }
    const other = await decodeBy(runHere, [capture], "--json", "--port=1");
    assertEquals([other.status, other.out], [1, ""]);
    assertStringIncludes(other.err, "there is no Gotalk in the capture");
  });
}

Deno.test("decode of a capture ends with a status for what is wrong", async () => {
  const packets = new Packets();
  const start = [...packets.opening, packets.send(">", "01n001a00000000")];
  const lost = packets.send(">", "n001b00000000");
  const end = [packets.send(">", "n001c00000000"), packets.end(">")];
  const whole = pcapFile([...start, lost, ...end]);
  const secret = new Packets({ to: 443 });
  const tls = [
    ...secret.opening,
    secret.send(">", "\x16\x03\x01\0\x05hello"),
  ];
  const deflated = new Packets();
  const compressed = [
    ...deflated.opening,
    deflated.send(
      ">",
      "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
    ),
    deflated.send("<", "HTTP/1.1 101 Fine\r\n\r\n"),
    deflated.send("<", frame("0123456789abcdef", { rsv1: true })),
  ];
  const cases: [Uint8Array, number, number, string, ...string[]][] = [
    [whole, 0, 5, ""],
    [
      pcapFile([...start, ...end]),
      1,
      5,
      "gotalk: the capture has faults: connection 1: lost: the capture misses 13 bytes",
    ],
    [
      whole.subarray(0, -1),
      1,
      4,
      "gotalk: the capture is cut: it ends within packet 7",
    ],
    [
      pcapFile(tls),
      1,
      1,
      "gotalk: there is no Gotalk in the capture: it has 4 packets; 1 connection over TLS, which cannot be read",
    ],
    [
      pcapFile([...start, ...tls]),
      0,
      3,
      "not shown: 1 connection over TLS, which cannot be read",
    ],
    [
      pcapFile(compressed),
      1,
      2,
      "gotalk: the capture has faults: connection 1: WebSocket messages are compressed with permessage-deflate, which is not read",
    ],
    [
      pcapFile(start, 147),
      1,
      0,
      "gotalk: there is no Gotalk in the capture: it has 4 packets; packets of link type 147",
    ],
    [whole, 2, 0, "gotalk: --port is 70000, wanted at most 65535"]
      .concat("--port=70000") as never,
  ];
  for (const [capture, status, lines, message, ...args] of cases) {
    const ended = await decodeBy(runHere, [capture], ...args);
    assertEquals(
      [ended.status, ended.out.split("\n").length - 1, ended.err.trim()],
      [status, lines, message],
    );
  }
  const two = await decodeBy(runHere, [whole, SENT]);
  assertEquals([two.status, two.out], [2, ""]);
  assertStringIncludes(two.err, "is a capture, which has both directions");
  const raw = await decodeBy(runHere, [SENT], "--port=1");
  assertEquals([raw.status, raw.out], [2, ""]);
  assertStringIncludes(raw.err, "is no capture");
  const folder = await runHere(["decode", "/"]);
  assertEquals([folder.status, folder.out], [2, ""]);
});

Deno.test("decode has names that are not UTF-8 in base64, with --json", async () => {
  const input = Uint8Array.from(
    "01n003a\xff\xfe00000003\xff\xfe\x00",
    (letter) => letter.charCodeAt(0),
  );
  const { status, out, err } = await gotalk(["decode", "-", "--json"], {
    input,
  });
  assertEquals([status, err], [0, ""]);
  const { name, payload } = JSON.parse(out);
  assertEquals(name, { base64: "Yf/+" });
  assertEquals(payload, { base64: "//4A" });
});
