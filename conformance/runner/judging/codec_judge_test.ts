import { assertEquals, assertRejects } from "@std/assert";
import type { CodecCase } from "../cases/case.ts";
import type { ChunkName } from "../cases/chunks.ts";
import {
  AdapterError,
  type Commands,
  type Implementation,
  SkippedError,
} from "../implementation.ts";
import {
  type CodecChanges,
  CodecImplementation,
} from "../testing/codec_implementation.ts";
import { judgeCodec, type Judgement } from "./codec_judge.ts";

type Decoded = Commands["decode"]["answer"];

const CASE: CodecCase = {
  id: "codec/a/a",
  since: "1.0.0",
  level: "must",
  title: "Something holds",
  spec: [],
  directions: ["decode", "encode"],
  wire: "n001a00000002hif00000001",
  messages: [
    { kind: "Notification", name: "a", payload: "hi" },
    { kind: "ProtocolError", code: 1 },
  ],
};

/** Refused at its fifth byte, behind a message. */
const REFUSED: CodecCase = {
  ...CASE,
  wire: "f00000001f0x000001",
  messages: [{ kind: "ProtocolError", code: 1 }],
  error: { reason: "bad-hex", code: 2, at: 11 },
};

async function judge(
  implementation: Implementation,
  run: Parameters<typeof judgeCodec>[0],
): Promise<Judgement> {
  await using _subject = implementation;
  const description = await implementation.ask("start", { protocol: 1 });
  return await judgeCodec(run, implementation, description);
}

function judgeDecode(
  decode: CodecChanges["decode"],
  each: CodecCase = CASE,
  chunk: ChunkName = "whole",
  next?: CodecCase,
): Promise<Judgement> {
  return judge(
    new CodecImplementation(decode === undefined ? {} : { decode }),
    {
      kind: "decode",
      name: "",
      case: each,
      chunk,
      ...next === undefined ? {} : { next },
    },
  );
}

function judgeEncode(
  encode: CodecChanges["encode"],
  each: CodecCase,
): Promise<Judgement> {
  return judge(
    new CodecImplementation(encode === undefined ? {} : { encode }),
    {
      kind: "encode",
      name: "",
      case: each,
    },
  );
}

Deno.test("a decoder that follows the case passes, whatever the chunks", async () => {
  for (
    const chunk of ["whole", "bytewise", "split@15", "with-empties"] as const
  ) {
    for (const each of [CASE, REFUSED, { ...CASE, end: true } as CodecCase]) {
      assertEquals((await judgeDecode(undefined, each, chunk)).verdict, "pass");
    }
  }
});

Deno.test("glued bytes are decoded after the case", async () => {
  const first: CodecCase = {
    ...CASE,
    wire: "n001a00000002hi",
    messages: CASE.messages.slice(0, 1),
  };
  const { verdict, trace } = await judgeDecode(
    undefined,
    first,
    "glued",
    REFUSED,
  );
  assertEquals(verdict, "pass");
  assertEquals(trace.slice(0, 3).map(({ by, text }) => `${by} ${text}`), [
    "> decode n001a00000002hif00000001f0x000001",
    '< at chunk 0: Notification name "a" payload "hi"',
    "< at chunk 0: ProtocolError code 1",
  ]);
});

Deno.test("messages that are wrong, missing, too many or at the wrong chunk fail", async () => {
  const wrong: [(right: Decoded) => Decoded["messages"], string][] = [
    [({ messages }) => messages.slice(0, 1), "delivered 1 messages, wanted 2"],
    [
      ({ messages }) => [...messages, messages[1]!],
      "message 3 is ProtocolError code 1, wanted none",
    ],
    [
      ({ messages }) => messages.toReversed(),
      "message 1 is ProtocolError code 1, wanted another kind",
    ],
    [
      (
        { messages: [one, two] },
      ) => [
        { ...one!, message: { ...one!.message, name: new Uint8Array() } },
        two!,
      ],
      'message 1 is Notification name "" payload "hi", wanted another name',
    ],
    [
      (
        { messages: [one, two] },
      ) => [one!, { ...two!, message: { kind: "ProtocolError", code: 0 } }],
      "message 2 is ProtocolError code 0, wanted another code",
    ],
    [
      ({ messages: [one, two] }) => [{ ...one!, chunk: 1 }, two!],
      "message 1 was delivered at chunk 1, wanted 0, which has its last byte",
    ],
  ];
  for (const [change, reason] of wrong) {
    const judged = await judgeDecode(
      (_, right) => ({ ...right, messages: change(right) }),
      CASE,
      "split@15",
    );
    assertEquals([judged.verdict, judged.reason], ["fail", reason]);
    assertEquals(judged.expected, [
      'at chunk 0 Notification name "a" payload "hi", then at chunk 1 ProtocolError code 1',
    ]);
  }
});

