// The rules about text: RFC 6455 section 8.1, and the table of RFC 3629 section
// 4. Each sequence as one frame, as one frame per byte, and as the reason of a
// close; each as a server and as a client, however the bytes are cut. The RFC
// leaves open how early bad text fails: here with the first byte that is wrong.

import { concat } from "@std/bytes";
import {
  checkRule,
  type Framing,
  type FramingRule,
} from "../testing/framing_suite.ts";
import {
  binary,
  binaryStart,
  close,
  fragments,
  last,
  more,
  ping,
  pong,
  text,
  textStart,
} from "../testing/frames.ts";
import { WebSocketChannel } from "./_channel.ts";
import { FrameReader } from "./_frame_reader.ts";
import { OwnCarrier } from "./_own_carrier.ts";

const OWN: Framing = {
  reader: (role) => new FrameReader(role),
  channel: (below, { role, rest, clock }) =>
    new WebSocketChannel(
      new OwnCarrier(below, role, rest, {}, clock),
      { transport: "websocket", secure: true },
      clock,
    ),
};

/** Bytes in hexadecimal. */
function bytes(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex.replaceAll(" ", ""));
}

/** Bytes that are no UTF-8. */
interface BadText {
  readonly bytes: Uint8Array;
  /** The offset of the first wrong byte; at the end if a character is cut. */
  readonly wrong: number;
}

/** Bad text in hexadecimal, with `!` before the first wrong byte, or the end. */
function bad(hex: string): BadText {
  const [before, after] = hex.split("!").map(bytes);
  return { bytes: concat([before!, after!]), wrong: before!.length };
}

function hexOf(bytes: Uint8Array): string {
  return bytes.length > 12
    ? `${bytes.length} bytes`
    : bytes.toHex().replace(/..(?=.)/g, "$& ");
}

/** The numbers from `first` to `last` as two digits each. */
function range(first: number, last: number): string[] {
  return Array.from(
    { length: last - first + 1 },
    (_, i) => (first + i).toString(16),
  );
}

/** Characters at the bounds of each length, and of each gap. */
const BOUNDS: readonly number[] = [
  ...[0x00, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff],
  ...[0x10000, 0x3ffff, 0x40000, 0xfffff, 0x100000, 0x10fffd, 0x10ffff],
];

/** The characters that Unicode reserves: two in each plane, and 32 more. */
const NONCHARACTERS: readonly number[] = [
  ...Array.from({ length: 32 }, (_, i) => 0xfdd0 + i),
  ...Array.from({ length: 17 }, (_, plane) => plane * 0x10000 + 0xfffe),
  ...Array.from({ length: 17 }, (_, plane) => plane * 0x10000 + 0xffff),
];

const VALID: readonly string[] = [
  "",
  "plain",
  "æøå ßü ñ",
  "Ωμέγα, жёлтый, 日本語, ไทย, عربى",
  "😀🏳️‍🌈👩‍🚀 and 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
  "e\u0301 o\u0308\u0323", // combining marks
  "\ufeffmark", // a byte order mark
  "NUL \0 and \x1f and \r\n",
  "\ufffd", // the replacement of others, a character itself
  "\u2028\u2029\u202e",
  ...BOUNDS.map((code) => String.fromCodePoint(code)),
  BOUNDS.map((code) => String.fromCodePoint(code)).join(""),
];

