/**
 * The dissector in tshark, on captures of real and of written conversations.
 *
 * @module
 */

import { connect, Handlers, serve } from "@gotalk/gotalk";
import {
  encode,
  encodeCancel,
  encodeCredit,
  type Message,
  requestId,
} from "@gotalk/gotalk/codec";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { concat } from "@std/bytes";
import {
  bytesOf,
  frame,
  Packets,
  pcapFile,
} from "../../cli/testing/captures.ts";
import { RecordingProxy } from "../../cli/testing/recording_proxy.ts";
import { findProgram, needing } from "../../scripts/find_program.ts";

const tshark = await findProgram(["tshark"], "--version");
const SCRIPT = new URL("gotalk.lua", import.meta.url).pathname;

function tsharkTest(name: string, fn: () => Promise<void>): void {
  Deno.test(needing({ tshark }, { name: `Wireshark ${name}`, fn }));
}

/** Returns fields of each frame with Gotalk; several values of one are joined by `|`. */
async function dissect(
  capture: Uint8Array,
  fields: readonly string[],
  { passes = 2, args = [] }: {
    readonly passes?: 1 | 2;
    readonly args?: readonly string[];
  } = {},
): Promise<string[][]> {
  const file = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    await Deno.writeFile(file, capture);
    const { stdout, stderr, success } = await new Deno.Command(tshark!, {
      args: [
        ...["-X", `lua_script:${SCRIPT}`, "-r", file],
        ...passes === 2 ? ["-2"] : [],
        ...["-o", "tcp.try_heuristic_first:TRUE"],
        ...args,
        ...["-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|"],
        ...[...fields, "_ws.lua.text"].flatMap((field) => ["-e", field]),
      ],
    }).output();
    const decoder = new TextDecoder();
    assertEquals(success, true, decoder.decode(stderr));
    assertEquals(decoder.decode(stderr).includes("Lua"), false);
    return decoder.decode(stdout).split("\n").map((line) => line.split("\t"))
      .filter((values) => values.slice(0, -1).some((value) => value !== ""))
      .map((values) => {
        assertEquals(values.at(-1), "");
        return values.slice(0, -1);
      });
  } finally {
    await Deno.remove(file);
  }
}

const id = requestId("0001");
const payload = bytesOf("hi");

/** One of each kind. */
const MESSAGES: readonly Message[] = [
  { kind: "Heartbeat", load: 1024, time: 0x65bb87c0 },
  { kind: "SingleRequest", id, operation: "späť", payload },
  { kind: "SingleResult", id, payload },
  { kind: "StreamRequest", id, operation: "sum", payload: new Uint8Array(0) },
  { kind: "StreamRequestPart", id, payload },
  { kind: "StreamResult", id, payload: new Uint8Array(0) },
  { kind: "ErrorResult", id, payload },
  { kind: "RetryResult", id, wait: 2500, payload },
  { kind: "Notification", name: "seen", payload: bytesOf("\0") },
  { kind: "ProtocolError", code: 2 },
];

tsharkTest("shows the fields of each kind", async () => {
  const packets = new Packets();
  const version = packets.send(">", "01");
  const capture = pcapFile([
    ...packets.opening,
    version,
    ...MESSAGES.map((message) => packets.send(">", concat(encode(message)))),
  ]);
  const rows = await dissect(
    capture,
    [
      ...["version", "kind", "id", "operation", "name", "payload_size"],
      ...["payload", "payload_text", "end_marker", "wait", "heartbeat.load"],
      ...["heartbeat.time", "code"],
    ].map((field) => `gotalk.${field}`),
  );
  const none = (count: number) => Array<string>(count).fill("");
  const hi = ["2", "6869", "hi", ""];
  assertEquals(rows, [
    ["01", ...none(12)],
    [
      ...["", "Heartbeat", ...none(8)],
      ...["1024", "Feb  1, 2024 12:00:00.000000000 UTC", ""],
    ],
    ["", "SingleRequest", "0001", "späť", "", ...hi, ...none(4)],
    ["", "SingleResult", "0001", "", "", ...hi, ...none(4)],
    ["", "StreamRequest", "0001", "sum", "", "0", ...none(7)],
    ["", "StreamRequestPart", "0001", "", "", ...hi, ...none(4)],
    ["", "StreamResult", "0001", "", "", "0", "", "", "1", ...none(4)],
    ["", "ErrorResult", "0001", "", "", ...hi, ...none(4)],
    ["", "RetryResult", "0001", "", "", ...hi, "2500", ...none(3)],
    ["", "Notification", "", "", "seen", "1", "00", ...none(6)],
    ["", "ProtocolError", ...none(10), "2"],
  ]);
});

