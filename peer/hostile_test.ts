import { assert, assertEquals, assertLess } from "@std/assert";
import {
  isProtocolError,
  type ProtocolErrorReason,
  text,
} from "../codec/mod.ts";
import { memoryPair } from "../transport/mod.ts";
import { memoryInUse } from "./testing/memory_in_use.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";
import { Peer } from "./peer.ts";

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handle("never", () => new Promise(() => {}))
  .handleStream("never", () => new Promise<void>(() => {}));

/** Malformed messages, the bytes sent in response, and the reason and offset of the error. */
const MALFORMED: readonly (readonly [
  bytes: string,
  answer: string,
  reason: ProtocolErrorReason,
  offset: number,
])[] = [
  ["x", "f00000002", "unknown-kind", 2],
  ["\n", "f00000002", "unknown-kind", 2],
  ["01", "f00000002", "unknown-kind", 2],
  ["Hello, how are you?", "f00000002", "unknown-kind", 2],
  ["r00010x4", "f00000002", "bad-hex", 7 + 1],
  ["r0001004echo+", "f00000002", "bad-hex", 14],
  ["R0001-0000001", "f00000002", "bad-hex", 7],
  ["h00:", "f00000002", "bad-hex", 5],
  ["e0001 ", "f00000002", "bad-hex", 7],
  ["f0000000g", "f00000002", "bad-hex", 10],
];

Deno.test("a malformed message ends the conversation with code 2 at its first invalid byte (error/invalid, error/invalid-code, error/at-once, wire/kind, wire/hex-strict)", async () => {
  for (const [bytes, answer, reason, offset] of MALFORMED) {
    await using script = await ScriptedPeer.open({ handlers });
    await script.say(bytes);
    assertEquals(script.heard(), answer, bytes);
    const { clean, error } = await script.peer.closed;
    assertEquals(clean, false);
    assertEquals(
      isProtocolError(error) && [error.reason, error.offset, error.side],
      [reason, offset, "local"],
      bytes,
    );
    assertEquals(script.channel.closedWith, { code: 2 });
  }
});

Deno.test("messages before a malformed one are delivered, and none after it (error/delivered-before, error/invalid)", async () => {
  const seen: string[] = [];
  await using script = await ScriptedPeer.open({
    handlers: new Handlers().onOtherNotification((_, { operation }) => {
      seen.push(operation);
    }),
  });
  await script.say("n001a00000000n001b00000000xn001c00000000");
  await script.say("n001d00000000");
  assertEquals(seen, ["a", "b"]);
  assertEquals(script.heard(), "f00000002");
});

Deno.test("each failure is reported with its code (error/codes)", async () => {
  const failures: Record<string, [string, (script: ScriptedPeer) => unknown]> =
    {
      "a login that fails": [
        "f00000000",
        (script) => script.say("01r0001005login00000000"),
      ],
      "an unsupported version": ["f00000001", (script) => script.say("02")],
      "a malformed message": ["f00000002", (script) => script.say("01x")],
      "no version": ["f00000003", (script) => script.clock.advance(5_000)],
      "silence": ["f00000003", async (script) => {
        await script.say("01");
        await script.clock.advance(45_000);
      }],
    };
  for (const [name, [report, fail]] of Object.entries(failures)) {
    await using script = await ScriptedPeer.open({
      handshake: false,
      role: "acceptor",
      limits: { loginTimeout: 100_000 },
      login: { operation: "login", authenticate: () => false },
    });
    await fail(script);
    assert(script.heard().endsWith(report), name);
  }
});

Deno.test("nothing is written after a ProtocolError (error/last)", async () => {
  const gate = Promise.withResolvers<void>();
  await using script = await ScriptedPeer.open({
    handlers: new Handlers()
      .handle("slow", () => gate.promise)
      .handleStream("feed", async function* () {
        await gate.promise;
        yield text.encode("late");
      }),
  });
  await script.say("r0001004slow00000000s0002004feed00000000");
  // The ProtocolError stays in the write queue until the handlers have returned.
  script.channel.stall();
  await script.say("x");
  gate.resolve();
  const late = watch(script.peer.notify("late"));
  await settled();
  script.channel.resume();
  await script.clock.advance(100_000);
  assertEquals(script.heard(), "f00000002");
  assertEquals(script.channel.closedWith, { code: 2 });
  assertEquals(late.state, "rejected");
});

