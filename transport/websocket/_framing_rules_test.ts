// The rules of RFC 6455 about frames, control frames, fragments, closing and
// sizes, each as a server and as a client, however the bytes are cut. A rule
// that the RFC leaves open names the section that leaves it open.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { concat, equals } from "@std/bytes";
import { arrivals } from "../testing/arrivals.ts";
import {
  checkRule,
  encoded,
  type Framing,
  type FramingRule,
  remote,
  type Role,
} from "../testing/framing_suite.ts";
import {
  binary,
  binaryStart,
  bytesOf,
  close,
  fragments,
  frame,
  last,
  more,
  type Payload,
  ping,
  pong,
  receivedFrames,
  type TestFrame,
  text,
  textStart,
} from "../testing/frames.ts";
import { ScriptedChannel } from "../testing/scripted_channel.ts";
import { TestClock } from "../testing/test_clock.ts";
import { WriteUnits } from "../write_units.ts";
import { WebSocketChannel } from "./_channel.ts";
import { FrameReader } from "./_frame_reader.ts";
import { OwnCarrier } from "./_own_carrier.ts";

const ROLES: readonly Role[] = ["server", "client"];

const OWN: Framing = {
  reader: (role, maxMessageBytes) =>
    new FrameReader(
      role,
      maxMessageBytes === undefined ? {} : { maxMessageBytes },
    ),
  channel: (below, { role, rest, maxMessageBytes, clock }) =>
    new WebSocketChannel(
      new OwnCarrier(below, role, rest, { maxMessageBytes }, clock),
      { transport: "websocket", secure: true },
      clock,
    ),
};

/** Bytes that differ from their neighbours, most of them no text. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 8) + 0xf8);
}

/** Text of a length in bytes, with characters of one to four bytes. */
function letters(length: number): string {
  const run = "aé日😀";
  const runs = Math.floor(length / 10);
  return run.repeat(runs) + "z".repeat(length - 10 * runs);
}

/** A text message and a binary message of each length. */
function lengths(): FramingRule[] {
  return [0, 1, 125, 126, 127, 128, 65_535, 65_536].flatMap((length) => [
    {
      title: `a text message of ${length} bytes`,
      rfc: "5.2",
      frames: [text(letters(length))],
      messages: [letters(length)],
    },
    {
      title: `a binary message of ${length} bytes`,
      rfc: "5.2",
      frames: [binary(pattern(length))],
      messages: [pattern(length)],
    },
  ]);
}

/** A frame of each kind where it may stand, and what stands before it. */
const EACH_KIND: readonly [name: string, first: number, before: TestFrame[]][] =
  [
    ["text", 0x81, []],
    ["binary", 0x82, []],
    ["a first fragment", 0x01, []],
    ["a last fragment", 0x80, [binaryStart("half")]],
    ["a close", 0x88, []],
    ["a ping", 0x89, []],
    ["a pong", 0x8a, []],
  ];

/** Each kind of frame with something wrong in its first two bytes. */
function eachKind(
  what: string,
  rfc: string,
  broken: (first: number) => TestFrame,
): FramingRule[] {
  return EACH_KIND.map(([name, first, before]) => ({
    title: `${name} ${what}`,
    rfc,
    frames: [...before, broken(first)],
    unfinished: before.length > 0 ? "half" : "",
    end: { fails: 1002, found: "start" },
  }));
}

const RESERVED_BITS: readonly FramingRule[] = [1, 2, 3, 4, 5, 6, 7].flatMap(
  (bits) =>
    eachKind(
      `with reserved bits ${bits.toString(2).padStart(3, "0")}`,
      "5.2",
      (first) => frame(first | bits << 4, pattern(3)),
    ),
);

const RESERVED_OPCODES: readonly FramingRule[] = [
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15],
].flatMap((opcode): FramingRule[] =>
  [
    ["empty", [], frame(0x80 | opcode)],
    ["with a payload", [], frame(0x80 | opcode, "payload")],
    ["without the end bit", [], frame(opcode, "payload")],
    ["inside a message", [textStart("half")], frame(0x80 | opcode, "!")],
    ["of 126 bytes", [], frame(0x80 | opcode, pattern(126))],
  ].map(([how, before, frame]) => ({
    title: `opcode ${opcode}, ${how}`,
    rfc: "5.2",
    frames: [...before as TestFrame[], frame as TestFrame],
    unfinished: (before as TestFrame[]).length > 0 ? "half" : "",
    end: { fails: 1002, found: "start" },
  }))
);

