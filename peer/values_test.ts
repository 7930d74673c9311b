import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  isLimitError,
  isValidationError,
  ValidationError,
} from "../codec/mod.ts";
import { memoryPair } from "../transport/mod.ts";
import type { ContractOf } from "./contract_of.ts";
import { Handlers } from "./handlers.ts";
import type { Contract } from "./contract.ts";
import { isOperationError, OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import type { PeerOptions } from "./peer_options.ts";
import { ReconnectingPeer } from "./reconnecting/reconnecting_peer.ts";
import type { Schema } from "./standard_schema.ts";
import { memoryInUse } from "./testing/memory_in_use.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";

/** A pair of peers; the right one has handlers. */
function pair(handlers: Handlers, options: PeerOptions = {}) {
  const [left, right] = memoryPair();
  const server = new Peer(right, { handlers, role: "acceptor", ...options });
  const client = new Peer(left);
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close();
    },
  };
}

const numbers: Schema<unknown, number> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value === "number"
        ? { value }
        : { issues: [{ message: "wanted a number" }] },
  },
};

async function* count(to: number): AsyncGenerator<number> {
  for (let n = 1; n <= to; n++) {
    await Promise.resolve();
    yield n;
  }
}

const OUTPUTS = {
  "an async generator": (to: number) => count(to),
  "a generator": function* (to: number) {
    for (let n = 1; n <= to; n++) yield n;
  },
  "an array": (to: number) => Array.from({ length: to }, (_, n) => n + 1),
  "a web stream": (to: number) => ReadableStream.from(count(to)),
  "a promise of an iterable": (to: number) => Promise.resolve(count(to)),
};

for (const [name, handler] of Object.entries(OUTPUTS)) {
  Deno.test(`a handler can yield values: ${name}`, async () => {
    await using peers = pair(new Handlers().handleValues("count", handler));
    for (const to of [0, 1, 200]) {
      assertEquals(
        await Array.fromAsync(peers.client.values("count", to)),
        Array.from({ length: to }, (_, n) => n + 1),
      );
    }
  });
}

Deno.test("each value is one part, and the input is the payload of the request", async () => {
  await using script = await ScriptedPeer.open();
  const values = script.peer.values("x", { a: 1 });
  await settled();
  assertEquals(script.heard(), "");
  const first = watch(values.next());
  await settled();
  assertEquals(script.heard(), 's0000001x00000007{"a":1}');
  await script.say('S0000000000012S000000000003"a"S000000000000');
  assertEquals(first.value, { done: false, value: 2 });
  assertEquals(await values.next(), { done: false, value: "a" });
  assertEquals((await values.next()).done, true);
});

Deno.test("values arrive whole whatever their size, and in order", async () => {
  const sizes = [1, 100, 4095, 4096, 5000, 16383, 16384, 16385, 70000, 3, 2];
  const words = [...sizes, ...sizes].map((size, n) => `${n % 10}`.repeat(size));
  const handlers = new Handlers()
    .handleValues("echo", (_input, { values }) => values)
    .handleValues("words", () => words);
  await using peers = pair(handlers);
  const { client } = peers;
  assertEquals(await Array.fromAsync(client.values("words")), words);
  const echoed = client.values("echo", undefined, { values: words });
  assertEquals(await Array.fromAsync(echoed), words);
});

Deno.test("values travel as JSON, null included, undefined refused", async () => {
  const all = [null, false, 0, "", [], {}, { a: [1, { b: null }] }, "日本"];
  const handlers = new Handlers()
    .handleValues("echo", (_input, { values }) => values)
    .handleValues("nothing", () => [1, undefined]);
  await using peers = pair(handlers, { onEvent() {} });
  const { client } = peers;
  const echoed = client.values("echo", undefined, { values: all });
  assertEquals(await Array.fromAsync(echoed), all);
  const nothing = client.values("nothing");
  assertEquals((await nothing.next()).value, 1);
  const failed = await assertRejects(() => nothing.next());
  assert(isOperationError(failed) && failed.text === "internal error");
  const wrong = client.values("echo", undefined, { values: [undefined] });
  const refused = await assertRejects(() => wrong.next());
  assert(isValidationError(refused));
});

