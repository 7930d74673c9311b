import { assertEquals, assertRejects } from "@std/assert";
import { Packets, pcapFile, pcapngFile } from "../testing/captures.ts";
import { readCapture as read } from "../testing/read_capture.ts";
import { ByteReader } from "./byte_reader.ts";
import { CaptureError } from "./capture_error.ts";
import { TCP_FLAGS } from "./capture_writer.ts";
import { CapturedConversations } from "./captured_conversations.ts";

const OPENED = "1 # connection from 10.0.0.1:40000 to 10.0.0.2:1234";
const REQUEST = "r0001004echo00000002hi", RESULT = "R000100000002hi";
const SHOWN = [
  '1 > SingleRequest 0001 "echo" 2 bytes "hi"',
  '1 < SingleResult 0001 2 bytes "hi"',
];
const WHOLE = [OPENED, ...SHOWN, "1 > end", "1 < end"];

/** A whole connection; `>` and `<` in several segments each. */
function whole(packets = new Packets()): Uint8Array[] {
  return [
    ...packets.opening,
    packets.send(">", `01${REQUEST.slice(0, 5)}`),
    packets.send("<", "01"),
    packets.send(">", REQUEST.slice(5, 12)),
    packets.send(">", REQUEST.slice(12)),
    packets.send("<", RESULT),
    packets.end(">"),
    packets.end("<"),
  ];
}

Deno.test("pcap and pcapng are read in pieces of any size and both byte orders", async () => {
  const packets = whole();
  for (
    const file of [
      pcapFile(packets),
      pcapngFile(packets),
      pcapngFile(packets, { littleEndian: false }),
    ]
  ) {
    for (const pieces of [1, 7, 64, 5000]) {
      const { lines, summary, error } = await read(file, { pieces });
      assertEquals([lines, error], [WHOLE, undefined]);
      assertEquals(summary.packets, packets.length);
    }
  }
});

Deno.test("times count from the first packet of a connection", async () => {
  for (const file of [pcapFile(whole()), pcapngFile(whole())]) {
    const reader = new ByteReader((async function* () {
      yield await Promise.resolve(file);
    })());
    const events = new CapturedConversations(reader).events();
    const times = await Array.fromAsync(events, ({ time }) => Math.round(time));
    assertEquals(times, [0, 6, 7, 8, 9]);
  }
});

/** Puts bytes in front of each packet. */
function wrapped(...header: number[]): Uint8Array[] {
  return whole().map((packet) => Uint8Array.from([...header, ...packet]));
}

const MAC = [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 7];
const COOKED = [0, 0, 0, 1, 0, 6, ...MAC.slice(0, 6), 0, 0];

for (
  const [name, linkType, header] of [
    ["Ethernet", 1, [...MAC, 8, 0]],
    ["a VLAN", 1, [...MAC, 0x81, 0, 0, 5, 8, 0]],
    ["a VLAN in another", 1, [...MAC, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0]],
    ["loopback, little-endian", 0, [2, 0, 0, 0]],
    ["loopback, big-endian", 0, [0, 0, 0, 2]],
    ["loopback of OpenBSD", 108, [0, 0, 0, 2]],
    ["Linux cooked", 113, [...COOKED, 8, 0]],
    ["Linux cooked, version 2", 276, [8, 0, ...Array(18).fill(0)]],
    ["raw IP", 101, []],
    ["raw IPv4", 228, []],
    ["raw IP of BSD", 12, []],
  ] as const
) {
  Deno.test(`${name} is unwrapped`, async () => {
    const packets = wrapped(...header);
    // Short frames are padded, which is no data.
    const padded = packets.map((packet) =>
      Uint8Array.from([...packet, 0, 0, 0])
    );
    const { lines } = await read(pcapFile(padded, linkType));
    assertEquals(lines, WHOLE);
  });
}

Deno.test("IPv6 is read, with headers in front of TCP", async () => {
  const packets = whole(new Packets({ isIpv6: true }));
  const opened = "1 # connection from [fd00::1]:40000 to [fd00::2]:1234";
  const expected = [opened, ...WHOLE.slice(1)];
  assertEquals((await read(pcapFile(packets))).lines, expected);
  for (
    const extension of [
      [6, 0, 1, 4, 0, 0, 0, 0], // hop-by-hop options
      [6, 0, 0, 0, 1, 2, 3, 4], // a fragment that is all
    ]
  ) {
    const extended = packets.map((packet) => {
      const bytes = [
        ...packet.subarray(0, 40),
        ...extension,
        ...packet.subarray(40),
      ];
      bytes[5]! += 8;
      bytes[6] = extension[2] === 1 ? 0 : 44;
      return Uint8Array.from(bytes);
    });
    assertEquals((await read(pcapFile(extended))).lines, expected);
  }
});