/** A binary frame that announces a length and has no payload. */
function announcing(announced: bigint, lengthBits?: 16 | 64): TestFrame {
  return frame(0x82, "", { announced, lengthBits });
}

const HEADERS: readonly FramingRule[] = [
  ...eachKind(
    "with a mask of a server, or none of a client",
    "5.1",
    (first) => frame(first, pattern(2), { wrongMask: true }),
  ),
  ...([[0n, 16], [125n, 16], [0n, 64], [125n, 64], [126n, 64], [
    65_535n,
    64,
  ]] as const)
    .map(([length, bits]): FramingRule => ({
      title: `length ${length} in ${bits} bits`,
      rfc: "5.2",
      frames: [announcing(length, bits)],
      end: { fails: 1002, found: "length" },
    })),
  ...[2n ** 63n, 2n ** 63n + 5n, 0xffff_ffff_0000_0000n, 2n ** 64n - 1n]
    .map((length): FramingRule => ({
      title: `length ${length}, with the highest bit`,
      rfc: "5.2",
      frames: [announcing(length)],
      end: { fails: 1002, found: "length" },
    })),
  ...[2n ** 53n, 2n ** 62n, 2n ** 63n - 1n].map((length): FramingRule => ({
    title: `length ${length}, beyond any limit (code left open)`,
    rfc: "7.4.1",
    frames: [announcing(length)],
    end: { fails: 1009, found: "length" },
  })),
  ...([[0, 0, 0, 0], [255, 255, 255, 255], [0, 0, 0, 1], [
    128,
    0,
    0,
    0,
  ]] as const)
    .map((key): FramingRule => ({
      title: `mask key ${key}`,
      rfc: "5.3",
      frames: [
        frame(0x82, pattern(131), { key }),
        frame(0x89, pattern(7), { key }),
        frame(0x81, letters(131), { key }),
      ],
      messages: [pattern(131), letters(131)],
      pings: [pattern(7)],
    })),
];

const TEN: readonly string[] = [..."0123456789"].map((digit) => `p-${digit}`);

const PINGS: readonly FramingRule[] = [
  ...["", "Hello", pattern(9), new Uint8Array(125), pattern(125)].map((
    payload,
    index,
  ): FramingRule => ({
    title: `a ping of ${bytesOf(payload).length} bytes (${index})`,
    rfc: "5.5.2",
    frames: [ping(payload)],
    pings: [payload],
  })),
  ...[8, 9, 10].flatMap((opcode): FramingRule[] =>
    [126, 127, 65_536].map((length) => ({
      title: `a control frame ${opcode} of ${length} bytes`,
      rfc: "5.5",
      frames: [frame(0x80 | opcode, pattern(length))],
      end: { fails: 1002, found: "start" },
    }))
  ),
  {
    title: "a ping of 125 bytes whose length has 16 bits",
    rfc: "5.5",
    frames: [frame(0x89, pattern(125), { lengthBits: 16 })],
    end: { fails: 1002, found: "start" },
  },
  { title: "an empty pong without a ping", rfc: "5.5.3", frames: [pong()] },
  {
    title: "a pong with a payload without a ping",
    rfc: "5.5.3",
    frames: [pong("unasked")],
  },
  { title: "a pong of 125 bytes", rfc: "5.5.3", frames: [pong(pattern(125))] },
  {
    title: "a pong, then a ping: only the ping is answered",
    rfc: "5.5.3",
    frames: [pong("unasked"), ping("asked"), pong("unasked")],
    pings: ["asked"],
  },
  {
    title: "ten pings: at least the latest is answered (number left open)",
    rfc: "5.5.3",
    frames: TEN.map(ping),
    pings: TEN,
  },
  {
    title: "ten pings between ten messages",
    rfc: "5.5.3",
    frames: TEN.flatMap((each) => [ping(each), text(each)]),
    messages: TEN,
    pings: TEN,
  },
  {
    title: "a ping before a close: answered before the close (left open)",
    rfc: "5.5.2",
    frames: [ping("now"), close(1000)],
    pings: ["now"],
    end: { code: 1000 },
  },
  {
    title:
      "a ping before a broken frame: answered before the close (left open)",
    rfc: "7.1.7",
    frames: [ping("now"), frame(0x83)],
    pings: ["now"],
    end: { fails: 1002, found: "start" },
  },
];

