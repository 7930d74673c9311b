import { telemetryOf } from "./testing/telemetry_of.ts";
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { isProtocolError } from "../codec/mod.ts";
import {
  ScriptedPeer,
  type ScriptedPeerOptions,
  watch,
} from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import type { RequestContext } from "./context.ts";
import { Handlers } from "./handlers.ts";
import type { Login } from "./login.ts";
import { MemoryBudget } from "./memory_budget.ts";
import { isOperationError, OperationError } from "./operation_error.ts";
import { RetryError } from "./retry_error.ts";
import type { Schema } from "./standard_schema.ts";

/** A login with the token "sesame", for "ali". */
const LOGIN: Login = {
  operation: "login",
  authenticate: (token: string) => {
    if (token !== "sesame") throw new OperationError("wrong token");
    return { name: "ali" };
  },
};

/** A successful login request, and its result. */
const SESAME = 'r0000005login00000008"sesame"';
const WELCOME = "R000000000000";

/** The payload of the ErrorResult to a request before the login. */
const TOO_EARLY = "00000011not authenticated";

const WHOAMI = "r0001006whoami00000000";
const ALI = 'R00010000000e{"name":"ali"}';

/** Returns handlers that record the operations they run for. */
function handlers(handled: string[] = []): Handlers {
  return new Handlers()
    .use(({ operation }, next) => (handled.push(operation), next()))
    .handle("whoami", (_: unknown, { auth }) => auth)
    .handleStream("echo", (parts) => parts)
    .onNotification("note", () => {});
}

/** Returns a peer that requires a login. */
function open(options: ScriptedPeerOptions = {}): Promise<ScriptedPeer> {
  return ScriptedPeer.open({
    login: LOGIN,
    handlers: handlers(),
    role: "acceptor",
    ...options,
  });
}

/** Returns a login that the test decides, and the contexts of its attempts. */
function decision():
  & { login: Login; contexts: RequestContext[] }
  & PromiseWithResolvers<unknown> {
  const resolvers = Promise.withResolvers<unknown>();
  const contexts: RequestContext[] = [];
  const login: Login = {
    operation: "login",
    authenticate: (_, context) => (contexts.push(context), resolvers.promise),
  };
  return { login, contexts, ...resolvers };
}

Deno.test("a peer is open once the remote peer has logged in, and exposes its identity", async () => {
  await using script = await open();
  const opened = watch(script.peer.opened);
  await settled();
  assertEquals([script.peer.state, opened.state], ["opening", "pending"]);
  assertEquals(script.peer.auth, undefined);
  await script.say(SESAME);
  // The result does not contain the identity.
  assertEquals(script.heard(), WELCOME);
  assertEquals([script.peer.state, opened.state], ["open", "resolved"]);
  assertEquals(script.peer.auth, { name: "ali" });
  await script.say(WHOAMI);
  assertEquals(script.heard(), ALI);
});

Deno.test("authenticate receives the input and a context with the previous identity", async () => {
  const { login, contexts, resolve } = decision();
  await using script = await open({ login, auth: "by address" });
  await script.say(SESAME);
  const [context] = contexts;
  assertEquals(context?.operation, "login");
  assertEquals(context?.auth, "by address");
  assertEquals(context?.info.transport, "memory");
  resolve("ali");
  await settled();
  assertEquals(context?.auth, "ali");
});

Deno.test("requests before the login are answered with an ErrorResult, and the conversation continues (request/login, stream/late-parts)", async () => {
  const handled: string[] = [];
  await using script = await open({ handlers: handlers(handled) });
  await script.say(WHOAMI);
  assertEquals(script.heard(), `E0001${TOO_EARLY}`);
  await script.say("r0002007unknown00000000");
  assertEquals(script.heard(), `E0002${TOO_EARLY}`);
  await script.say("s0003004echo00000001a");
  assertEquals(script.heard(), `E0003${TOO_EARLY}`);
  await script.say("p000300000001bp000300000000");
  await script.say("s0004005login00000001a");
  assertEquals(script.heard(), `E0004${TOO_EARLY}`);
  assertEquals(handled, []);
  assertEquals(script.events, [
    { type: "refusal", operation: "whoami", limit: "login" },
    { type: "refusal", operation: "unknown", limit: "login" },
    { type: "refusal", operation: "echo", limit: "login" },
    { type: "drop", kind: "StreamRequestPart", reason: "stream-ended" },
    { type: "drop", kind: "StreamRequestPart", reason: "stream-ended" },
    { type: "refusal", operation: "login", limit: "login" },
  ]);
  await script.say(SESAME + WHOAMI);
  assertEquals(script.heard(), WELCOME + ALI);
});

