import { assertEquals } from "@std/assert";
import { bytesOf, frame, Packets, pcapFile } from "../testing/captures.ts";
import { readCapture } from "../testing/read_capture.ts";

const REQUEST = "GET /gotalk HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n" +
  "Connection: Upgrade\r\n\r\n";
const ANSWER = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
const MASK = Uint8Array.of(1, 2, 3, 250);
const OPENED =
  "1 # connection from 10.0.0.1:40000 to 10.0.0.2:1234, WebSocket /gotalk";

/** A connection with its handshake. */
function upgraded(answer = ANSWER): [Packets, Uint8Array[]] {
  const packets = new Packets();
  return [packets, [
    ...packets.opening,
    packets.send(">", REQUEST.slice(0, 2)),
    packets.send(">", REQUEST.slice(2)),
    packets.send("<", answer),
  ]];
}

async function lines(packets: readonly Uint8Array[], port?: number) {
  return (await readCapture(pcapFile(packets), { port })).lines;
}

Deno.test("messages in WebSocket frames are read: masked, in fragments, between control frames", async () => {
  const mask = MASK;
  const sent = [
    frame("01", { mask, opcode: 1 }),
    frame("r0001004ec", { mask, isFinal: false }),
    frame("ping", { mask, opcode: 9 }),
    frame("", { mask, opcode: 0, isFinal: false }),
    frame("ho00000002", { mask, opcode: 0 }),
    frame("hi", { mask }),
  ];
  const received = [
    frame("01"),
    frame("R0001000000c8"),
    frame("x".repeat(200)),
    frame(`n001a00011170${"y".repeat(70_000)}`),
  ];
  const all = new Uint8Array(sent.flatMap((bytes) => [...bytes]));
  const back = new Uint8Array(received.flatMap((bytes) => [...bytes]));
  const expected = [
    OPENED,
    '1 > SingleRequest 0001 "echo" 2 bytes "hi"',
    `1 < SingleResult 0001 200 bytes "${"x".repeat(64)}"…`,
    `1 < Notification "a" 70000 bytes "${"y".repeat(64)}"…`,
  ];
  for (const size of [1, 3, 17, 30_000]) {
    const [packets, start] = upgraded();
    const cut = (by: ">" | "<", bytes: Uint8Array) =>
      Array.from(
        { length: Math.ceil(bytes.length / size) },
        (_, at) => packets.send(by, bytes.subarray(at * size, (at + 1) * size)),
      );
    if (size === 1) {
      // Bytes one by one would be as many packets.
      assertEquals(
        await lines([...start, ...cut(">", all)]),
        expected.slice(0, 2),
      );
      continue;
    }
    const captured = await lines([
      ...start,
      ...cut(">", all),
      ...cut("<", back),
    ]);
    assertEquals(captured, expected);
  }
});

Deno.test("a close frame ends a direction", async () => {
  for (
    const [code, words] of [["\x0f\xa2reason", "closed with 4002"], [
      "",
      "closed",
    ]]
  ) {
    const [packets, start] = upgraded();
    const captured = await lines([
      ...start,
      packets.send(">", frame("01", { mask: MASK })),
      packets.send(">", frame("f00000002", { mask: MASK })),
      packets.send(">", frame(code!, { mask: MASK, opcode: 8 })),
      packets.end(">"),
    ]);
    assertEquals(captured, [
      OPENED,
      "1 > ProtocolError code 2 (invalid message)",
      `1 > ${words}`,
    ]);
  }
});

Deno.test("a message that a close frame cuts is malformed", async () => {
  const [packets, start] = upgraded();
  const captured = await lines([
    ...start,
    packets.send("<", frame("01R0001")),
    packets.send("<", frame("", { opcode: 8 })),
  ]);
  assertEquals(captured[1]!.startsWith("1 < ! malformed: "), true);
});

Deno.test("compressed messages and malformed frames are named", async () => {
  for (
    const [bytes, words] of [
      [
        frame("01", { rsv1: true }),
        "WebSocket messages are compressed with permessage-deflate, which is not read",
      ],
      [frame("01", { opcode: 5 }), "malformed WebSocket frame: opcode 5"],
      [
        frame("x".repeat(200), { opcode: 9 }),
        "malformed WebSocket frame: 200 bytes of control",
      ],
    ] as const
  ) {
    const [packets, start] = upgraded();
    const captured = await lines([
      ...start,
      packets.send("<", frame("01")),
      packets.send("<", frame("h000000000000")),
      packets.send("<", bytes),
      packets.send("<", frame("h000000000000")),
    ]);
    assertEquals(captured.slice(2), [`1 < ! ${words}`]);
    assertEquals(captured.length, 3);
  }
});

Deno.test("a refused handshake is named", async () => {
  const [, start] = upgraded("HTTP/1.1 403 Forbidden\r\n\r\nforeign origin");
  assertEquals(await lines(start), [
    `${OPENED}, was refused: HTTP/1.1 403 Forbidden`,
  ]);
});

Deno.test("another program's WebSocket is not shown, unless its port is given", async () => {
  const [packets, start] = upgraded();
  const captured = [...start, packets.send("<", frame('{"type":"hello"}'))];
  const { summary } = await readCapture(pcapFile(captured));
  assertEquals([summary.conversations, summary.others], [0, 1]);
  const named = await lines(captured, 1234);
  assertEquals(named[0], OPENED);
  assertEquals(named[1]!.startsWith("1 < ! malformed: "), true);
});

Deno.test("frames are found where the start is missing or a segment is lost", async () => {
  const packets = new Packets();
  packets.send(">", REQUEST);
  const captured = await lines([
    packets.send(">", frame("0123456789abcdef", { mask: MASK })),
    packets.send(">", frame("r0001004echo00000002", { mask: MASK })),
    packets.send(">", frame("hi", { mask: MASK })),
    packets.send("<", bytesOf("rest of a frame")),
    packets.send("<", frame("R000100000000")),
  ]);
  const opened = OPENED.replace(" /gotalk", "");
  assertEquals(captured, [
    opened,
    "1 # its start is missing in the capture",
    "1 > skipped 22 bytes",
    '1 > SingleRequest 0001 "echo" 2 bytes "hi"',
    "1 < skipped 15 bytes",
    "1 < SingleResult 0001 0 bytes",
  ]);
  const [lossy, start] = upgraded();
  const first = lossy.send("<", frame("01"));
  lossy.send("<", frame("h000000000000"));
  assertEquals(
    await lines([
      ...start,
      first,
      lossy.send("<", frame("n001a00000000")),
      lossy.end("<"),
    ]),
    [
      OPENED,
      "1 < ! lost: the capture misses 15 bytes",
      '1 < Notification "a" 0 bytes',
      "1 < end",
    ],
  );
});