Deno.test("a handler without an output, or with an empty one, yields no values", async () => {
  const seen: unknown[] = [];
  const handlers = new Handlers()
    .handleValues("collect", async (_input, { values }) => {
      for await (const value of values) seen.push(value);
    })
    .handleValues("empty", () => []);
  await using peers = pair(handlers);
  const { client } = peers;
  const sent = client.values("collect", undefined, { values: [1, 2] });
  assertEquals(await Array.fromAsync(sent), []);
  assertEquals(seen, [1, 2]);
  assertEquals(await Array.fromAsync(client.values("empty")), []);
});

Deno.test("a failure of the handler reaches the loop after the values before it", async () => {
  const handlers = new Handlers()
    .handleValues("fail", function* () {
      yield* [1, 2, 3];
      throw new OperationError("no more", { code: "over" });
    });
  await using peers = pair(handlers);
  const seen: unknown[] = [];
  const failed = await assertRejects(async () => {
    for await (const value of peers.client.values("fail")) {
      // All has arrived, the error too.
      await settled();
      seen.push(value);
    }
  });
  assert(isOperationError(failed) && failed.code === "over");
  assertEquals(seen, [1, 2, 3]);
  assertEquals(peers.client.stats.pending, 0);
});

Deno.test("a failure of the values that are sent ends the call with it", async () => {
  const handlers = new Handlers()
    .handleValues("echo", (_input, { values }) => values);
  await using peers = pair(handlers, { onEvent() {} });
  const mine = new Error("mine");
  const sent = (function* () {
    yield 1;
    throw mine;
  })();
  const failed = await assertRejects(async () => {
    const values = peers.client.values("echo", undefined, { values: sent });
    for await (const _ of values);
  });
  assertEquals(failed, mine);
});

Deno.test("leaving the loop ends the request's data, and stops a handler of a subscription", async () => {
  let left: unknown;
  const ended = Promise.withResolvers<void>();
  const handlers = new Handlers().handleValues(
    "ticks",
    async function* (_input, { signal }) {
      try {
        for (let n = 0; n < 3; n++) yield n;
        const { promise, resolve } = Promise.withResolvers<void>();
        signal.addEventListener("abort", () => resolve());
        await promise;
      } finally {
        left = signal.reason;
        ended.resolve();
      }
    },
    { subscription: true },
  );
  await using peers = pair(handlers);
  for (let n = 0; n < 100; n++) { // More than maxConcurrentStreams.
    for await (const tick of peers.client.values("ticks")) {
      if (tick === 2) break;
    }
    await peers.client.requestText("x", "").catch(() => {});
  }
  await ended.promise;
  assert(left instanceof DOMException && left.name === "AbortError");
  assertEquals(peers.client.stats.pending, 0);
});

Deno.test("return() ends a next() that waits, and disposal does the same", async () => {
  await using script = await ScriptedPeer.open({ extensions: false });
  for (const end of ["return", "dispose"] as const) {
    const values = script.peer.values("x");
    const waiting = watch(values.next());
    await settled();
    const id = script.heard().slice(1, 5);
    if (end === "return") await values.return();
    else await values[Symbol.asyncDispose]();
    await settled();
    assertEquals(waiting.value, { done: true, value: undefined });
    assertEquals((await values.next()).done, true);
    assertEquals(script.heard(), `p${id}00000000`);
    assertEquals(script.peer.stats.pending, 0);
    await script.say(`S${id}00000000`);
  }
  // Nothing was sent for values that nobody read.
  await script.peer.values("y").return();
  await settled();
  assertEquals(script.heard(), "");
});

Deno.test("what was requested before return() ends without values, whatever arrives", async () => {
  await using script = await ScriptedPeer.open({ extensions: false });
  const checks = Promise.withResolvers<never>();
  const output: Schema<unknown, number> = {
    "~standard": { version: 1, vendor: "test", validate: () => checks.promise },
  };
  const values = script.peer.values("x", undefined, { output });
  const waiting = [watch(values.next()), watch(values.next())];
  await script.opened();
  assertEquals(script.heard(), "s0000001x00000000");
  // The first value is being validated, the second has not arrived.
  await script.say("S0000000000011");
  await values.return!();
  checks.reject(new Error("invalid"));
  await settled();
  for (const { value } of waiting) {
    assertEquals(value, { done: true, value: undefined });
  }
  assertEquals(script.heard(), "p000000000000");
  await script.say("S000000000000");
});