Deno.test("notifications before the login are dropped (request/login)", async () => {
  const handled: string[] = [];
  await using script = await open({ handlers: handlers(handled) });
  await script.say("n004note00000000");
  assertEquals(script.heard(), "");
  assertEquals(handled, []);
  assertEquals(script.events, [
    { type: "drop", kind: "Notification", reason: "not-authenticated" },
  ]);
  await script.say(`${SESAME}n004note00000000`);
  assertEquals(handled, ["note"]);
});

Deno.test("messages after the login are read once it has succeeded, and are handled in order (request/login-order)", async () => {
  for (const glued of [true, false]) {
    const handled: string[] = [];
    const { login, resolve } = decision();
    await using script = await open({ login, handlers: handlers(handled) });
    const behind =
      `n004note00000000${WHOAMI}s0002004echo00000001ap000200000000`;
    if (glued) await script.say(SESAME + behind);
    else {
      await script.say(SESAME);
      for (const byte of behind) await script.say(byte);
    }
    const { reads } = script.channel;
    await script.say("n004note00000000");
    assertEquals(script.channel.reads, reads);
    assertEquals([handled, script.heard()], [[], ""]);
    resolve({ name: "ali" });
    await settled();
    assertEquals(handled, ["note", "whoami", "echo", "note"]);
    assertEquals(
      script.heard(),
      `${WELCOME}${ALI}S000200000001aS000200000000`,
    );
  }
});

Deno.test("code that awaits `opened` runs before the messages after the login are handled", async () => {
  const handled: string[] = [];
  await using script = await open({ handlers: handlers(handled) });
  const before = script.peer.opened.then(() => [...handled]);
  await script.say(SESAME + WHOAMI);
  assertEquals(await before, []);
  assertEquals(handled, ["whoami"]);
});

Deno.test("a login that fails is answered, and the conversation ends with code 0 (request/login-failed, request/login-order)", async (t) => {
  const failures: Record<string, [() => unknown, string]> = {
    "with an OperationError": [() => {
      throw new OperationError("wrong token");
    }, "E00000000000bwrong token"],
    "with another error": [
      () => Promise.reject(new Error("no database")),
      "E00000000000einternal error",
    ],
    "with a RetryError": [() => {
      throw new RetryError("busy", { wait: 16 });
    }, "e00000000001000000004busy"],
    "with undefined": [() => undefined, `E0000${TOO_EARLY}`],
    "with null": [() => Promise.resolve(null), `E0000${TOO_EARLY}`],
    "with false": [() => false, `E0000${TOO_EARLY}`],
    "with a Response": [
      () => new Response(null, { status: 401 }),
      "E00000000000einternal error",
    ],
  };
  for (const [how, [authenticate, answer]] of Object.entries(failures)) {
    await t.step(how, async () => {
      const handled: string[] = [];
      await using script = await open({
        login: { operation: "login", authenticate },
        handlers: handlers(handled),
      });
      const opened = watch(script.peer.opened);
      // Messages after it, such as a second attempt, are not handled.
      await script.say(SESAME + WHOAMI + SESAME);
      assertEquals(script.heard(), `${answer}f00000000`);
      assertEquals(script.channel.closedWith, { code: 0 });
      const { clean, error } = await script.peer.closed;
      assertEquals(clean, false);
      assertEquals(opened.error, error);
      assertInstanceOf(error, Error);
      assertEquals(handled, []);
      assertEquals(script.peer.auth, undefined);
      assertEquals(
        script.events.map(({ type }) => type),
        answer.includes("internal") ? ["handler-error"] : [],
      );
    });
  }
});

Deno.test("a login may return any identity, also a falsy one other than false", async () => {
  for (const auth of [0, "", true, {}]) {
    await using script = await open({
      login: { operation: "login", authenticate: () => auth },
    });
    await script.say(SESAME);
    assertEquals([script.heard(), script.peer.auth], [WELCOME, auth]);
  }
});