/** A broken order of fragments, found with the start of the last frame. */
function disordered(
  title: string,
  frames: TestFrame[],
  arrives: Pick<FramingRule, "messages" | "unfinished" | "pings"> = {},
): FramingRule {
  return {
    title,
    rfc: "5.4",
    frames,
    ...arrives,
    end: { fails: 1002, found: "start" },
  };
}

const FRAGMENTS: readonly FramingRule[] = [
  ...[9, 10, 8].map((opcode) =>
    disordered(`a control frame ${opcode} without the end bit`, [
      frame(opcode, "part"),
    ])
  ),
  disordered("a ping in two fragments", [frame(0x09, "pa")]),
  disordered("a ping without the end bit inside a message", [
    textStart("half"),
    frame(0x09),
  ], { unfinished: "half" }),
  ...(["text", "binary"] as const).flatMap((opcode): FramingRule[] =>
    [1, 2, 3, 5, 20].map((size) => ({
      title: `${opcode} in fragments of ${size} bytes`,
      rfc: "5.4",
      frames: fragments(opcode, "fragment and the rest", size),
      messages: [
        opcode === "text"
          ? "fragment and the rest"
          : bytesOf("fragment and the rest"),
      ],
    }))
  ),
  {
    title: "empty fragments around and between others",
    rfc: "5.4",
    frames: [textStart(), more("a"), more(), more(), more("b"), last()],
    messages: ["ab"],
  },
  {
    title: "messages of empty fragments only",
    rfc: "5.4",
    frames: [textStart(), more(), last(), binaryStart(), last()],
    messages: ["", new Uint8Array()],
  },
  {
    title: "a ping between two fragments",
    rfc: "5.4",
    frames: [textStart("one, "), ping("between"), last("two")],
    messages: ["one, two"],
    pings: ["between"],
  },
  {
    title: "pings and pongs between all of five fragments",
    rfc: "5.4",
    frames: [
      ...[textStart("1"), ping("a"), more("2"), pong("b"), more("3")],
      ...[ping("c"), ping("d"), more("4"), pong(), ping(), last("5")],
    ],
    messages: ["12345"],
    pings: ["a", "c", "d", ""],
  },
  {
    title: "two fragmented messages, then a whole one",
    rfc: "5.4",
    frames: [
      ...[textStart("a"), last("b"), binaryStart("c"), last("d"), text("e")],
    ],
    messages: ["ab", bytesOf("cd"), "e"],
  },
  {
    title: "a first fragment and nothing else, then a ping",
    rfc: "5.4",
    frames: [binaryStart("half"), ping("still"), close(1000)],
    unfinished: "half",
    pings: ["still"],
    end: { code: 1000 },
  },
  disordered("a last fragment of nothing", [last("nothing")]),
  disordered("a middle fragment of nothing", [more("nothing")]),
  disordered("an empty last fragment of nothing", [last()]),
  disordered("a last fragment after a whole message", [text("a"), last("b")], {
    messages: ["a"],
  }),
  disordered(
    "a middle fragment after a fragmented message",
    [textStart("a"), last("b"), more("c")],
    { messages: ["ab"] },
  ),
  disordered(
    "a last fragment after a fragmented message and a ping",
    [binaryStart("a"), last("b"), ping("c"), last("d")],
    { messages: [bytesOf("ab")], pings: ["c"] },
  ),
  ...[text("b"), binary("b"), textStart("b"), binaryStart("b")].flatMap((
    inner,
  ) => [
    disordered(
      `opcode byte ${inner.first} inside a text message`,
      [textStart("a"), inner],
      { unfinished: "a" },
    ),
    disordered(
      `opcode byte ${inner.first} inside a binary message, after more of it`,
      [binaryStart("a"), more("c"), ping(), inner],
      { unfinished: "ac", pings: [""] },
    ),
  ]),
];