Deno.test("packets without TCP are passed over, and fragments are counted", async () => {
  const packets = whole();
  const udp = packets[0]!.slice();
  udp[9] = 17;
  const fragment = packets[0]!.slice();
  fragment[6] = 0x20;
  const strange = [udp, fragment, Uint8Array.of(0x45, 0), new Uint8Array(0)];
  const { lines, summary } = await read(pcapFile([...strange, ...packets]));
  assertEquals([lines, summary.fragments], [WHOLE, 1]);
});

Deno.test("segments in any order, more than once and overlapping are put together", async () => {
  const packets = new Packets();
  const part = (from: number, to: number) =>
    packets.packet(">", {
      sequence: from,
      data: `01${REQUEST}`.slice(from, to),
    });
  const size = REQUEST.length + 2;
  const orders: Uint8Array[][] = [
    [part(10, size), part(0, 10)],
    [part(0, 10), part(0, 10), part(10, size), part(10, size)],
    [part(0, 15), part(5, size)],
    [part(5, size), part(0, 15)],
    [part(8, 12), part(8, size), part(8, 10), part(4, 9), part(0, 6)],
    [part(0, 3), part(2, 2), part(12, size), part(7, 13), part(3, 7)],
  ];
  for (const order of orders) {
    const answer = packets.packet("<", {
      acknowledged: size,
      data: `01${RESULT}`,
    });
    const file = pcapFile([...packets.opening, ...order, answer]);
    assertEquals((await read(file)).lines, [OPENED, ...SHOWN]);
  }
});

Deno.test("byte numbers that wrap, and segments that keep a connection alive, change nothing", async () => {
  const packets = new Packets();
  const shift = 2 ** 32 - 1001 - 10;
  const file = pcapFile([
    packets.packet(">", { sequence: shift - 1, flags: TCP_FLAGS.syn }),
    packets.packet(">", { sequence: shift + 8, data: REQUEST.slice(6) }),
    packets.packet(">", { sequence: shift, data: `01${REQUEST.slice(0, 6)}` }),
    packets.packet(">", { sequence: shift + 23, data: "\0" }),
    packets.packet("<", { acknowledged: shift + 24, data: `01${RESULT}` }),
  ]);
  assertEquals((await read(file)).lines, [OPENED, ...SHOWN]);
});

Deno.test("a lost segment is reported, and reading goes on with the next message", async () => {
  const packets = new Packets();
  const start = [...packets.opening, packets.send(">", `01${REQUEST}`)];
  const lost = packets.send(">", "r0002004echo00000002yo");
  const after = packets.send(">", "r0003004echo00000000");
  const lines = [
    OPENED,
    SHOWN[0]!,
    "1 > ! lost: the capture misses 22 bytes",
    '1 > SingleRequest 0003 "echo" 0 bytes',
    "1 > end",
  ];
  const end = packets.end(">");
  const file = pcapFile([...start, after, end]);
  assertEquals((await read(file)).lines, lines);
  // It was captured late.
  const late = await read(pcapFile([...start, after, lost, end]));
  assertEquals(late.lines.length, 5);
  assertEquals(late.lines.some((line) => line.includes("lost")), false);
});

Deno.test("what the receiver has and the capture misses is lost before the connection ends", async () => {
  const packets = new Packets();
  const start = [...packets.opening, packets.send(">", `01${REQUEST}`)];
  const version = packets.send("<", "01");
  packets.send(">", "p00020000000412345".slice(0, 17));
  const after = packets.send(">", "n001a00000000");
  const beats = Array.from(
    { length: 40 },
    () => packets.send("<", "h000000000000"),
  );
  const { lines } = await read(pcapFile([...start, version, after, ...beats]));
  const missed = lines.findIndex((line) => line.includes("lost"));
  assertEquals(lines.slice(missed, missed + 2), [
    "1 > ! lost: the capture misses 17 bytes",
    '1 > Notification "a" 0 bytes',
  ]);
  assertEquals(missed > 5 && missed < lines.length - 2, true);
});