Deno.test("a login whose input is not JSON, or is invalid, fails (request/faulty)", async () => {
  const input: Schema<unknown, string> = {
    "~standard": {
      version: 1,
      vendor: "tests",
      validate: (value) =>
        typeof value === "string"
          ? { value: value.toUpperCase() }
          : { issues: [{ message: "wanted a token" }] },
    },
  };
  const seen: unknown[] = [];
  const login: Login = {
    operation: "login",
    input,
    authenticate: (token) => (seen.push(token), token),
  };
  for (const payload of ["00000001{", "000000011"]) {
    await using script = await open({ login });
    await script.say(`r0000005login${payload}`);
    const answer = script.heard();
    assert(answer.startsWith("E0000"), answer);
    assert(
      /Cannot (decode the payload|accept the input) of "login": /.test(answer),
      answer,
    );
    assert(answer.endsWith("f00000000"), answer);
  }
  assertEquals(seen, []);
  await using script = await open({ login });
  await script.say(SESAME);
  assertEquals([seen, script.peer.auth], [["SESAME"], "SESAME"]);
});

Deno.test("loginTimeout: the conversation ends with code 3 if no login succeeds (limits/login)", async (t) => {
  const attempts: Record<string, string> = {
    "without a message": "",
    "with other messages": `${WHOAMI}h000065bb87c0`,
    "with an incomplete login": SESAME.slice(0, -1),
  };
  for (const [name, bytes] of Object.entries(attempts)) {
    for (
      const [limits, time] of [[{}, 10_000], [
        { loginTimeout: 700 },
        700,
      ]] as const
    ) {
      await t.step(`${name}, ${time} ms`, async () => {
        await using script = await open({
          limits: { ...limits, progressTimeout: Infinity },
        });
        if (bytes !== "") await script.say(bytes);
        await script.clock.advance(time - 1);
        script.heard();
        assertEquals(script.peer.state, "opening");
        await script.clock.advance(1);
        assertEquals(script.heard(), "f00000003");
        const { error } = await script.peer.closed;
        assertEquals(isProtocolError(error) && error.reason, "timeout");
      });
    }
  }
});

Deno.test("loginTimeout: a late decision ends the conversation and has no effect (limits/login)", async (t) => {
  const late: Record<
    string,
    (decision: PromiseWithResolvers<unknown>) => void
  > = {
    "no decision": () => {},
    "a late success": ({ resolve }) => resolve("ali"),
    "a late failure": ({ reject }) => reject(new OperationError("no")),
  };
  for (const [name, decide] of Object.entries(late)) {
    await t.step(name, async () => {
      const handled: string[] = [];
      const { login, contexts, ...decided } = decision();
      await using script = await open({ login, handlers: handlers(handled) });
      await script.clock.advance(9_000);
      await script.say(SESAME + WHOAMI);
      await script.clock.advance(999);
      assertEquals(script.heard(), "");
      await script.clock.advance(1);
      assertEquals(script.heard(), "f00000003");
      assert(contexts[0]?.signal.aborted);
      decide(decided);
      await settled();
      assertEquals([handled, script.peer.auth], [[], undefined]);
      assertEquals(script.peer.state, "closed");
    });
  }
});

Deno.test("loginTimeout: the timeout starts with the version and ends with the login", async () => {
  await using script = await open({ handshake: false });
  await script.clock.advance(4_000);
  await script.say("01");
  await script.clock.advance(9_999);
  assertEquals(script.peer.state, "opening");
  await script.say(SESAME);
  await script.clock.advance(20_000);
  assertEquals(script.peer.state, "open");
});

Deno.test("loginTimeout: the timeout can be turned off", async () => {
  await using script = await open({
    role: "initiator",
    limits: { loginTimeout: Infinity },
  });
  await script.clock.advance(24 * 60 * 60 * 1000);
  await script.say(SESAME);
  assertEquals(script.peer.state, "open");
});

Deno.test("receiveTimeout: the timeout is suspended while a login is decided", async () => {
  const { login, resolve } = decision();
  await using script = await open({
    login,
    limits: { loginTimeout: Infinity },
  });
  await script.say(SESAME);
  await script.clock.advance(100_000);
  assertEquals(script.peer.state, "opening");
  resolve("ali");
  await settled();
  await script.clock.advance(44_999);
  assertEquals(script.peer.state, "open");
  await script.clock.advance(1);
  assertEquals(script.heard(), `${WELCOME}f00000003`);
});

