import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import * as v from "npm:valibot@1.5";
import * as z from "npm:zod@4.6";
import { isValidationError, text } from "../codec/mod.ts";
import { memoryPair } from "../transport/mod.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import type { Middleware } from "./handler.ts";
import { Handlers } from "./handlers.ts";
import { isOperationError, OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";

Deno.test("handlers receive and return JSON, text or bytes", async () => {
  const handlers = new Handlers()
    .handle("json", ({ n }: { n: number }) => ({ double: n * 2 }))
    .handle("none", (input) => assertEquals(input, undefined))
    .handleText("text", async (value) => `${await Promise.resolve(value)}!`)
    .handleBytes("bytes", (payload) => payload.toReversed());
  await using script = await ScriptedPeer.open({ handlers });
  await script.say('r0001004json00000008{"n":21}r0002004none00000000');
  await script.say("r0003004text00000002hir0004005bytes00000002ab");
  assertEquals(
    script.heard(),
    'R00010000000d{"double":42}R000200000000R000400000002baR000300000003hi!',
  );
});

Deno.test("a set of handlers takes precedence over the set that it extends", async () => {
  const base = new Handlers()
    .handleText("a", () => "base a")
    .handleText("b", () => "base b")
    .handleStream("s", () => [text.encode("base")])
    .onNotificationBytes("n", () => {});
  const handlers = new Handlers(base)
    .handleText("b", () => "own b")
    .handleStream("s", () => [text.encode("own")]);
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001001a00000000r0002001b00000000s0003001s00000000");
  assertEquals(
    script.heard(),
    "R000100000006base aR000200000005own bS000300000003ownS000300000000",
  );
  await script.say("n001n00000000");
  assertEquals(script.events, []);
  // A handler that is added to the base later is found as well.
  base.handleText("c", () => "base c");
  await script.say("r0004001c00000000");
  assertEquals(script.heard(), "R000400000006base c");
});

Deno.test("handleOther() handles requests without a handler, and takes precedence over that of the base", async () => {
  const base = new Handlers()
    .handleText("known", () => "base")
    .handleOther((_, { operation }) => text.encode(`base: ${operation}`));
  await using plain = await ScriptedPeer.open({ handlers: base });
  await plain.say("r0001005other00000000");
  assertEquals(plain.heard(), "R00010000000bbase: other");

  const handlers = new Handlers(base).handleOther((_, { operation }) =>
    text.encode(`own: ${operation}`)
  );
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001005known00000000r0002005other00000000");
  assertEquals(script.heard(), "R000100000004baseR00020000000aown: other");
  await script.say("r0003001\xff00000000");
  assertEquals(script.heard(), "R000300000009own: \\xff");
});

Deno.test("handleOtherStream() handles streams without a handler, and takes precedence over that of the base", async () => {
  const base = new Handlers()
    .handleStream("known", () => [text.encode("base")])
    .handleOtherStream((
      _,
      { operation },
    ) => [text.encode(`base: ${operation}`)]);
  await using plain = await ScriptedPeer.open({ handlers: base });
  await plain.say("s0001005other00000000p000100000000");
  assertEquals(plain.heard(), "S00010000000bbase: otherS000100000000");

  const handlers = new Handlers(base)
    .use(({ operation }, next) => {
      if (operation === "secret") throw new OperationError("not allowed");
      return next();
    })
    .handleOtherStream((parts) => parts);
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001005known00000000p000100000000");
  assertEquals(script.heard(), "S000100000004baseS000100000000");
  await script.say("s0002005other00000001ap000200000001bp000200000000");
  assertEquals(
    script.heard(),
    "S000200000001aS000200000001bS000200000000",
  );
  await script.say("s0003006secret00000000");
  assertEquals(script.heard(), "E00030000000bnot allowed");
  // It does not handle single requests.
  await script.say("r0004005other00000000");
  assertEquals(script.heard(), 'E000400000019unknown operation "other"');
});

Deno.test("onOtherNotification() handles notifications without a handler, and takes precedence over that of the base", async () => {
  const seen: string[] = [];
  const base = new Handlers().onOtherNotification((_, { operation }) => {
    seen.push(`base: ${operation}`);
  });
  await using plain = await ScriptedPeer.open({ handlers: new Handlers(base) });
  await plain.say("n001a00000000");
  const handlers = new Handlers(base)
    .onNotification("a", () => {
      seen.push("a");
    })
    .onOtherNotification((_, { operation }) => {
      seen.push(`own: ${operation}`);
    });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("n001a00000000n001b00000000");
  assertEquals(seen, ["base: a", "a", "own: b"]);
});

Deno.test("middleware runs around handlers of every kind, the first one added outermost, the base's innermost", async () => {
  const steps: string[] = [];
  const step = (name: string): Middleware => async ({ operation }, next) => {
    steps.push(`${name} ${operation}`);
    const output = await next();
    steps.push(`${name} done`);
    return output;
  };
  const base = new Handlers()
    .use(step("base"))
    .handleText("r", () => {
      steps.push("handler");
      return "x";
    });
  const handlers = new Handlers(base)
    .use(step("first"))
    .use(step("second"))
    .handleStream("s", () => {
      steps.push("stream");
    })
    .onNotification("n", () => {
      steps.push("notification");
    });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001001r00000000");
  assertEquals(script.heard(), "R000100000001x");
  assertEquals(steps.splice(0), [
    "first r",
    "second r",
    "base r",
    "handler",
    "base done",
    "second done",
    "first done",
  ]);
  await script.say("s0001001s00000000");
  assertEquals(steps.splice(0), [
    "first s",
    "second s",
    "stream",
    "second done",
    "first done",
  ]);
  await script.say("n001n00000000");
  assertEquals(steps.splice(0).length, 5);
});

Deno.test("middleware can return a result without the handler, refuse a request, and replace an error", async () => {
  const handlers = new Handlers()
    .use(({ operation }, next) => {
      if (operation === "secret") throw new OperationError("not allowed");
      if (operation === "cached") return text.encode("from the cache");
      return next();
    })
    .use(async (_, next) => {
      try {
        return await next();
      } catch (error) {
        throw new OperationError("failed", { cause: error });
      }
    })
    .handleText("secret", () => "gold")
    .handleText("cached", () => "fresh")
    .handleText("fails", () => {
      throw new Error("details");
    });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001006secret00000000r0002006cached00000000");
  assertEquals(
    script.heard(),
    "E00010000000bnot allowedR00020000000efrom the cache",
  );
  await script.say("r0003005fails00000000");
  assertEquals(script.heard(), "E000300000006failed");
});

Deno.test("a handler's context has its peer, operation, connection and identity", async () => {
  const contexts: unknown[] = [];
  const handlers = new Handlers().handle("who", (_, context) => {
    contexts.push([
      context.peer,
      context.operation,
      context.auth,
      context.info,
    ]);
  });
  const auth = { user: "ada" };
  await using script = await ScriptedPeer.open({ handlers, auth });
  await script.say("r0001003who00000000");
  const [context] = contexts as [[Peer, string, unknown, unknown]];
  assertStrictEquals(context[0], script.peer);
  assertEquals(context[1], "who");
  assertStrictEquals(context[2], auth);
  assertStrictEquals(context[3], script.peer.info);
  assertStrictEquals(script.peer.auth, auth);
});

Deno.test("names of properties of Object.prototype reach a handler only if there is one", async () => {
  const handlers = new Handlers()
    .handleText("__proto__", () => "p")
    .handleText("constructor", () => "c");
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001009__proto__00000000r000200bconstructor00000000");
  assertEquals(script.heard(), "R000100000001pR000200000001c");
  await script.say("r0003008toString00000000");
  assertEquals(script.heard(), 'E00030000001cunknown operation "toString"');
});

Deno.test("only errors that a handler chose reach the remote peer (request/handler-failure, request/failure-text)", async () => {
  const failures: Record<string, () => unknown> = {
    chosen: () => {
      throw new OperationError("chosen text");
    },
    payload: () => {
      throw new OperationError("local details", {
        payload: Uint8Array.of(0xff, 0x31),
      });
    },
    empty: () => {
      throw new OperationError("");
    },
    error: () => {
      throw new Error("a secret");
    },
    rejected: () => Promise.reject(new Error("a secret")),
    string: () => {
      throw "a secret";
    },
    nothing: () => {
      throw undefined;
    },
    unwritable: () => 1n,
    cyclic: () => {
      const value: unknown[] = [];
      value.push(value);
      return value;
    },
    surrogate: () => {
      throw new OperationError("\ud800");
    },
  };
  const wanted: Record<string, string> = {
    chosen: "0000000bchosen text",
    payload: "00000002\xff1",
    empty: "00000000",
    surrogate: "00000003\xef\xbf\xbd",
  };
  const handlers = new Handlers();
  for (const [operation, handler] of Object.entries(failures)) {
    handlers.handle(operation, handler);
  }
  await using script = await ScriptedPeer.open({ handlers });
  for (const operation of Object.keys(failures)) {
    const size = operation.length.toString(16).padStart(3, "0");
    await script.say(`r0001${size}${operation}00000000`);
    const answer = wanted[operation] ?? "0000000einternal error";
    assertEquals(script.heard(), `E0001${answer}`, operation);
  }
  const reported = script.events.map((event) =>
    event.type === "handler-error" && event.operation
  );
  assertEquals(reported, [
    "error",
    "rejected",
    "string",
    "nothing",
    "unwritable",
    "cyclic",
  ]);
});

Deno.test("output that is not a payload is a failure of the handler", async () => {
  const handlers = new Handlers()
    .handleBytes("nothing", () => undefined as unknown as Uint8Array)
    .handleBytes("text", () => "text" as unknown as Uint8Array);
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001007nothing00000000r0002004text00000000");
  assertEquals(
    script.heard(),
    "E00010000000einternal errorE00020000000einternal error",
  );
  assertEquals(
    script.events.map(({ type }) => type),
    ["handler-error", "handler-error"],
  );
});

Deno.test("input that cannot be decoded is answered with an ErrorResult that names the position (request/faulty)", async () => {
  const handlers = new Handlers()
    .handle("json", () => 1)
    .handleText("text", () => "1");
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001004json00000002{]r0002004text00000001\xff");
  assertEquals(
    script.channel.takeMessages().map((message) =>
      message.kind === "ErrorResult" && text.decode(message.payload)
    ),
    [
      `Cannot decode the payload of "json": Expected property name or '}' in JSON at position 1 (line 1 column 2), wanted JSON`,
      'Cannot decode the payload of "text": byte 0 is 0xff, wanted UTF-8',
    ],
  );
  assertEquals(
    script.events.map(({ type }) => type),
    ["invalid-input", "invalid-input"],
  );
});

Deno.test("a handler's failure to decode the result of a call that it makes is not revealed to the remote peer", async () => {
  const handlers = new Handlers().handle(
    "relay",
    (_, { peer }) => peer.request("inner"),
  );
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001005relay00000000");
  assertEquals(script.heard(), "r0000005inner00000000");
  await script.say("R000000000006secret");
  assertEquals(script.heard(), "E00010000000einternal error");
  assertEquals(script.events.map(({ type }) => type), ["handler-error"]);
});

const validators = {
  valibot: {
    input: v.object({ name: v.pipe(v.string(), v.minLength(1)) }),
    output: v.object({ greeting: v.string() }),
    trimmed: v.pipe(v.string(), v.trim()),
    later: v.pipeAsync(
      v.string(),
      v.checkAsync((value) => Promise.resolve(value === "yes"), "must be yes"),
    ),
    missing: 'Invalid key: Expected "name" but received undefined at name',
  },
  zod: {
    input: z.object({ name: z.string().min(1) }),
    output: z.object({ greeting: z.string() }),
    trimmed: z.string().trim(),
    later: z.string().refine(
      (value) => Promise.resolve(value === "yes"),
      "must be yes",
    ),
    missing: "Invalid input: expected string, received undefined at name",
  },
} as const;

for (const [library, schemas] of Object.entries(validators)) {
  Deno.test(`${library}: input is validated before the handler runs, and the issues are sent (request/faulty)`, async () => {
    let calls = 0;
    const handlers = new Handlers()
      .handle("greet", ({ name }) => {
        calls++;
        return { greeting: `Hello ${name}` };
      }, { input: schemas.input, output: schemas.output })
      .handle("trim", (value) => value, { input: schemas.trimmed })
      .handle("later", (value) => value, { input: schemas.later });
    const [left, right] = memoryPair();
    await using client = new Peer(left);
    await using _server = new Peer(right, { handlers, role: "acceptor" });
    assertEquals(await client.request("greet", { name: "Ada" }), {
      greeting: "Hello Ada",
    });
    const invalid = watch(client.request("greet", {}));
    const empty = watch(client.request("greet"));
    await settled();
    assertEquals(
      text.decode(invalid.rejection(isOperationError).payload),
      `Cannot accept the input of "greet": ${schemas.missing}`,
    );
    empty.rejection(isOperationError);
    assertEquals(calls, 1);
    assertEquals(await client.request("trim", "  x "), "x");
    assertEquals(await client.request("later", "yes"), "yes");
    const no = watch(client.request("later", "no"));
    await settled();
    assert(no.rejection(isOperationError).message.includes("must be yes"));
  });

  Deno.test(`${library}: invalid output counts as a failure of the handler`, async () => {
    const handlers = new Handlers().handle(
      "greet",
      () => ({ greeting: 1 } as unknown as { greeting: string }),
      { output: schemas.output },
    );
    await using script = await ScriptedPeer.open({ handlers });
    await script.say("r0001005greet00000000");
    assertEquals(script.heard(), "E00010000000einternal error");
    const [event] = script.events;
    assertEquals(event?.type, "handler-error");
    const failed = watch(
      Promise.reject(event?.type === "handler-error" && event.error),
    );
    await settled();
    const error = failed.rejection(isValidationError);
    assertEquals([error.code, error.side], ["schema", "local"]);
    assertEquals(error.issues[0]?.path, ["greeting"]);
  });

  Deno.test(`${library}: a result is validated where the call is made`, async () => {
    const handlers = new Handlers().handle("greet", (value) => value);
    const [left, right] = memoryPair();
    await using client = new Peer(left);
    await using _server = new Peer(right, { handlers, role: "acceptor" });
    const options = { output: schemas.output };
    const good: { greeting: string } = await client.request(
      "greet",
      { greeting: "hi", more: 1 },
      options,
    );
    assertEquals(good, { greeting: "hi" });
    const bad = watch(client.request("greet", { greeting: 1 }, options));
    await settled();
    const error = bad.rejection(isValidationError);
    assertEquals([error.code, error.side], ["schema", "remote"]);
  });

  Deno.test(`${library}: the input of notifications is validated too`, async () => {
    const seen: unknown[] = [];
    const handlers = new Handlers().onNotification("greet", ({ name }) => {
      seen.push(name);
    }, { input: schemas.input });
    await using script = await ScriptedPeer.open({ handlers });
    await script.say('n005greet0000000e{"name":"Ada"}n005greet00000002{}');
    assertEquals(seen, ["Ada"]);
    assertEquals(script.events.map(({ type }) => type), ["invalid-input"]);
    assertEquals(script.heard(), "");
  });
}

Deno.test("an error that a validator throws is a failure of the handler", async () => {
  const broken = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: () => {
        throw new Error("no rules");
      },
    },
  } as const;
  const handlers = new Handlers().handle("x", () => 1, { input: broken });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001001x00000000");
  assertEquals(script.heard(), "E00010000000einternal error");
});