Deno.test("the rest of a message whose beginning is lost is skipped", async () => {
  const packets = new Packets();
  const start = [...packets.opening, packets.send(">", "01")];
  packets.send(">", "r0001004echo00000020");
  const file = pcapFile([
    ...start,
    packets.send(">", "0123456789abcdef"),
    packets.send(">", "0123456789abcdef"),
    packets.send(">", REQUEST),
    packets.end(">"),
  ]);
  assertEquals((await read(file)).lines.slice(1), [
    "1 > ! lost: the capture misses 20 bytes",
    "1 > skipped 32 bytes of a message",
    SHOWN[0]!,
    "1 > end",
  ]);
});

Deno.test("bytes at the end that only the acknowledgement shows are lost", async () => {
  const packets = new Packets();
  const file = pcapFile([
    ...packets.opening,
    packets.send(">", `01${REQUEST}`),
    packets.packet("<", { acknowledged: 124, data: "01" }),
  ]);
  assertEquals((await read(file)).lines.slice(2), [
    "1 > ! lost: the capture misses 100 bytes",
  ]);
});

Deno.test("several connections are told apart, also with the ports of an earlier one", async () => {
  const [first, second] = [new Packets(), new Packets({ port: 40_001 })]
    .map((packets) => whole(packets));
  const mixed = first!.flatMap((packet, index) => [packet, second![index]!]);
  const again = new Packets();
  const other = again.packet(">", { sequence: 999, flags: TCP_FLAGS.syn });
  const file = pcapFile([
    ...mixed,
    other,
    other,
    again.packet(">", { sequence: 1000, data: "01n001a00000000" }),
    // The first one opens a third, although this one has not ended.
    ...new Packets().opening,
  ]);
  const { lines, summary } = await read(file);
  for (const number of [1, 2]) {
    const own = lines.filter((line) => line.startsWith(`${number} `));
    assertEquals(
      own.slice(1),
      WHOLE.slice(1).map((line) => line.replace("1", `${number}`)),
    );
  }
  assertEquals(lines.slice(-2), [
    OPENED.replace("1", "3"),
    '3 > Notification "a" 0 bytes',
  ]);
  assertEquals(summary.conversations, 3);
});

Deno.test("a connection whose start is missing is read from the first message that is seen", async () => {
  const packets = new Packets({ port: 1234, to: 40_000 });
  packets.send(">", "01r0001004echo00000010");
  const middle = [
    packets.send(">", "0123456789abcdef"),
    packets.send(">", REQUEST),
    packets.send("<", RESULT),
  ];
  const { lines } = await read(pcapFile(middle));
  // The lower port is that of a server.
  assertEquals(lines, [
    "1 # connection from 10.0.0.2:40000 to 10.0.0.1:1234",
    "1 # its start is missing in the capture",
    "1 < skipped 16 bytes of a message",
    SHOWN[0]!.replace(">", "<"),
    SHOWN[1]!.replace("<", ">"),
  ]);
  const named = await read(pcapFile(middle), { port: 40_000 });
  assertEquals(
    named.lines[0],
    "1 # connection from 10.0.0.1:1234 to 10.0.0.2:40000",
  );
});

Deno.test("only the first packets may be missing", async () => {
  const packets = whole();
  const { lines } = await read(pcapFile(packets.slice(3)));
  assertEquals(lines.toSpliced(1, 1), WHOLE);
  assertEquals((await read(pcapFile(packets.slice(1)))).lines, WHOLE);
});

Deno.test("a conversation in version 00 is read, also from within", async () => {
  const packets = new Packets();
  const start = [
    ...packets.opening,
    packets.send(">", "00r001004echo00000000"),
    packets.send("<", "00R00100000000"),
  ];
  packets.send(">", "n001a00000000");
  const file = pcapFile([...start, packets.send(">", "r002004echo00000000")]);
  assertEquals((await read(file)).lines.slice(1), [
    '1 > SingleRequest 001 "echo" 0 bytes',
    "1 < SingleResult 001 0 bytes",
    "1 > ! lost: the capture misses 13 bytes",
    '1 > SingleRequest 002 "echo" 0 bytes',
  ]);
});