Deno.test("maxLoginPayloadBytes: a payload at the limit is accepted, a larger one is skipped (limits/login, limits/request-payload)", async () => {
  const payload = (size: number) =>
    `${size.toString(16).padStart(8, "0")}"${"x".repeat(size - 2)}"`;
  const login: Login = { operation: "login", authenticate: (token) => token };
  for (
    const [limits, most] of [[{}, 64 * 1024], [
      { maxLoginPayloadBytes: 10 },
      10,
    ]] as const
  ) {
    // Without credit for the long stream.
    const extensions = false;
    await using script = await open({ login, limits, extensions });
    await script.say(`r0000005login${payload(most + 1)}`);
    assertEquals(script.heard(), "E000000000011payload too large");
    await script.say(`r0001006whoami${payload(most + 1)}`);
    assertEquals(script.heard(), `E0001${TOO_EARLY}`);
    await script.say(`s0002004echo${payload(most + 1)}`);
    assertEquals(script.heard(), `E0002${TOO_EARLY}`);
    await script.say(`p0002${payload(most + 1)}`);
    await script.say(`n004note${payload(most + 1)}`);
    assertEquals(script.events.slice(-5), [
      { type: "refusal", operation: "login", limit: "maxLoginPayloadBytes" },
      { type: "refusal", operation: "whoami", limit: "login" },
      { type: "refusal", operation: "echo", limit: "login" },
      { type: "drop", kind: "StreamRequestPart", reason: "stream-ended" },
      { type: "drop", kind: "Notification", reason: "not-authenticated" },
    ]);
    // After a login, also one without a result yet, maxPayloadBytes applies.
    await script.say(
      `r0000005login${payload(most)}s0003004echo${payload(most + 1)}`,
    );
    assert(script.heard().startsWith(`${WELCOME}S0003`));
    assertEquals((script.peer.auth as string).length, most - 2);
  }
});

Deno.test("maxUnproductiveBurst: messages before the login count as unproductive (limits/idle-messages)", async () => {
  const floods: Record<string, string> = {
    requests: WHOAMI,
    streams: "s0001004echo00000000",
    notifications: "n004note00000000",
    "notifications of unknown extensions": "n00agotalk:foo00000000",
    traces: "n00cgotalk:trace00000001x",
    "requests that are too large": "r0001006whoami0000000212",
    "logins that are too large": "r0001005login0000000212",
    "notifications that are too large": "n004note0000000212",
  };
  for (const [name, message] of Object.entries(floods)) {
    await using script = await open({
      limits: {
        maxUnproductiveBurst: 10,
        maxUnproductivePerSecond: 1,
        maxLoginPayloadBytes: 1,
      },
    });
    await script.say(message.repeat(10));
    assertEquals(script.peer.state, "opening", name);
    await script.say(message);
    assert(script.heard().endsWith("f00000002"), name);
  }
});

Deno.test("a part that belongs to no stream is refused with code 2 before the login as well (stream/unknown-part)", async () => {
  await using script = await open({ limits: { maxLoginPayloadBytes: 1 } });
  await script.say("p000100000001a");
  assertEquals(script.heard(), "f00000002");
  await using other = await open({ limits: { maxLoginPayloadBytes: 1 } });
  await other.say("p000100000002ab");
  assertEquals(other.heard(), "f00000002");
});

Deno.test("a peer that requires a login can send requests and notifications before it", async () => {
  await using script = await open();
  const call = watch(script.peer.requestText("hello", ""));
  await script.peer.notify("challenge", 1);
  await settled();
  assertEquals(
    script.heard(),
    "r0000005hello00000000n009challenge000000011",
  );
  await script.say("R000000000002hi");
  assertEquals(call.value, "hi");
});

Deno.test("a second login request has no special meaning", async () => {
  await using script = await open();
  await script.say(SESAME + SESAME);
  assertEquals(
    script.heard(),
    `${WELCOME}E000000000019unknown operation "login"`,
  );
  assertEquals(script.peer.auth, { name: "ali" });
});

Deno.test("a connection that ends before or during a login leaves no timer or handler", async (t) => {
  const ends: Record<string, (script: ScriptedPeer) => void> = {
    "reset": ({ channel }) => channel.reset(),
    "abort": ({ peer }) => peer.abort(new Error("enough")),
    "close": ({ peer }) => void peer.close(),
  };
  for (const [name, end] of Object.entries(ends)) {
    for (const bytes of ["", SESAME + WHOAMI]) {
      await t.step(
        `${name} ${bytes === "" ? "before" : "during"}`,
        async () => {
          const handled: string[] = [];
          const { login, contexts, resolve } = decision();
          await using script = await open({
            login,
            handlers: handlers(handled),
          });
          const opened = watch(script.peer.opened);
          if (bytes !== "") await script.say(bytes);
          end(script);
          await settled();
          assertEquals([script.peer.state, opened.state], [
            "closed",
            "rejected",
          ]);
          for (const { signal } of contexts) assert(signal.aborted);
          resolve("ali");
          await settled();
          assertEquals([handled, script.peer.auth], [[], undefined]);
          assertEquals(script.peer.stats.running, 0);
          assertEquals(script.clock.timers, 0);
        },
      );
    }
  }
});