Deno.test("values to send are left, if the answer is left before its first value was requested", async () => {
  await using script = await ScriptedPeer.open();
  const seen: string[] = [];
  const values: Iterable<number> = {
    [Symbol.iterator]: () => ({
      next: () => (seen.push("next"), { done: false, value: 1 }),
      return: () => (seen.push("return"), { done: true, value: undefined }),
    }),
  };
  await script.peer.values("x", undefined, { values }).return!();
  await settled();
  assertEquals([seen, script.heard()], [["return"], ""]);
});

Deno.test("a subscription discards what its caller sends, and stops with the connection", async () => {
  const reasons: unknown[] = [];
  const handlers = new Handlers().handleValues(
    "ticks",
    (_input, { signal }) => {
      signal.addEventListener("abort", () => reasons.push(signal.reason));
      return new ReadableStream<number>();
    },
    { subscription: true },
  );
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001005ticks00000000s0002005ticks00000000");
  await script.say("p0001000000011p0001000000012");
  assertEquals([reasons, script.heard()], [[], ""]);
  await script.say("p000100000000");
  assertEquals(reasons.length, 1);
  assertEquals(script.heard(), "S000100000000");
  script.channel.reset();
  await settled();
  assertEquals(reasons.length, 2);
});

Deno.test("a signal or timeout abandons the call and ends the request's data without values", async () => {
  await using script = await ScriptedPeer.open({ extensions: false });
  const controller = new AbortController();
  const reason = new Error("enough");
  const first = watch(
    script.peer.values("x", 1, { signal: controller.signal }).next(),
  );
  await settled();
  controller.abort(reason);
  await settled();
  assertEquals(first.error, reason);
  assertEquals(script.heard(), "s0000001x000000011p000000000000");
  const second = watch(script.peer.values("x", 1, { timeout: 10 }).next());
  await script.clock.advance(10);
  assertEquals(
    String(second.error),
    'TimeoutError: Cannot complete "x": no complete result within 10 ms, the request was sent',
  );
  assertEquals(script.heard(), "s0001001x000000011p000100000000");
  // Sent values that were cut off must not look complete.
  const values = new ReadableStream({ start: (source) => source.enqueue(1) });
  const third = watch(
    script.peer.values("x", 1, { timeout: 10, values }).next(),
  );
  await script.clock.advance(10);
  assertEquals((third.error as Error).name, "TimeoutError");
  assertEquals(script.heard().endsWith("p000200000000"), false);
});

Deno.test("a slow loop holds the handler back", async () => {
  let made = 0;
  const handlers = new Handlers().handleValues("fast", function* () {
    for (;;) {
      made++;
      yield "x".repeat(1000);
    }
  });
  await using peers = pair(handlers);
  const values = peers.client.values("fast");
  assertEquals((await values.next()).done, false);
  await settled();
  const before = made;
  await settled();
  assertEquals(made, before);
  assert(made < 10_000, `${made} values`);
  await values.return();
});

Deno.test("a loop keeps none of the values before, however long it lasts", async () => {
  const size = 16 * 1024;
  const handlers = new Handlers().handleValues("feed", async function* () {
    for (let n = 0;; n++) yield await Promise.resolve(`${n}`.padEnd(size));
  });
  await using peers = pair(handlers);
  const values = peers.client.values("feed");
  for (let n = 0; n < 100; n++) await values.next();
  const before = memoryInUse();
  const count = 1_000;
  for (let n = 0; n < count; n++) await values.next();
  assertLess((memoryInUse() - before) / count, size / 4);
  await values.return();
});

Deno.test("limits of JSON apply to each value, on both sides", async () => {
  const limits = { maxJsonBytes: 100, maxJsonDepth: 3 };
  const handlers = new Handlers()
    .handleValues("make", (value) => [1, value])
    .handleValues("count", async function* (_input, { values }) {
      for await (const _ of values) yield 1;
    });
  const [left, right] = memoryPair();
  await using client = new Peer(left, { limits });
  await using _server = new Peer(right, {
    handlers: new Handlers(handlers)
      .handleValues("long", () => ["x".repeat(200)])
      .handleValues("deep", () => [[[[[]]]]]),
    role: "acceptor",
    limits,
  });
  for (const operation of ["long", "deep"]) {
    const error = await assertRejects(() => client.values(operation).next());
    assert(isLimitError(error), operation);
  }
  const input = client.values("make", "x".repeat(200));
  const refused = await assertRejects(() => input.next());
  assert(isOperationError(refused));
  const sent = client.values("count", 0, { values: ["x".repeat(200)] });
  await assertRejects(() => sent.next());
});