const BAD: Readonly<Record<string, readonly BadText[]>> = {
  "continuation bytes without a start": [
    ...["80", "8f", "90", "9f", "a0", "bf"].map((byte) => bad(`!${byte}`)),
    bad("!80 bf"),
    bad("!80 bf 80"),
    bad("61 !80 62"),
    bad("c3 a9 !a9"),
    bad("f0 9f 98 80 !80"),
  ],
  "start bytes without a continuation": [
    ...range(0xc2, 0xf4).map((byte) => bad(`${byte} !20`)),
    ...["c2", "df", "e0", "ed", "ef", "f0", "f4"].flatMap((byte) => [
      bad(`${byte}!`),
      bad(`${byte} !${byte}`),
    ]),
  ],
  "bytes that UTF-8 does not have": [
    ...["c0", "c1", ...range(0xf5, 0xff)].flatMap((byte) => [
      bad(`!${byte}`),
      bad(`!${byte} 80 80 80`),
      bad(`61 62 !${byte} 63`),
    ]),
  ],
  "characters without their last byte": [
    ...["c2", "df", "e0 a0", "ef bf", "f0 90 80", "f4 8f bf"],
    ...["f0 90", "f4 8f", "e1", "61 62 e2 82", "c3 a9 f0 9f 98"],
  ].flatMap((hex) => [bad(`${hex}!`), bad(`${hex} !2e`), bad(`${hex} !c3 a9`)]),
  "several cut characters in a row": [
    bad("c2 !e0 a0 f0 90 80"),
    bad("e0 a0 !f0 90 80 c2"),
    bad("f4 8f bf !ef bf df"),
  ],
  "characters in more bytes than they need": [
    ...["!c0 80", "!c1 bf", "!c0 af", "!c1 9c"], // 2, of 1
    ...["e0 !80 80", "e0 !80 af", "e0 !81 bf", "e0 !9f bf"], // 3, of 1 or 2
    ...["f0 !80 80 80", "f0 !80 80 af", "f0 !8f bf bf"], // 4, of 1 or 3
    ...["!f8 80 80 80 af", "!f8 87 bf bf bf"], // 5
    ...["!fc 80 80 80 80 af", "!fc 83 bf bf bf bf"], // 6
  ].map(bad),
  "surrogates": [
    ...["ed !a0 80", "ed !ad bf", "ed !ae 80", "ed !af bf"], // first halves
    ...["ed !b0 80", "ed !be 80", "ed !bf bf"], // second halves
    ...["a0 80", "ad bf", "ae 80", "af bf"].flatMap((high) => [
      `ed !${high} ed b0 80`,
      `ed !${high} ed bf bf`,
    ]),
    ...["ed !b0 80 ed a0 80", "61 ed !a0 bd ed b8 80 62"],
  ].map(bad),
  "characters beyond U+10FFFF": [
    ...["f4 !90 80 80", "f4 !bf bf bf", "!f5 80 80 80", "!f7 bf bf bf"],
    ...["!f8 88 80 80 80", "!fb bf bf bf bf"],
    ...["!fc 84 80 80 80 80", "!fd bf bf bf bf bf"],
  ].map(bad),
  "other encodings": [
    bad("e9 !74 e9"), // "été" in Latin-1
    bad("!ff fe 61 00"), // "a" in UTF-16
    bad("!fe ff 00 61"),
  ],
};

/** Valid text: whole, in two fragments wherever it is cut, and bytewise. */
function validRules(message: string): FramingRule[] {
  const bytes = new TextEncoder().encode(message);
  const messages = [message];
  const first = message.codePointAt(0)?.toString(16) ?? "none";
  const title = `text from U+${first} on, ${bytes.length} bytes`;
  const rules = [
    { title: `${title}, whole`, frames: [text(message)] },
    {
      title: `${title}, a byte per frame`,
      frames: fragments("text", message, 1),
    },
    ...[...bytes.keys()].filter((at) => at > 0 && bytes.length < 30).map(
      (at) => ({
        title: `${title}, in two fragments cut at ${at}`,
        frames: [textStart(bytes.subarray(0, at)), last(bytes.subarray(at))],
      }),
    ),
  ];
  const reason: FramingRule = {
    title: `${title}, as a reason`,
    rfc: "5.5.1",
    frames: [close(1000, message)],
    end: { code: 1000, reason: message },
  };
  return [
    ...rules.map((rule) => ({ ...rule, rfc: "8.1", messages })),
    ...bytes.length > 123 ? [] : [reason],
  ];
}

/** A noncharacter as text and as a reason. */
function noncharacterRule(code: number): FramingRule {
  const character = String.fromCodePoint(code);
  return {
    title: `noncharacter U+${code.toString(16)}`,
    rfc: "8.1",
    frames: [
      text(character),
      ...fragments("text", character, 1),
      close(1000, character),
    ],
    messages: [character, character],
    end: { code: 1000, reason: character },
  };
}