/** A close frame that arrives, with what precedes it. */
function closing(
  title: string,
  code: number,
  frames: TestFrame[],
  more: Partial<FramingRule> = {},
): FramingRule {
  return { title, rfc: "5.5.1", frames, end: { code }, ...more };
}

const LONGEST_REASON = letters(123);

const CLOSES: readonly FramingRule[] = [
  closing("a close without a code", 1005, [close()]),
  closing("a close with a code alone", 1000, [close(1000)]),
  closing("a close with a reason", 1000, [close(1000, "Bye, né")], {
    end: { code: 1000, reason: "Bye, né" },
  }),
  closing("a close with the longest reason", 4000, [
    close(4000, LONGEST_REASON),
  ], { end: { code: 4000, reason: LONGEST_REASON } }),
  closing("a message, then a close", 1000, [text("a"), close(1000)], {
    messages: ["a"],
  }),
  closing("two closes: the first counts", 3000, [close(3000)], {}),
  closing("a close inside a message, which stays unfinished", 1001, [
    ...[binaryStart("a"), more("b"), close(1001)],
  ], { unfinished: "ab", rfc: "5.4" }),
  closing("a close inside a character (left open)", 1000, [
    textStart(Uint8Array.of(0x61, 0xc3)),
    close(1000),
  ], { unfinished: Uint8Array.of(0x61, 0xc3), rfc: "8.1" }),
  closing("a large message, then a close", 1000, [
    binary(pattern(262_144)),
    close(1000),
  ], { messages: [pattern(262_144)] }),
  ...[0, 1, 2].map((length): FramingRule => ({
    title: `a close of ${124 + length} bytes of reason`,
    rfc: "5.5",
    frames: [close(1000, "x".repeat(124 + length))],
    end: { fails: 1002, found: "start" },
  })),
  ...[0x00, 0x03, 0xff].map((byte): FramingRule => ({
    title: `a close of one byte, ${byte}`,
    rfc: "5.5.1",
    frames: [frame(0x88, Uint8Array.of(byte))],
    end: { fails: 1002, found: "end" },
  })),
  ...[
    1000,
    1001,
    1002,
    1003,
    1007,
    1008,
    1009,
    1010,
    1011,
    3000,
    3999,
    4000,
    4999,
  ]
    .map((code) => closing(`close code ${code}`, code, [close(code)])),
  ...[1012, 1013, 1014].map((code) =>
    closing(`close code ${code}, registered later (left open)`, code, [
      close(code),
    ], { rfc: "7.4.2" })
  ),
  ...[0, 1, 999, 1004, 1005, 1006, 1015].map((code): FramingRule => ({
    title: `close code ${code}, which no frame may have`,
    rfc: "7.4.1",
    frames: [close(code, "why")],
    end: { fails: 1002, found: "end" },
  })),
  ...[1016, 1100, 1999, 2000, 2999, 5000, 9999, 32_768, 65_535].map((
    code,
  ): FramingRule => ({
    title: `close code ${code}, which is undefined (left open)`,
    rfc: "7.4.2",
    frames: [close(code)],
    end: { fails: 1002, found: "end" },
  })),
];

/** A message in frames of a size. */
function inFrames(
  opcode: "text" | "binary",
  length: number,
  size: number,
): FramingRule {
  const body: Payload = opcode === "text" ? letters(length) : pattern(length);
  return {
    title: `${length} bytes of ${opcode} in frames of ${size}`,
    rfc: "5.4",
    frames: fragments(opcode, body, size),
    messages: [body],
  };
}

const KIB_64 = 65_536;

const SIZES: readonly FramingRule[] = (["text", "binary"] as const).flatMap(
  (opcode) => [
    inFrames(opcode, 4 * KIB_64, 4 * KIB_64),
    inFrames(opcode, 4 * KIB_64, KIB_64),
    ...[64, 256, 1024, 4096, 16_384, 65_536].map((size) =>
      inFrames(opcode, KIB_64, size)
    ),
    inFrames(opcode, KIB_64, 1300),
    inFrames(opcode, 18_000, 1300),
  ],
);