tsharkTest(
  "puts messages of version 00 together from segments of any size",
  async () => {
    const sizes = [1, 5, 64];
    const capture = pcapFile(sizes.flatMap((size, index) => {
      const packets = new Packets({ port: 40_000 + index });
      const pieces = (by: ">" | "<", text: string) =>
        Array.from(
          { length: Math.ceil(text.length / size) },
          (_, at) => packets.send(by, text.slice(at * size, (at + 1) * size)),
        );
      return [
        ...packets.opening,
        // A connection is found by its first bytes together.
        packets.send(">", "00"),
        ...pieces(">", "r07a004ping00000002hin001a00000000"),
        ...pieces("<", "00R07a00000001x"),
      ];
    }));
    const rows = await dissect(capture, ["gotalk.kind", "gotalk.id"]);
    assertEquals(
      rows.flatMap(([kinds]) => kinds!.split("|")).filter(Boolean),
      sizes.flatMap(() => ["SingleRequest", "Notification", "SingleResult"]),
    );
    assertEquals(
      rows.map(([, id]) => id).filter(Boolean),
      sizes.flatMap(() => ["07a", "07a"]),
    );
  },
);

tsharkTest("links requests, parts and answers, with their times", async () => {
  const packets = new Packets();
  const capture = pcapFile([
    ...packets.opening,
    packets.send(">", "01r0001004echo00000000r0002004echo00000000"), // frame 4
    packets.send("<", "01R000200000000"), // 5
    packets.send("<", "r0001004ping00000000E000100000000"), // 6
    packets.send(">", "R000100000000s0003003sum00000000"), // 7
    packets.send(">", "p000300000001xp000300000000"), // 8
    packets.send("<", "S000300000001xS000300000000"), // 9
    packets.send("<", "R000900000000"), // 10
  ]);
  const fields = ["frame.number", "gotalk.request_in", "gotalk.response_in"];
  const rows = await dissect(capture, [
    ...fields,
    "gotalk.time",
    "_ws.expert.message",
  ], { args: ["-Y", "gotalk"] });
  const unmatched = "No request with this ID was captured";
  assertEquals(
    rows.map((row) => row.map((value) => value.replaceAll("000000", ""))),
    [
      ["4", "", "6|5", "", ""],
      ["5", "4", "", "0.001", ""],
      ["6", "4", "7", "0.002", ""],
      ["7", "6", "9", "0.001", ""],
      ["8", "7|7", "", "", ""],
      ["9", "7|7", "", "0.002|0.002", ""],
      ["10", "", "", "", unmatched],
    ],
  );
});

tsharkTest("reads the notifications of extensions", async () => {
  const packets = new Packets();
  const send = (name: string, payload: Uint8Array) =>
    packets.send(">", concat(encode({ kind: "Notification", name, payload })));
  const traced = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const credit = { direction: "S", id, offset: 2 ** 40 } as const;
  const fields = [
    ...["extension.id", "cancel.reason", "credit.direction", "credit.offset"],
    ...["drain.reason", "trace.parent", "trace.state", "bytes"],
    "extension.malformed",
  ].map((field) => `gotalk.${field}`);
  const capture = pcapFile([
    ...packets.opening,
    packets.send(">", "01"),
    send("gotalk:cancel", encodeCancel({ id, reason: "spät" })),
    send("gotalk:credit", encodeCredit(credit)),
    send("gotalk:drain", bytesOf("deploy")),
    send("gotalk:trace", bytesOf(`0001${traced}\na=b`)),
    send("gotalk:bytes", new Uint8Array(0)),
    send("gotalk:cancel", bytesOf("001")),
    send("gotalk:credit", bytesOf("x00010000000000000000")),
    send("gotalk:trace", bytesOf(`0001${traced.slice(1)}`)),
    send("gotalk:bytes", bytesOf("1")),
    send("gotalk:other", bytesOf("1")),
  ]);
  assertEquals(await dissect(capture, fields), [
    ["0001", "spät", "", "", "", "", "", "", ""],
    ["0001", "", "S", String(2 ** 40), "", "", "", "", ""],
    ["", "", "", "", "deploy", "", "", "", ""],
    ["0001", "", "", "", "", traced, "a=b", "", ""],
    ["", "", "", "", "", "", "", "1", ""],
    ...Array.from({ length: 4 }, () => ["", "", "", "", "", "", "", "", "1"]),
  ]);
});