Deno.test("input, sent and yielded values are validated", async () => {
  const handlers = new Handlers()
    .handleValues("input", (n) => [n], { input: numbers, sendIssues: true })
    .handleValues("values", (_input, { values }) => values, {
      values: numbers,
    })
    .handleValues("output", () => [1, "two"] as never[], { output: numbers });
  await using peers = pair(handlers, { onEvent() {} });
  const { client } = peers;
  assertEquals(await Array.fromAsync(client.values("input", 1)), [1]);
  const input = await assertRejects(() => client.values("input", "1").next());
  assert(isOperationError(input) && input.code === "invalid-input");
  const sent = client.values("values", 0, { values: ["1"] });
  await assertRejects(() => sent.next());
  const output = client.values("output");
  assertEquals((await output.next()).value, 1);
  await assertRejects(() => output.next());
  const received = client.values("values", 0, { values: [1] });
  assertEquals(await Array.fromAsync(received), [1]);
});

Deno.test("without an input, the payload of the request is the first value", async () => {
  const seen: unknown[] = [];
  const handlers = new Handlers().handleValues(
    "all",
    async (_input, { values }) => {
      for await (const value of values) seen.push(value);
    },
    { input: false },
  );
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001003all000000011p0001000000012p000100000000");
  assertEquals(seen, [1, 2]);
  assertEquals(script.heard(), "S000100000000");
});

Deno.test("a stream of bytes takes an input besides", async () => {
  const handlers = new Handlers().handleStream(
    "put",
    async function* (parts, { input }) {
      yield new TextEncoder().encode(`${JSON.stringify(input)}:`);
      yield* parts;
    },
    { input: true },
  );
  await using peers = pair(handlers);
  const { readable, writable } = peers.client.stream("put", {
    input: { path: "a" },
  });
  const sent = new Blob(["data"]).stream().pipeTo(writable);
  assertEquals(await new Response(readable).text(), '{"path":"a"}:data');
  await sent;
  const none = peers.client.stream("put");
  void none.writable.close();
  assertEquals(await new Response(none.readable).text(), "undefined:");
});

Deno.test("the input of a stream of bytes is validated, also by a schema that is a function", async () => {
  const callable = Object.assign(() => {}, numbers);
  const handlers = new Handlers()
    .handleStream("object", (_, { input }) => [new Uint8Array(input)], {
      input: numbers,
      sendIssues: true,
    })
    .handleStream("function", (_, { input }) => [new Uint8Array(input)], {
      input: callable,
      sendIssues: true,
    });
  await using peers = pair(handlers);
  for (const operation of ["object", "function"]) {
    const { readable } = peers.client.stream(operation, { input: 3 });
    assertEquals((await new Response(readable).bytes()).byteLength, 3);
    const wrong = peers.client.stream(operation, { input: "three" });
    const failed = await assertRejects(() => Array.fromAsync(wrong.readable));
    assert(isOperationError(failed) && failed.message.includes("a number"));
  }
});

Deno.test("a subscription that rests is not ended by streamIdleTimeout, a stream that waits for values is", async () => {
  const handlers = new Handlers()
    .handleValues("rest", () => new ReadableStream<number>())
    .handleValues("ticks", () => new ReadableStream<number>(), {
      subscription: true,
    })
    .handleValues("sum", async (_input, { values }) => {
      for await (const _ of values);
    });
  await using script = await ScriptedPeer.open({
    handlers,
    limits: { streamIdleTimeout: 1000 },
  });
  await script.say("s0001004rest00000000s0002005ticks00000000");
  await script.clock.advance(10_000);
  assertEquals(script.heard(), "");
  await script.say("p000200000000");
  assertEquals(script.heard(), "S000200000000");
  await script.say("s0003003sum00000000");
  await script.clock.advance(10_000);
  assertEquals(script.heard(), "E000300000013stream idle timeout");
});