Deno.test("the remote peer may half-close after its login and its requests (close/half-close)", async () => {
  const { login, resolve } = decision();
  await using script = await open({ login });
  script.channel.send(SESAME + WHOAMI);
  await script.end();
  resolve({ name: "ali" });
  await settled();
  assertEquals(script.heard(), WELCOME + ALI);
  assert((await script.peer.closed).clean);
});

Deno.test("drain() ends a peer without a login, and waits for a login that is being decided", async () => {
  await using early = await open();
  void early.peer.drain();
  await early.clock.advance(100);
  assertEquals(early.peer.state, "closed");

  const { login, resolve } = decision();
  await using script = await open({ login, extensions: false });
  await script.say(SESAME);
  const drained = watch(script.peer.drain());
  await settled();
  assertEquals([drained.state, script.peer.state], ["pending", "draining"]);
  resolve("ali");
  await settled();
  assertEquals(script.heard(), WELCOME);
  await script.clock.advance(100);
  assertEquals(drained.state, "resolved");
});

Deno.test("a tracer receives a span for a login", async () => {
  const spans: string[] = [];
  const span = {
    recordException: () => {},
    setStatus: ({ code }: { code: number }) =>
      void spans.push(`status ${code}`),
    end: () => {},
  };
  await using script = await open({
    telemetry: telemetryOf({
      startSpan: (name) => (spans.push(name), span),
    }),
  });
  await script.say(SESAME);
  assertEquals(spans, ["login", "status 1"]);
});

Deno.test("an error that a login received from its own call is not forwarded to the remote peer", async () => {
  const error = new OperationError("secret", { operation: "look up" });
  await using script = await open({
    login: { operation: "login", authenticate: () => Promise.reject(error) },
  });
  await script.say(SESAME);
  assertEquals(script.heard(), "E00000000000einternal errorf00000000");
  const { error: reason } = await script.peer.closed;
  assert(isOperationError(reason));
});

Deno.test("before the login, what does not fit into memory is refused like anything else, and only a login is invited to come again (limits/requests)", async () => {
  const memory = new MemoryBudget(400 * 1024);
  const gate = Promise.withResolvers<Uint8Array>();
  await using working = await ScriptedPeer.open({
    memory,
    handlers: new Handlers().handleBytes("slow", () => gate.promise),
    limits: { maxHeldBytes: Infinity },
  });
  await working.say(`r0001004slow0005f000${"x".repeat(0x5f000)}`);
  await using script = await open({ memory });
  const large = `00008000${"x".repeat(0x8000)}`;
  await script.say(`r0000005login${large}`);
  assertEquals(script.heard(), "e000000000abe0000000cmemory limit");
  await script.say(`r0001006whoami${large}`);
  await script.say(`s0002005login${large}`);
  await script.say(`n004note${large}`);
  assertEquals(script.heard(), `E0001${TOO_EARLY}E0002${TOO_EARLY}`);
  assertEquals(script.events, [
    { type: "refusal", operation: "login", limit: "maxTotalHeldBytes" },
    { type: "refusal", operation: "whoami", limit: "login" },
    { type: "refusal", operation: "login", limit: "login" },
    { type: "drop", kind: "Notification", reason: "not-authenticated" },
  ]);
  await script.say(SESAME + WHOAMI);
  assertEquals(script.heard(), WELCOME + ALI);
  gate.resolve(new Uint8Array(0));
  await settled();
});

Deno.test("maxUnproductiveBurst: logins that do not fit into memory count as unproductive (limits/idle-messages)", async () => {
  const memory = new MemoryBudget(400 * 1024);
  const gate = Promise.withResolvers<Uint8Array>();
  await using working = await ScriptedPeer.open({
    memory,
    handlers: new Handlers().handleBytes("slow", () => gate.promise),
    limits: { maxHeldBytes: Infinity },
  });
  await working.say(`r0001004slow0005f000${"x".repeat(0x5f000)}`);
  await using script = await open({
    memory,
    limits: { maxUnproductiveBurst: 2, maxUnproductivePerSecond: 1 },
  });
  const login = `r0000005login00008000${"x".repeat(0x8000)}`;
  await script.say(login);
  await script.say(login);
  assertEquals(script.peer.state, "opening");
  await script.say(login);
  const { error } = await script.peer.closed;
  assert(isProtocolError(error) && error.reason === "over-limit");
  gate.resolve(new Uint8Array(0));
  await settled();
});