Deno.test("an unsupported version, or bytes that are not a version, are refused with code 1, and no handler runs (handshake/unsupported, handshake/code-1, handshake/not-hex, handshake/not-hex-code)", async () => {
  for (
    const version of [
      "00",
      "02",
      "ff",
      "0a",
      "xx",
      "0x",
      " 1",
      "GE",
      "f0",
      "r0",
    ]
  ) {
    const seen: string[] = [];
    await using script = await ScriptedPeer.open({
      handshake: false,
      handlers: new Handlers().handleOther((payload) => {
        seen.push("request");
        return payload;
      }),
    });
    const opened = watch(script.peer.opened);
    await script.say(`${version}r0001004echo00000000`);
    assertEquals(script.heard(), "01f00000001", version);
    assertEquals(seen, []);
    assertEquals(opened.rejection(isProtocolError).code, 1);
    assertEquals(script.states, ["closing", "closed"]);
  }
});

Deno.test("a connection that ends before its version is a protocol error (close/inside)", async () => {
  for (const bytes of ["", "0"]) {
    await using script = await ScriptedPeer.open({ handshake: false });
    const opened = watch(script.peer.opened);
    if (bytes !== "") await script.say(bytes);
    await script.end();
    assertEquals(opened.rejection(isProtocolError).reason, "truncated");
    assertEquals(script.heard(), "01f00000002");
  }
});

Deno.test("a stream request under the ID of a running one is refused with code 2 (stream/duplicate-id)", async () => {
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001005never00000000s0001005never00000000");
  assertEquals(script.heard(), "f00000002");
  const { error } = await script.peer.closed;
  assertEquals(isProtocolError(error) && error.reason, "not-allowed");
});

Deno.test("an oversized stream request under the ID of a running one is refused with code 2 (stream/duplicate-id)", async () => {
  await using script = await ScriptedPeer.open({
    handlers,
    limits: { maxPayloadBytes: 10 },
  });
  await script.say("s0001005never00000000s0001005never0000000b");
  assertEquals(script.heard(), "f00000002");
});

Deno.test("a part that belongs to no stream is refused with code 2, also under the ID of a single request (stream/unknown-part)", async () => {
  for (const before of ["", "r0001005never00000000"]) {
    await using script = await ScriptedPeer.open({ handlers });
    await script.say(`${before}p000100000003abc`);
    assertEquals(script.heard(), "f00000002");
  }
});

Deno.test("only the latest 1,024 ended streams are remembered (limits/ended-streams, stream/late-parts)", async () => {
  await using script = await ScriptedPeer.open();
  const id = (index: number) => index.toString(16).padStart(4, "0");
  for (let index = 0; index < 1025; index++) {
    await script.say(`s${id(index)}001x00000000`);
  }
  script.heard();
  await script.say(`p${id(1)}00000000p${id(1024)}00000000`);
  assertEquals(script.peer.state, "open");
  // An ID that is used again becomes the latest.
  await script.say(`s${id(1)}001x00000000s${id(1025)}001x00000000`);
  script.heard();
  await script.say(`p${id(1)}00000000`);
  assertEquals(script.peer.state, "open");
  await script.say(`p${id(0)}00000000`);
  assertEquals(script.heard(), "f00000002");
});

Deno.test("a ProtocolError ends the conversation at its ninth byte and is not answered, whatever its code (error/received, error/no-reply, error/unknown-code)", async () => {
  for (const code of [0, 1, 2, 3, 0x400, 0xffffffff]) {
    await using script = await ScriptedPeer.open({ handlers });
    const call = watch(script.peer.requestText("x", ""));
    await settled();
    script.heard();
    const digits = code.toString(16).padStart(8, "0");
    await script.say(`f${digits}r0001004echo00000000`);
    assertEquals(script.heard(), "");
    const { clean, error } = await script.peer.closed;
    assertEquals(clean, false);
    assertEquals(
      isProtocolError(error) && [error.code, error.reason, error.side],
      [code, "reported", "remote"],
    );
    assertEquals(script.channel.closedWith, { code });
    assertEquals(call.state, "rejected");
  }
});

Deno.test("results under unknown IDs are skipped with their payload (request/unknown-answer)", async () => {
  await using script = await ScriptedPeer.open({ handlers });
  await script.say(
    "R000100000003abcS000100000003abcE000100000003abce00010000006400000003abc",
  );
  await script.say("S000100000000r0001004echo00000002hi");
  assertEquals(script.heard(), "R000100000002hi");
  assertEquals(script.peer.stats.dropped, 5);
});