interface Chat extends Contract {
  values: {
    lines(input: { room: string }): AsyncIterable<{ text: string }>;
    sum(input: undefined, values: AsyncIterable<number>): AsyncIterable<number>;
    clock(): Iterable<number>;
  };
  streams: { put(input: { path: string }): void; gzip(): void };
}

Deno.test("a contract types values and inputs of streams", () => {
  new Handlers<Chat>()
    .handleValues("lines", async function* ({ room }) {
      yield await Promise.resolve({ text: room });
    })
    .handleValues("sum", async function* (_input, { values }) {
      for await (const value of values) yield value + 1;
    })
    .handleStream("put", (parts, { input }) => input.path ? parts : undefined, {
      input: true,
    });
  const wrong = (peer: Peer<Chat>) => [
    // @ts-expect-error: there is no such operation
    peer.values("line", { room: "" }),
    // @ts-expect-error: the input is left out
    peer.values("lines"),
    // @ts-expect-error: the values are left out
    peer.values("sum"),
    // @ts-expect-error: the values have another type
    peer.values("sum", undefined, { values: ["1"] }),
    // @ts-expect-error: it takes no input
    peer.values("clock", 1),
    // @ts-expect-error: the input is left out
    peer.stream("put"),
    // @ts-expect-error: it takes no input
    peer.stream("gzip", { input: 1 }),
    // @ts-expect-error: there is no such operation
    () => new Handlers<Chat>().handleValues("line", () => []),
    // @ts-expect-error: the values have another type
    () => new Handlers<Chat>().handleValues("clock", () => [""]),
  ];
  const right = async (peer: Peer<Chat>) => {
    for await (const { text } of peer.values("lines", { room: "" })) {
      text.trim();
    }
    peer.values("sum", undefined, { values: [1] });
    peer.values("clock", undefined, { timeout: 1 });
    peer.stream("put", { input: { path: "" } });
    peer.stream("gzip");
  };
  const inferred = new Handlers().handleValues("count", count);
  const infers = async (peer: Peer<ContractOf<typeof inferred>>) => {
    for await (const n of peer.values("count", 1)) n.toFixed();
  };
  assertEquals([wrong.length, right.length, infers.length], [1, 1, 1]);
});

Deno.test("a reconnecting peer refuses an input that JSON cannot hold at once, also without a connection", async () => {
  const ready = Promise.withResolvers<void>();
  let server: Peer;
  await using peer = new ReconnectingPeer(async () => {
    await ready.promise;
    const [here, there] = memoryPair();
    const handlers = new Handlers().handle("ping", () => "pong");
    server = new Peer(there, { handlers, role: "acceptor" });
    return here;
  });
  assertThrows(
    () => peer.stream("put", { input: 1n }),
    ValidationError,
    "BigInt",
  );
  const ping = peer.request("ping");
  ready.resolve();
  assertEquals(await ping, "pong");
  await peer.close();
  await server!.closed;
});

Deno.test("a reconnecting peer receives and sends values, also those requested without a connection", async () => {
  const handlers = new Handlers()
    .handleValues("count", count)
    .handleValues("echo", (_input, { values }) => values)
    .handleValues("ticks", () => count(Infinity), { subscription: true });
  const ready = Promise.withResolvers<void>();
  let server: Peer;
  await using peer = new ReconnectingPeer(async () => {
    await ready.promise;
    const [here, there] = memoryPair();
    server = new Peer(there, { handlers, role: "acceptor" });
    return here;
  });
  const early = Array.fromAsync(peer.values("count", 3));
  const ticks = peer.values("ticks");
  const tick = ticks.next();
  const echo = Array.fromAsync(
    peer.values("echo", 0, { values: ["a".repeat(9000), 2] }),
  );
  ready.resolve();
  assertEquals(await early, [1, 2, 3]);
  assertEquals(await echo, ["a".repeat(9000), 2]);
  assertEquals((await tick).value, 1);
  await ticks.return();
  await peer.request("x").catch(() => {});
  await settled();
  assertEquals(server!.stats.running, 0);
  assertEquals(await Array.fromAsync(peer.values("count", 2)), [1, 2]);
  await peer.close();
  await server!.closed;
});