Deno.test("a validator may return issues without a path, with keys in objects, or none at all", async () => {
  const issues = [
    [{ message: "wrong" }],
    [{ message: "wrong", path: [{ key: "a" }, "b", 0] }],
    [],
  ];
  const texts: unknown[] = [];
  for (const found of issues) {
    const schema = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: () => ({ issues: found }),
      },
    } as const;
    const handlers = new Handlers().handle("x", () => 1, { input: schema });
    await using script = await ScriptedPeer.open({ handlers });
    await script.say("r0001001x00000000");
    const [answer] = script.channel.takeMessages();
    texts.push(answer?.kind === "ErrorResult" && text.decode(answer.payload));
  }
  assertEquals(texts, [
    'Cannot accept the input of "x": wrong',
    'Cannot accept the input of "x": wrong at a.b.0',
    'Cannot accept the input of "x": it is invalid',
  ]);
});

Deno.test("an error that a handler's own call received is not forwarded to the remote peer", async () => {
  const handlers = new Handlers()
    .handle("ask", (_: unknown, { peer }) => peer.request("secret"))
    .handle(
      "ask-later",
      (_: unknown, { peer }) =>
        peer.request("secret", undefined, { retry: false }),
    );
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001003ask00000000");
  script.channel.takeMessages();
  await script.say("E000000000006secret");
  assertEquals(script.heard(), "E00010000000einternal error");
  await script.say("r0002009ask-later00000000");
  script.channel.takeMessages();
  await script.say("e00010000006400000006secret");
  assertEquals(script.heard(), "E00020000000einternal error");
});