tsharkTest(
  "marks what is malformed, and what follows is no message",
  async () => {
    const cases = [
      ["01xyz", "unknown kind x"],
      ["01n00z", "name has no digit at byte 3 of the message"],
      ["01R0001 0000000", "payload has no digit at byte 5 of the message"],
    ] as const;
    const capture = pcapFile(cases.flatMap(([text], index) => {
      const packets = new Packets({ port: 40_000 + index });
      return [
        ...packets.opening,
        packets.send(">", text.slice(0, 2)),
        packets.send(">", text.slice(2)),
        packets.send(">", "n001a00000000"),
        packets.send("<", "01f00000002"),
      ];
    }));
    const fields = ["gotalk.malformed", "gotalk.kind", "_ws.expert.message"];
    const args = ["-Y", "gotalk.malformed || gotalk.kind"];
    const rows = await dissect(capture, fields, { args });
    const refused = "The peer ends the connection: invalid message";
    assertEquals(
      rows,
      cases.flatMap(([, message]) => [
        ["1", "", message],
        ["", "ProtocolError", refused],
      ]),
    );
  },
);

for (const transport of ["tcp", "websocket"] as const) {
  tsharkTest(`reads a real conversation over ${transport}`, async () => {
    const handlers = new Handlers()
      .handle("greet", (name: string) => `Hello ${name}`)
      .handleStream("echo", (parts) => parts);
    await using server = await serve({ port: 0, transport }, handlers);
    const port = Number(new URL(server.address).port);
    await using proxy = new RecordingProxy(port);
    const scheme = transport === "tcp" ? "tcp" : "ws";
    const peer = await connect(`${scheme}://127.0.0.1:${proxy.port}`);
    await peer.request("greet", "Ada");
    const { readable, writable } = peer.stream("echo");
    const answer = new Response(readable).text();
    await new Blob(["x".repeat(200_000)]).stream().pipeTo(writable);
    await answer;
    await peer.request("greet", "Bob");
    await peer.close();
    const capture = await proxy.capture();
    const fields = ["kind", "id", "operation", "payload_size", "payload_text"];
    const rows = await dissect(
      capture,
      [...fields, "malformed", "unmatched"].map((field) => `gotalk.${field}`),
      {
        args: ["-d", `tcp.port==${port},http`].slice(
          transport === "tcp" ? 2 : 0,
        ),
      },
    );
    const kinds = rows.flatMap(([kind]) => kind!.split("|"));
    for (const [kind, count] of [["SingleRequest", 2], ["SingleResult", 2]]) {
      assertEquals(kinds.filter((each) => each === kind).length, count);
    }
    const text = rows.map((row) => row[4]).join("|");
    assertStringIncludes(text, '"Hello Ada"');
    assertStringIncludes(text, '"Hello Bob"');
    assertEquals(rows.some((row) => row[5] !== "" || row[6] !== ""), false);
    let size = 0;
    for (const [kind, , , sizes] of rows) {
      // Each kind but a Heartbeat has a payload here.
      const sized = kind!.split("|").filter((each) =>
        each !== "" && each !== "Heartbeat"
      );
      for (const [index, value] of sizes!.split("|").entries()) {
        if (sized[index] === "StreamResult") size += Number(value);
      }
    }
    assertEquals(size, 200_000);
  });
}

tsharkTest(
  "joins WebSocket messages in any cut, several in one packet",
  async () => {
    const packets = new Packets({ to: 8080 });
    const mask = Uint8Array.of(1, 2, 3, 4);
    const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    const capture = pcapFile([
      ...packets.opening,
      packets.send(
        ">",
        `GET / HTTP/1.1\r\nHost: a\r\n${upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      ),
      packets.send(
        "<",
        `HTTP/1.1 101 Switching Protocols\r\n${upgrade}Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n`,
      ),
      packets.send(">", frame("01", { mask, opcode: 1 })),
      packets.send("<", frame("01")),
      packets.send(">", frame("r0001004ec", { mask })),
      packets.send(">", frame("ho00000004", { mask })),
      packets.send(">", frame("ab", { mask })),
      packets.send(">", frame("cdn001a00000000n001b0000", { mask })),
      packets.send(">", frame("0000", { mask })),
      packets.send(
        "<",
        concat([
          frame("R000100000002"),
          frame("hi"),
          frame("n001a00000000"),
        ]),
      ),
    ]);
    for (const passes of [1, 2] as const) {
      const rows = await dissect(capture, [
        "gotalk.kind",
        "gotalk.payload_text",
        "_ws.col.Info",
      ], { passes, args: ["-Y", "gotalk.kind"] });
      assertEquals(rows, [
        [
          "SingleRequest|Notification",
          "abcd",
          "SingleRequest 0001 echo (4 bytes); Notification a (0 bytes)",
        ],
        ["Notification", "", "Notification b (0 bytes)"],
        [
          "SingleResult|Notification",
          "hi",
          "SingleResult 0001 (2 bytes); Notification a (0 bytes)",
        ],
      ]);
    }
  },
);