Deno.test("malformed and unfinished conversations are shown up to there", async () => {
  const packets = new Packets();
  const malformed = pcapFile([
    ...packets.opening,
    packets.send(">", `01${REQUEST}xyz`),
    packets.send(">", REQUEST),
    packets.packet("<", { flags: TCP_FLAGS.reset }),
  ]);
  const { lines } = await read(malformed);
  assertEquals(lines.slice(0, 2), [OPENED, SHOWN[0]!]);
  assertEquals(
    lines[2]!.startsWith("1 > ! malformed: Cannot "),
    true,
    lines[2],
  );
  assertEquals(lines.slice(3), ["1 < reset"]);

  const cut = new Packets();
  const start = [...cut.opening, cut.send(">", `01${REQUEST.slice(0, -1)}`)];
  assertEquals((await read(pcapFile(start))).lines, [
    OPENED,
    "1 > ends within a message",
  ]);
  const ended = await read(pcapFile([...start, cut.end(">")]));
  assertEquals(ended.lines[1]!.startsWith("1 > ! malformed: "), true);
});

Deno.test("TLS is named, and other traffic is counted unless its port is given", async () => {
  const tls = new Packets({ to: 443 });
  const http = new Packets({ port: 40_001, to: 80 });
  const ssh = new Packets({ port: 40_002, to: 22 });
  const silent = new Packets({ port: 40_003 });
  const file = pcapFile([
    ...tls.opening,
    tls.send(">", "\x16\x03\x01\x00\x05hello"),
    ...http.opening,
    http.send(">", "GE"),
    http.send(">", "T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ...ssh.opening,
    ssh.send("<", "SSH-2.0-x\r\n"),
    ...silent.opening,
  ]);
  const { lines, summary } = await read(file);
  assertEquals(lines.map((line) => line.slice(2)), [
    "# connection from 10.0.0.1:40000 to 10.0.0.2:443 is TLS, which cannot be read",
  ]);
  assertEquals(
    [summary.conversations, summary.tls, summary.others],
    [0, 1, 2],
  );
  const named = await read(file, { port: 22 });
  assertEquals(named.lines.length, 2);
  assertEquals(named.lines[1]!.startsWith("1 < ! malformed: "), true);
  // A later record of TLS.
  const later = await read(
    pcapFile([tls.send(">", "\x17\x03\x03\x00\x05hello")]),
  );
  assertEquals(later.summary.tls, 1);
});

Deno.test("link types that are not read are counted", async () => {
  const { lines, summary } = await read(pcapFile(whole(), 147));
  assertEquals([lines, [...summary.linkTypes]], [[], [147]]);
});

Deno.test("broken and cut captures give one clear line, after what comes before", async () => {
  const packets = whole();
  const pcap = pcapFile(packets), pcapng = pcapngFile(packets);
  for (
    const [file, message] of [
      [pcap.subarray(0, 20), "the capture is cut within its header"],
      [pcap.subarray(0, -1), "the capture is cut: it ends within packet 10"],
      [pcap.subarray(0, 30), "the capture is cut: it ends within packet 1"],
      [pcapng.subarray(0, -1), "the capture is cut: it ends within block 13"],
      [pcapng.subarray(0, 6), "the capture is cut: it ends within block 1"],
    ] as const
  ) {
    const { error } = await read(file);
    assertEquals([error instanceof CaptureError, error?.message], [
      true,
      message,
    ]);
  }
  const { lines } = await read(pcap.subarray(0, -60));
  assertEquals(lines.slice(0, 3), WHOLE.slice(0, 3));
  for (
    const [file, at, value, message] of [
      [pcap, 24 + 11, 0xff, /packet 1 has \d+ bytes/],
      [pcapng, 8, 0xff, /block 1 has no byte order/],
      [pcapng, 28 + 4, 5, /block 2 has 5 bytes/],
      [pcapng, 28 + 32 + 16 + 8, 7, /in block 4/],
      [pcapng, 28 + 32 + 16 + 20, 0xff, /in block 4/],
    ] as const
  ) {
    const broken = file.slice();
    broken[at] = value;
    await assertRejects(
      async () => {
        const { error } = await read(broken);
        throw error;
      },
      CaptureError,
      "the capture is broken",
    );
    const { error } = await read(broken);
    assertEquals(message.test(error!.message), true, error!.message);
  }
});

Deno.test("a capture with any bytes changed is read, or refused as broken", async () => {
  let random = 1;
  const next = (below: number) => {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
    return random % below;
  };
  for (const file of [pcapFile(whole()), pcapngFile(whole())]) {
    for (let run = 0; run < 500; run++) {
      const broken = file.slice(0, 4 + next(file.length));
      for (let count = next(4); count >= 0; count--) {
        broken[4 + next(broken.length - 4)] = next(256);
      }
      const { error } = await read(broken);
      const isRefused = error === undefined || error instanceof CaptureError;
      assertEquals([isRefused, error?.stack], [true, error?.stack]);
    }
  }
});