Deno.test("an announced size reserves no memory (limits/no-reserve)", async () => {
  const scripts: ScriptedPeer[] = [];
  try {
    for (let peer = 0; peer < 200; peer++) {
      const limits = { maxPayloadBytes: Infinity };
      scripts.push(await ScriptedPeer.open({ handlers, limits }));
    }
    const before = memoryInUse();
    for (const [index, script] of scripts.entries()) {
      const kind = ["r0001", "s0001", "n"][index % 3];
      await script.say(`${kind}004echoffffffff`);
      assertEquals(script.peer.state, "open");
    }
    assertLess((memoryInUse() - before) / scripts.length, 16 * 1024);
  } finally {
    for (const script of scripts) await script[Symbol.asyncDispose]();
  }
});

Deno.test("a result in tiny parts uses no more memory than its bytes", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.requestBytes("x", new Uint8Array(0)));
  await settled();
  const chunk = "S000000000001x".repeat(1000);
  await script.say(chunk);
  const before = memoryInUse();
  for (let count = 0; count < 200; count++) await script.say(chunk);
  const parts = 200_000;
  assertLess((memoryInUse() - before) / parts, 10);
  await script.say("S000000000000");
  assertEquals(call.value?.byteLength, parts + 1000);
});

Deno.test("a payload of 4 GiB is refused as soon as it is announced (limits/skip)", async () => {
  for (const header of ["r0001004echo", "n001x", "R0001", "s0001004echo"]) {
    await using script = await ScriptedPeer.open({ handlers });
    await script.say(`${header}ffffffff`);
    assertEquals(script.heard(), "f00000002", header);
  }
});

Deno.test("names that are not UTF-8, or are properties of Object.prototype, reach no handler (wire/text3-bytes, request/unknown-operation)", async () => {
  await using script = await ScriptedPeer.open({ handlers });
  for (
    const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]
  ) {
    const size = name.length.toString(16).padStart(3, "0");
    await script.say(`r0001${size}${name}00000000`);
    await script.say(`s0001${size}${name}00000000`);
    await script.say(`n${size}${name}00000000`);
    const error = `unknown operation "${name}"`;
    const length = error.length.toString(16).padStart(8, "0");
    assertEquals(script.heard(), `E0001${length}${error}`.repeat(2));
  }
  await script.say("r0001002\xc3\x2800000000");
  assertEquals(
    script.heard(),
    'E000100000019unknown operation "\\xc3("',
  );
});

Deno.test("JSON with __proto__ changes no prototype", async () => {
  let seen: unknown;
  await using script = await ScriptedPeer.open({
    handlers: new Handlers().handle("x", (value) => {
      seen = value;
    }),
  });
  await script.say('r0001001x0000001b{"__proto__":{"evil":true}}');
  assertEquals(Object.getPrototypeOf(seen), Object.prototype);
  assertEquals(({} as { evil?: unknown }).evil, undefined);
  assert(Object.hasOwn(seen as object, "__proto__"));
});

Deno.test("a malformed conversation does not disturb another one (error/isolation)", async () => {
  const [left, right] = memoryPair();
  await using good = new Peer(left);
  await using _server = new Peer(right, { handlers, role: "acceptor" });
  const stream = good.stream("never");
  const writer = stream.writable.getWriter();
  await writer.write(text.encode("a"));
  for (const [bytes] of MALFORMED) {
    await using bad = await ScriptedPeer.open({ handlers });
    await bad.say(`s0001005never00000001a${bytes}`);
    assertEquals(bad.peer.state, "closed");
    const payload = text.encode("hi");
    assertEquals(await good.requestBytes("echo", payload), payload);
  }
  await writer.write(text.encode("b"));
  await stream.readable.cancel();
});

Deno.test("random input causes no unhandled rejection and leaves no call pending (error/isolation)", async () => {
  const alphabet = [
    "r0001004echo00000002hi",
    "s0002005never00000001a",
    "p000200000001b",
    "p000200000000",
    "S000000000001x",
    "S000000000000",
    "R000000000000",
    "E000100000001x",
    "e00010000000000000000",
    "n001x00000000",
    "h00005f63ee48",
    "f00000002",
    "\xff",
    "0",
  ];
  let seed = 20240201;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  for (let round = 0; round < 300; round++) {
    await using script = await ScriptedPeer.open({ handlers });
    const calls = [
      watch(script.peer.requestText("x", "")),
      watch(Array.fromAsync(script.peer.stream("y").readable)),
    ];
    let bytes = "";
    for (let part = 0; part < 12; part++) {
      bytes += alphabet[Math.floor(random() * alphabet.length)];
    }
    for (let at = 0; at < bytes.length;) {
      const size = 1 + Math.floor(random() * 20);
      await script.say(bytes.slice(at, at + size));
      at += size;
    }
    script.peer.abort();
    await settled();
    const states = calls.map(({ state }) => state);
    assert(!states.includes("pending"), `${bytes}: ${states}`);
    assertEquals(script.peer.stats.pending, 0);
  }
});