/** Bad text in each way that it may arrive in. */
function badRules({ bytes, wrong }: BadText): FramingRule[] {
  const title = hexOf(bytes);
  // A message that ends inside a character fails with its last byte.
  const found = Math.min(wrong + 1, bytes.length);
  const unfinished = bytes.subarray(0, found - 1);
  const rules: FramingRule[] = [
    {
      title: `${title}, whole`,
      rfc: "8.1",
      frames: [text(bytes)],
      unfinished,
      end: { fails: 1007, found },
    },
    {
      title: `${title}, a byte per frame`,
      rfc: "8.1",
      frames: fragments("text", bytes, 1).slice(0, found),
      unfinished,
      end: { fails: 1007, found: 1 },
    },
    {
      title: `${title}, at the start of a long frame (moment left open)`,
      rfc: "8.1",
      frames: [textStart(concat([bytes, new Uint8Array(200).fill(0x7e)]))],
      unfinished: bytes.subarray(0, wrong),
      end: { fails: 1007, found: wrong + 1 },
    },
    {
      title: `${title}, as a reason`,
      rfc: "8.1",
      frames: [close(1000, bytes)],
      end: { fails: 1007, found: "end" },
    },
    {
      title: `${title}, binary`,
      rfc: "5.6",
      frames: [binary(bytes), ...fragments("binary", bytes, 1)],
      messages: [bytes, bytes],
    },
  ];
  if (wrong === bytes.length) {
    rules.push({
      title: `${title}, then an empty last fragment`,
      rfc: "8.1",
      frames: [textStart(bytes), more(), last()],
      unfinished: bytes,
      end: { fails: 1007, found: "header" },
    });
  }
  return rules;
}

const MIXED: readonly FramingRule[] = [
  {
    title: "control frames inside characters",
    rfc: "5.4",
    frames: [
      ...[
        textStart(bytes("f0")),
        ping("1"),
        more(bytes("9f")),
        pong(bytes("ff")),
      ],
      ...[
        more(bytes("98")),
        ping(bytes("ff")),
        more(),
        last(bytes("80 c3 a9")),
      ],
    ],
    messages: ["😀é"],
    pings: ["1", bytes("ff")],
  },
  {
    title: "a new message inside a character breaks the order first",
    rfc: "5.4",
    frames: [textStart(bytes("61 c3")), text("b")],
    unfinished: bytes("61 c3"),
    end: { fails: 1002, found: "start" },
  },
  {
    title: "a message that continues the character of the last one",
    rfc: "8.1",
    frames: [text("é"), text(bytes("a9"))],
    messages: ["é"],
    end: { fails: 1007, found: 1 },
  },
  {
    title: "binary messages between texts are not checked",
    rfc: "5.6",
    frames: [
      ...[binary(bytes("c3")), text("é"), binary(bytes("a9 ff"))],
      ...[binaryStart(bytes("f0 9f")), ping(), last(bytes("ff")), text("ok")],
    ],
    messages: [bytes("c3"), "é", bytes("a9 ff"), bytes("f0 9f ff"), "ok"],
    pings: [""],
  },
  {
    title: "bad text in a late fragment",
    rfc: "8.1",
    frames: [
      ...[textStart("one, "), ping("now"), more("two, ")],
      more(bytes("74 68 ff 72 65 65")),
    ],
    unfinished: "one, two, th",
    pings: ["now"],
    end: { fails: 1007, found: 3 },
  },
  ...[0, 63, 64, 65, 124, 125, 126, 4096].map((length): FramingRule => ({
    title: `bad text after ${length} letters and before 1,000`,
    rfc: "8.1",
    frames: [text(concat([
      new Uint8Array(length).fill(0x61),
      bytes("ed a0 80"),
      new Uint8Array(1000).fill(0x61),
    ]))],
    unfinished: concat([new Uint8Array(length).fill(0x61), bytes("ed")]),
    end: { fails: 1007, found: length + 2 },
  })),
];

for (
  const [name, rules] of Object.entries({
    "valid text": VALID.flatMap(validRules),
    "noncharacters, which are valid": NONCHARACTERS.map(noncharacterRule),
    "text among other frames": MIXED,
    ...Object.fromEntries(
      Object.entries(BAD).map(([name, texts]) => [
        name,
        texts.flatMap(badRules),
      ]),
    ),
  })
) {
  Deno.test(`own framing follows the ${rules.length} rules of ${name} (websocket/text)`, async () => {
    for (const rule of rules) await checkRule(OWN, rule);
  });
}
