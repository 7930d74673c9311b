import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  connect,
  Handlers,
  OperationError,
  type Remote,
  serve,
} from "@gotalk/gotalk";
import { concat } from "@std/bytes";
import { pcapHeader, pcapPacket } from "../capture/capture_writer.ts";
import { Packets, pcapFile } from "../testing/captures.ts";
import { runHere } from "../testing/in_process.ts";
import { gotalk } from "../testing/program.ts";
import { RecordingProxy } from "../testing/recording_proxy.ts";

/** Handlers of a server that remembers, and that calls back. */
function counting(step = 1): Handlers {
  let total = 0;
  return new Handlers()
    .handle("add", (number: number) => total += number * step)
    .handle(
      "ask",
      async (question: string, { peer }) =>
        `${await peer.request("answer", question)}, ${await peer.request(
          "answer",
          "really",
        )}`,
    )
    .handleStream("echo", (parts) => parts)
    .handle("fail", () => {
      throw new OperationError("it fails");
    })
    .onNotification("tell", (value: unknown, { peer }) => {
      void peer.notify("told", value);
    });
}

/** A conversation with requests in both directions, streams and notifications. */
async function talk(peer: Remote): Promise<void> {
  for (const number of [1, 2, 3]) await peer.request("add", number);
  await peer.request("ask", "so");
  await peer.request("fail").catch(() => {});
  const { readable, writable } = peer.stream("echo");
  const answer = new Response(readable).text();
  await new Blob(["x".repeat(70_000)]).stream().pipeTo(writable);
  await answer;
  await peer.notify("tell", "it");
  await peer.request("add", 4);
}

/** Returns a capture of the conversation. */
async function recording(transport: "tcp" | "websocket"): Promise<Uint8Array> {
  await using server = await serve({ port: 0, transport }, counting());
  await using proxy = new RecordingProxy(
    Number(new URL(server.address).port),
  );
  const scheme = transport === "tcp" ? "tcp" : "ws";
  let asked = 0;
  const peer = await connect(`${scheme}://127.0.0.1:${proxy.port}`, {
    handlers: new Handlers()
      .handle("answer", (question: string) => `${question}? ${++asked}`),
  });
  await talk(peer);
  await peer.close();
  return await proxy.capture();
}

/** Runs with each recording in a file; `%1` in arguments stands for the first. */
async function replay(
  recordings: readonly (string | Uint8Array)[],
  ...args: string[]
) {
  return await replayBy(gotalk, recordings, ...args);
}