Deno.test("absent bytes are empty", async () => {
  const empty: CodecCase = {
    ...CASE,
    wire: "R000100000000",
    messages: [{ kind: "SingleResult", id: "0001", payload: "" }],
  };
  const judged = await judgeDecode((_, { messages: [one] }) => {
    const { payload: _payload, ...message } = one!.message;
    return { messages: [{ chunk: 0, message }] };
  }, empty);
  assertEquals(judged.verdict, "pass");
});

Deno.test("a refusal is judged by its place and its code", async () => {
  const refusedWith = async (
    refused: Decoded["refused"],
    each: CodecCase = REFUSED,
  ) => {
    const { verdict, reason } = await judgeDecode(
      (_, { messages }) =>
        refused === undefined ? { messages } : { messages, refused },
      each,
      "bytewise",
    );
    return [verdict, reason];
  };
  const reason = "no";
  assertEquals(await refusedWith({ chunk: 11, reason, code: 2 }), [
    "pass",
    undefined,
  ]);
  assertEquals(await refusedWith({ chunk: 11, reason }), ["pass", undefined]);
  assertEquals(await refusedWith(undefined), [
    "fail",
    "did not refuse the bytes",
  ]);
  assertEquals(await refusedWith({ chunk: 11, reason, code: 1 }), [
    "fail",
    "refused with code 1, wanted 2",
  ]);
  assertEquals((await refusedWith({ chunk: 10, reason }))[0], "fail");
  assertEquals(await refusedWith({ chunk: 12, reason }), [
    "weak",
    "refused at chunk 12, later than 11, which has the wrong byte",
  ]);
  assertEquals(await refusedWith({ chunk: 11, reason }, CASE), [
    "fail",
    "refused: no",
  ]);
});

Deno.test("the end of the input is judged with the last chunk", async () => {
  const cut: CodecCase = {
    ...CASE,
    wire: "f0000",
    messages: [],
    end: true,
    error: { reason: "truncated", at: 5 },
  };
  for (const chunk of ["whole", "bytewise", "with-empties"] as const) {
    assertEquals((await judgeDecode(undefined, cut, chunk)).verdict, "pass");
  }
  const { verdict } = await judgeDecode(() => ({ messages: [] }), cut);
  assertEquals(verdict, "fail");
});

Deno.test("an encoder writes the bytes or refuses", async () => {
  const each: CodecCase = {
    ...CASE,
    wire: "f00000001",
    messages: [{ kind: "ProtocolError", code: 1 }],
  };
  const { wire: _, ...tooLarge } = {
    ...each,
    messages: [{ kind: "ProtocolError", code: 2 ** 32 }],
    error: { reason: "out-of-range" },
  } as const;
  const bytes = new TextEncoder().encode("f00000002");
  assertEquals((await judgeEncode(undefined, each)).verdict, "pass");
  assertEquals((await judgeEncode(undefined, tooLarge)).verdict, "pass");
  assertEquals(
    await judgeEncode(undefined, {
      ...CASE,
      wire: "01",
      messages: [],
      handshake: true,
    }).then(({ verdict }) => verdict),
    "pass",
  );
  const wrong = await judgeEncode(() => ({ bytes }), each);
  assertEquals([wrong.verdict, wrong.reason, wrong.expected], [
    "fail",
    "wrote f00000002",
    ["the bytes f00000001"],
  ]);
  const written = await judgeEncode(() => ({ bytes }), tooLarge);
  assertEquals([written.verdict, written.expected], ["fail", [
    "a refusal (out-of-range)",
  ]]);
  const refused = await judgeEncode(
    () => ({ refused: { reason: "no" } }),
    each,
  );
  assertEquals([refused.verdict, refused.reason], [
    "fail",
    "refused to write it: no",
  ]);
});

Deno.test("a case that needs a missing feature is not applicable", async () => {
  const run = { kind: "decode", name: "", case: CASE, chunk: "whole" } as const;
  for (
    const [description, reason] of [
      [{ features: [] }, "it does not have the feature codec"],
      [{ versions: ["00"] }, "it does not speak version 01"],
      [
        { limits: { name: 1, payload: 1 } },
        "it does not support payloads of 2 bytes",
      ],
    ] as const
  ) {
    const { verdict, reason: actual } = await judge(
      new CodecImplementation({ description }),
      run,
    );
    assertEquals([verdict, actual], ["not-applicable", reason]);
  }
});

Deno.test("skipped and failed commands are reported, and an exit is thrown", async () => {
  const skipped = await judgeDecode(() => {
    throw new SkippedError("no", "https://a.example/");
  });
  assertEquals([skipped.verdict, skipped.reason], [
    "skipped",
    "no (https://a.example/)",
  ]);
  const errored = await judgeDecode(() => {
    throw new AdapterError("Cannot decode: it broke");
  });
  assertEquals([errored.verdict, errored.reason], [
    "errored",
    "Cannot decode: it broke",
  ]);
  await assertRejects(
    () =>
      judgeDecode(() => {
        throw new AdapterError("it is gone", { fatal: true });
      }),
    AdapterError,
  );
});