Deno.test("the answer to an unknown operation quotes the start of a long name", async () => {
  await using script = await ScriptedPeer.open();
  const ask = (name: string) =>
    script.say(
      `r0001${name.length.toString(16).padStart(3, "0")}${name}00000000`,
    );
  for (
    const [name, quoted] of [
      ["x".repeat(4095), `"${"x".repeat(120)}…"`],
      ["\x01".repeat(4095), `"${"\\x01".repeat(120)}…"`],
      ["\xff".repeat(4095), `"${"\\xff".repeat(120)}"…`],
    ] as const
  ) {
    await ask(name);
    const text = `unknown operation ${quoted}`;
    const bytes = new TextEncoder().encode(text);
    assertEquals(
      script.heard(),
      `E0001${bytes.length.toString(16).padStart(8, "0")}${
        String.fromCharCode(...bytes)
      }`,
    );
  }
});

Deno.test("a handler replaces another one of the same kind and name only", async () => {
  const base = new Handlers().handle("x", () => "base");
  const handlers = new Handlers(base)
    .handle("x", () => "first")
    .handleStream("x", () => [text.encode("stream")])
    .handleText("x", () => "second");
  const [left, right] = memoryPair();
  await using peer = new Peer(left);
  await using _server = new Peer(right, { handlers, role: "acceptor" });
  assertEquals(await peer.requestText("x", ""), "second");
  const [part] = await Array.fromAsync(peer.stream("x").readable);
  assertEquals(text.decode(part!), "stream");
});