async function replayBy(
  run: typeof gotalk,
  recordings: readonly (string | Uint8Array)[],
  ...args: string[]
) {
  const folder = await Deno.makeTempDir();
  try {
    const paths = await Promise.all(recordings.map(async (data, index) => {
      const path = `${folder}/${index}`;
      if (typeof data === "string") await Deno.writeTextFile(path, data);
      else await Deno.writeFile(path, data);
      return path;
    }));
    return await run([
      "replay",
      ...args.map((arg) => arg.replace(/%(\d)/, (_, n) => paths[n - 1]!)),
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const transport of ["tcp", "websocket"] as const) {
  Deno.test(`replay sends a capture over ${transport}, and compares the answers`, async () => {
    const capture = await recording(transport);
    await using same = await serve({ port: 0 }, counting());
    const args = ["%1", same.address, "--fast", "--compare", "--payload=12"];
    const { status, out, err } = await replay([capture], ...args);
    assertEquals(
      [status, err],
      [0, "7 answers, 7 as recorded, 0 different\n"],
      out,
    );
    const lines = out.trim().split("\n");
    assertEquals(lines.slice(0, 5), [
      '< SingleResult 0000 1 byte "1"',
      '< SingleResult 0001 1 byte "3"',
      '< SingleResult 0002 1 byte "6"',
      // The client had counted the questions.
      '< SingleResult 0003 18 bytes "\\"so? 1, real"…',
      '< ErrorResult 0004 8 bytes "it fails"',
    ]);
    assertEquals(lines.at(-1), '< SingleResult 0006 2 bytes "10"');
    assertEquals(
      lines.includes('< Notification "told" 4 bytes "\\"it\\""'),
      true,
    );

    await using other = await serve({ port: 0 }, counting(2));
    const changed = await replay([capture], ...args.with(1, other.address));
    assertEquals([changed.status, changed.err], [
      1,
      "7 answers, 3 as recorded, 4 different\n",
    ]);
    assertStringIncludes(
      changed.out,
      '< SingleResult 0001 1 byte "6"\n' +
        '# 0001 "add" differs, recorded was SingleResult 0001 1 byte "3"\n',
    );
    await using last = await serve({ port: 0 }, counting(2));
    const json = await replay(
      [capture],
      ...args.with(1, last.address),
      "--json",
    );
    const [result, difference] = json.out.split("\n").slice(0, 2)
      .map((line) => JSON.parse(line));
    assertEquals(result, {
      direction: "<",
      version: "01",
      kind: "SingleResult",
      id: "0000",
      payload: { value: 2 },
    });
    assertEquals(difference, {
      direction: "#",
      id: "0000",
      operation: "add",
      recorded: { kind: "SingleResult", payload: { value: 1 } },
    });
  });
}

const SENT = "01r0001003add000000012r0002003add000000013n004tell00000000" +
  "s0003004echo00000002abp000300000002cdp000300000000h000000000000";
const RECEIVED = "01R0001000000012R0002000000015" +
  "S000300000004abcdS000300000000";

Deno.test("replay sends recorded bytes, of either peer", async () => {
  await using server = await serve({ port: 0 }, counting());
  const sent = await replay([SENT], "%1", server.address);
  assertEquals([sent.status, sent.err], [0, "3 answers\n"]);
  assertStringIncludes(sent.out, '< SingleResult 0002 1 byte "5"\n');
  await using again = await serve({ port: 0 }, counting());
  const both = await replay(
    [SENT, RECEIVED],
    ...["%1", again.address, "%2", "--compare"],
  );
  assertEquals([both.status, both.err], [
    0,
    "3 answers, 3 as recorded, 0 different\n",
  ], both.out);
  await using reverse = await serve({ port: 0 }, counting());
  const reversed = await replay(
    [RECEIVED, SENT],
    ...["%1", reverse.address, "%2", "--compare", "--reverse"],
  );
  assertEquals([reversed.status, reversed.err], [
    0,
    "3 answers, 3 as recorded, 0 different\n",
  ], reversed.out);
});

Deno.test("replay cancels what was cancelled, and compares the rest", async () => {
  const stopped = Promise.withResolvers<void>();
  const handlers = counting().handle("wait", async (_, { signal }) => {
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => aborted.resolve());
    await aborted.promise;
    stopped.resolve();
  });
  await using server = await serve({ port: 0 }, handlers);
  const packets = new Packets();
  const capture = pcapFile([
    ...packets.opening,
    packets.send(">", "01r0001004wait00000000"),
    packets.send("<", "01"),
    packets.send(">", "n00dgotalk:cancel000000080001late"),
    packets.send("<", "E000100000009cancelled"),
    packets.send(">", "r0001003add000000012"),
    packets.send("<", "R0001000000012"),
  ]);
  const run = ["%1", server.address, "--compare"];
  const { status, err } = await replayBy(runHere, [capture], ...run);
  await stopped.promise;
  assertEquals([status, err], [0, "1 answer, 1 as recorded, 0 different\n"]);
});

Deno.test("replay keeps the recorded times, or goes faster", async () => {
  let times: number[] = [];
  const note = () => void times.push(performance.now());
  const handlers = new Handlers().onNotification("now", note);
  // A peer is there before anything is sent.
  await using server = await serve({ port: 0, onPeer: note }, handlers);
  const packets = new Packets();
  const message = "n003now00000000";
  const sent = [
    packets.send(">", `01${message}`),
    packets.send(">", message),
  ];
  const capture = concat([
    pcapHeader(),
    ...packets.opening.map((packet) => pcapPacket(packet, 5_000)),
    pcapPacket(sent[0]!, 10_000),
    pcapPacket(sent[1]!, 10_900),
  ]);
  for (const [args, least] of [[[], 900], [["--speed", "3"], 300]] as const) {
    times = [];
    const run = ["%1", server.address, ...args];
    const ended = await replayBy(runHere, [capture], ...run);
    assertEquals([ended.status, ended.err], [0, "0 answers\n"]);
    const [opened, , last] = times;
    assertEquals(last! - opened! >= least, true, String(times));
  }
});

Deno.test("replay ends with a status for what is wrong", async () => {
  const handlers = counting()
    .handle("close", (_, { peer }) => peer.abort())
    .handle("never", () => Promise.withResolvers<void>().promise);
  await using server = await serve({ port: 0 }, handlers);
  const { address } = server;
  const capture = pcapFile([...new Packets().opening]);
  const packets = new Packets();
  const start = [...packets.opening, packets.send(">", "01n001a00000000")];
  packets.send(">", "n001a00000000");
  const lost = pcapFile([...start, packets.send(">", "n001a00000000")]);
  const cases: [number, string, string | Uint8Array, ...string[]][] = [
    [2, "URL is missing", SENT, "%1"],
    [2, "there is no such file", SENT, "/no/such", address],
    [
      2,
      "--fast and --speed exclude",
      SENT,
      "%1",
      address,
      "--fast",
      "--speed=2",
    ],
    [2, "--speed is 0, wanted", SENT, "%1", address, "--speed=0"],
    [2, "--speed is x, wanted", SENT, "%1", address, "--speed=x"],
    [2, "--compare needs RECEIVED", SENT, "%1", address, "--compare"],
    [2, "--reverse needs RECEIVED", SENT, "%1", address, "--reverse"],
    [2, "is no capture", SENT, "%1", address, "--connection=1"],
    [2, "is a capture, which", capture, "%1", address, "%1"],
    [2, "there is no connection 2", lost, "%1", address, "--connection=2"],
    [2, "there is no connection 99", lost, "%1", address, "--connection=99"],
    [2, "there is no connection 1", capture, "%1", address],
    [1, "the capture has faults: lost", lost, "%1", address],
    [1, "the recording is malformed", "01xyz", "%1", address],
    [1, "the recording is malformed", "02", "%1", address],
    [
      1,
      "is cut: it ends within packet 3",
      capture.subarray(0, -1),
      "%1",
      address,
    ],
    [3, "Cannot connect", SENT, "%1", "tcp://127.0.0.1:1"],
    [3, "", "01r0001005close00000000n001a00000000", "%1", address],
    [4, "", "01r0001005never00000000", "%1", address, "--timeout=300ms"],
  ];
  for (const [status, message, recording, ...args] of cases) {
    const ended = await replayBy(runHere, [recording], ...args);
    assertEquals(ended.status, status, `${args.join(" ")}\n${ended.err}`);
    assertStringIncludes(ended.err, message);
    if (status === 2) assertEquals(ended.out, "", args.join(" "));
  }
});