/** A message of more than 16 bytes, found with a length. */
function tooLarge(
  title: string,
  frames: TestFrame[],
  unfinished: Payload = "",
): FramingRule {
  return {
    title: `${title} (left open)`,
    rfc: "7.4.1",
    frames,
    unfinished,
    maxMessageBytes: 16,
    end: { fails: 1009, found: "length" },
  };
}

const LIMITS: readonly FramingRule[] = [
  {
    title: "messages of the largest length allowed",
    rfc: "7.4.1",
    frames: [
      binary(pattern(16)),
      ...fragments("text", letters(16), 5),
      ...[binaryStart(pattern(16)), ping(pattern(125)), more(), last()],
    ],
    messages: [pattern(16), letters(16), pattern(16)],
    pings: [pattern(125)],
    maxMessageBytes: 16,
  },
  tooLarge("a message that is too large by one byte", [binary(pattern(17))]),
  tooLarge("a message of 64 KiB", [text(letters(65_536))]),
  tooLarge("a message that announces 4 GiB", [announcing(2n ** 32n)]),
  tooLarge("a last fragment that is too large by one byte", [
    binaryStart("0123456789"),
    last("0123456"),
  ], "0123456789"),
  tooLarge("a middle fragment that is too large", [
    ...[textStart("0123456789"), more("012345"), ping(), more("6")],
  ], "0123456789012345"),
].map((rule) =>
  rule.title.includes("middle") ? { ...rule, pings: [""] } : rule
);

for (
  const [name, rules] of Object.entries({
    "lengths of messages": lengths(),
    "masks and lengths in headers": HEADERS,
    "pings and pongs": PINGS,
    "reserved bits": RESERVED_BITS,
    "reserved opcodes": RESERVED_OPCODES,
    "fragments": FRAGMENTS,
    "close frames": CLOSES,
    "large messages in frames of any size": SIZES,
    "limits": LIMITS,
  })
) {
  Deno.test(`own framing follows the ${rules.length} rules of ${name}`, async () => {
    for (const rule of rules) await checkRule(OWN, rule);
  });
}

/** What arrives after the local side has sent its close frame. */
interface AfterCloseRule {
  readonly title: string;
  readonly rfc: string;
  readonly frames: readonly TestFrame[];
  /** Whether the connection then ends. */
  readonly ends?: boolean;
  /** How the channel ends. */
  readonly clean: boolean;
  readonly code: number;
}

const AFTER_CLOSE: readonly AfterCloseRule[] = [
  {
    title: "the same code",
    rfc: "7.1.2",
    frames: [close(4002)],
    clean: true,
    code: 4002,
  },
  {
    title: "another code, of a close that crosses ours",
    rfc: "7.1.5",
    frames: [close(1001, "going")],
    clean: true,
    code: 1001,
  },
  {
    title: "no code",
    rfc: "7.1.5",
    frames: [close()],
    clean: true,
    code: 1005,
  },
  {
    title: "a code that rejects what we sent",
    rfc: "7.4.1",
    frames: [close(1009)],
    clean: false,
    code: 1009,
  },
  {
    title: "messages, then a close: data is discarded (left open)",
    rfc: "5.5.1",
    frames: [text("late"), binary(pattern(300)), close(4002)],
    clean: true,
    code: 4002,
  },
  {
    title: "pings, then a close: nothing is answered (left open)",
    rfc: "5.5.2",
    frames: [ping("late"), pong(), ping(pattern(125)), close(4002)],
    clean: true,
    code: 4002,
  },
  {
    title: "a message without an end, then a close",
    rfc: "5.4",
    frames: [textStart("half"), ping(), more(), close(4002)],
    clean: true,
    code: 4002,
  },
  {
    title: "two closes",
    rfc: "5.5.1",
    frames: [close(4002), close(1000), text("late")],
    clean: true,
    code: 4002,
  },
  {
    title: "a broken frame: no second close is sent",
    rfc: "7.1.7",
    frames: [frame(0x83), close(4002)],
    clean: false,
    code: 1002,
  },
  {
    title: "text that is not UTF-8: no second close is sent",
    rfc: "8.1",
    frames: [text(Uint8Array.of(0xff)), close(4002)],
    clean: false,
    code: 1007,
  },
  {
    title: "a close with a code that must not be sent",
    rfc: "7.4.1",
    frames: [close(1006)],
    clean: false,
    code: 1002,
  },
  {
    title: "the end of the connection",
    rfc: "7.1.5",
    frames: [text("late")],
    ends: true,
    clean: false,
    code: 1006,
  },
];