Deno.test("an iteration keeps none of the values that it has delivered", async () => {
  const count = 4_000;
  const size = 4_000;
  await using peers = pair(
    new Handlers().handleValues("long", function* () {
      for (let n = 0; n < count; n++) yield `${n}`.padEnd(size);
    }),
  );
  let before = 0;
  let n = 0;
  for await (const _ of peers.client.values("long")) {
    if (++n === 100) before = memoryInUse();
    if (n === count) assert(memoryInUse() - before < count * size / 4);
  }
  assertEquals(n, count);
});

const NO_VALUES: Record<string, { values: unknown; message: string }> = {
  "a number": { values: 5, message: "got 5, wanted an iterable" },
  "null": { values: null, message: "got null, wanted an iterable" },
  "an object": { values: {}, message: "got an object, wanted an iterable" },
  "a stream that is being read": {
    values: (() => {
      const stream = new ReadableStream();
      stream.getReader();
      return stream;
    })(),
    message: "locked",
  },
};

for (const [name, { values, message }] of Object.entries(NO_VALUES)) {
  Deno.test(`what cannot be iterated is refused, and leaves no call behind: ${name}`, async () => {
    const errors: unknown[] = [];
    await using peers = pair(
      new Handlers().handleValues("wrong", () => values as number[]),
      { onEvent: (event) => "error" in event && errors.push(event.error) },
    );
    const { client } = peers;
    const given = { values: values as number[] };
    const sent = client.values("wrong", 1, given);
    await assertRejects(() => sent.next(), TypeError, message);
    assertEquals((await sent.next()).done, true);
    await client.values("wrong", 1, given).return();
    assertEquals(client.stats.pending, 0);
    if (values === null) return; // A handler may return it: no values.
    const failed = await assertRejects(() => client.values("wrong").next());
    assert(isOperationError(failed) && failed.text === "internal error");
    assertStringIncludes(String(errors[0]), message);
  });
}

Deno.test("a channel learns which streams stay open, before they are written", async () => {
  await using script = await ScriptedPeer.open();
  const open: unknown[] = [];
  Object.assign(script.channel, {
    streamStaysOpen: (id: number) => open.push([id, script.heard()]),
  });
  const ticks = script.peer.values("ticks");
  void ticks.next().catch(() => {});
  await script.opened();
  assertEquals(open, [[0x30303030, ""]]);
  assertEquals(script.heard().startsWith("s0000005ticks"), true);
  const sum = script.peer.values("sum", 0, { values: [1] });
  void sum.next().catch(() => {});
  await script.opened();
  assertEquals(open.length, 1);
});

Deno.test("an iterable that is not asynchronous may have promises of values, on both sides", async () => {
  const failed = () => Promise.reject(new OperationError("no value"));
  await using it = pair(
    new Handlers()
      .handleValues("two", () => [Promise.resolve(1), 2])
      .handleValues("failing", () => [Promise.resolve(1), failed()])
      .handleValues("echo", async function* (_input, { values }) {
        yield* values;
      }),
  );
  const { client } = it;
  assertEquals(await Array.fromAsync(client.values("two")), [1, 2]);
  await assertRejects(
    () => Array.fromAsync(client.values("failing")),
    OperationError,
    "no value",
  );
  const values = [Promise.resolve("a"), "b"];
  const echoed = client.values("echo", undefined, { values });
  assertEquals(await Array.fromAsync(echoed), ["a", "b"]);
  const failing = client.values("echo", undefined, { values: [failed()] });
  await assertRejects(
    () => Array.fromAsync(failing),
    OperationError,
    "no value",
  );
});

Deno.test("the issues of an invalid value that is sent go to the caller if the handler says so", async () => {
  const sum = async function* (
    _input: unknown,
    { values }: { values: AsyncIterable<number> },
  ) {
    for await (const n of values) yield n;
  };
  await using it = pair(
    new Handlers()
      .handleValues("open", sum, { values: numbers, sendIssues: true })
      .handleValues("closed", sum, { values: numbers }),
  );
  const codes: string[] = [];
  for (const operation of ["open", "closed"]) {
    const sent = it.client.values(operation, undefined, { values: ["one"] });
    const error = await assertRejects(() => Array.fromAsync(sent));
    if (isOperationError(error)) codes.push(error.code);
  }
  assertEquals(codes, ["invalid-input", "operation-failed"]);
});