async function checkAfterClose(
  { ends, clean, code }: AfterCloseRule,
  role: Role,
  chunks: readonly Uint8Array[],
  title: string,
): Promise<void> {
  const clock = new TestClock();
  const below = new ScriptedChannel({ chunks, ends, afterWrite: true });
  const rest = new Uint8Array();
  const options = { role, rest, maxMessageBytes: undefined, clock };
  const channel = OWN.channel(below, options);
  const reading = channel.read().catch(() => null);
  await channel.close({ code: 2, reason: "né" });
  assertEquals(await reading, null, title);
  const end = await channel.closed;
  assertEquals([end.clean, end.code], [clean, code], title);
  const sent = receivedFrames(below.written, role);
  assertEquals(
    sent.map(({ opcode, payload }) => [opcode, payload]),
    [[8, concat([Uint8Array.of(0x0f, 0xa2), bytesOf("né")])]],
    title,
  );
  assertEquals(clock.pending, 0, title);
}

Deno.test(`own framing follows the ${AFTER_CLOSE.length} rules of what arrives after a local close (websocket/close-frame)`, async () => {
  for (const rule of AFTER_CLOSE) {
    for (const role of ROLES) {
      const frames = encoded(rule.frames, remote(role));
      const bytes = concat(frames.map(({ bytes }) => bytes));
      for (const { how, rest, chunks } of arrivals(bytes)) {
        if (rest.length > 0) continue;
        const title = `${rule.title}, as a ${role}, ${how}`;
        await checkAfterClose(rule, role, chunks, title);
      }
    }
  }
});

Deno.test("own framing sends whole masked or unmasked frames in their shortest form (websocket/binary, websocket/units)", async () => {
  const sizes = [1, 125, 126, 127, 65_535, 65_536, 100_000, 16_384, 16_385];
  for (const role of ROLES) {
    const clock = new TestClock();
    const below = new ScriptedChannel({ chunks: [] });
    const rest = new Uint8Array();
    const options = { role, rest, maxMessageBytes: undefined, clock };
    const channel = OWN.channel(below, options);
    for (const batch of [...sizes.map((size) => [size]), [...sizes, 0]]) {
      const units = new WriteUnits();
      for (const size of batch) units.add(pattern(size));
      await channel.write(units);
    }
    channel.abort();
    const sent = receivedFrames(below.written, role);
    assertEquals(
      sent.map(({ opcode, payload }) => [opcode, payload.length]),
      [...sizes, ...sizes].map((size) => [2, size]),
    );
    for (const { payload } of sent) {
      assert(equals(payload, pattern(payload.length)));
    }
    // Section 5.3: a key is for one frame only.
    const keys = new Set(sent.map(({ key }) => key));
    assertEquals(keys.size, role === "client" ? sent.length : 1);
  }
});

Deno.test("a message before a broken frame arrives, but can no longer be answered (RFC 6455, section 7.1.7)", async () => {
  for (const role of ROLES) {
    const frames = encoded([text("asks"), frame(0x83)], remote(role));
    const clock = new TestClock();
    const chunks = [concat(frames.map(({ bytes }) => bytes))];
    const below = new ScriptedChannel({ chunks });
    const rest = new Uint8Array();
    const options = { role, rest, maxMessageBytes: undefined, clock };
    const channel = OWN.channel(below, options);
    assertEquals(await channel.read(), bytesOf("asks"));
    const units = new WriteUnits();
    units.add(bytesOf("answer"));
    await assertRejects(() => channel.write(units), Error, "unknown opcode 3");
    await assertRejects(() => channel.read(), Error, "unknown opcode 3");
    const sent = receivedFrames(below.written, role);
    assertEquals(sent.map(({ opcode }) => opcode), [8]);
  }
});
