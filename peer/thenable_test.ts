import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { runInNewContext } from "node:vm";
import { callHook } from "./hooks.ts";
import { memoryPair } from "../transport/mod.ts";
import { Handlers } from "./handlers.ts";
import { isOperationError, OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import type { Span, Tracer } from "./telemetry.ts";
import { telemetryOf } from "./testing/telemetry_of.ts";
import { ReconnectingPeer } from "./reconnecting/reconnecting_peer.ts";
import { ScriptedPeer } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { isThenable } from "./thenable.ts";

/**
 * A query as database libraries build it: runs when it is awaited, and holds
 * what nobody must receive. Each counts how often it ran.
 */
class Query<T> implements PromiseLike<T> {
  readonly password = "s3cret";
  runs = 0;
  readonly #outcome: () => T | Promise<T>;

  constructor(outcome: () => T | Promise<T>) {
    this.#outcome = outcome;
  }

  then<A = T, B = never>(
    resolve?: ((value: T) => A | PromiseLike<A>) | null,
    reject?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    this.runs++;
    return Promise.try(this.#outcome).then(resolve, reject);
  }
}

const bytes = (text: string) => new TextEncoder().encode(text);

const failing = () =>
  new Query((): never => {
    throw new Error("no such table");
  });

Deno.test("a thenable is what await waits for, and nothing else", () => {
  const foreign = runInNewContext("Promise.resolve(1)");
  assertFalse(foreign instanceof Promise);
  const callable = Object.assign(() => {}, { then() {} });
  for (const value of [Promise.resolve(), foreign, failing(), callable]) {
    assert(isThenable(value));
  }
  const others = [undefined, null, 1, "then", {}, { then: 1 }, () => {}];
  for (const value of [...others, new Uint8Array(1)]) {
    assertFalse(isThenable(value));
  }
});

/** Objects at which every look throws, as those of libraries for remote objects may. */
function throwing(): object[] {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const fail = (): never => {
    throw new Error("no look");
  };
  const traps = { get: fail, has: fail, getPrototypeOf: fail };
  return [proxy, new Proxy({}, traps), new Proxy(() => {}, traps)];
}

Deno.test("an object at which every look throws is a handler that fails, and harms nobody else", async () => {
  for (const value of throwing()) {
    assert(isThenable(value));
    assertFalse(isOperationError(value));
    const fail = () => {
      throw value;
    };
    const handlers = new Handlers()
      .use((_, next) => next() as unknown)
      .handle("returns", () => value)
      .handle("throws", fail)
      .handle("rejects", () => Promise.reject(value))
      .handle("echo", (input) => input)
      .onNotification("returns", () => value as PromiseLike<void>)
      .onNotification("throws", fail);
    const around = new Handlers(handlers).use(({ operation }, next) =>
      operation === "around" ? value : next()
    ).handle("around", () => 1).onNotification("around", () => {});
    const [left, right] = memoryPair();
    // Nobody observes: the failures would be printed.
    const onEvent = () => {};
    const client = new Peer(left, { role: "initiator" });
    const server = new Peer(right, {
      role: "acceptor",
      handlers: around,
      onEvent,
    });
    for (const operation of ["returns", "throws", "rejects", "around"]) {
      await client.notify(operation);
      await assertRejects(
        () => client.request(operation),
        OperationError,
        "internal error",
      );
    }
    assertEquals(await client.request("echo", 1), 1);
    await Promise.all([client.close(), server.close()]);
  }
});

Deno.test("a handler of any kind may return any thenable, which runs once", async () => {
  const queries: Query<unknown>[] = [];
  const query = <T>(value: T): Query<T> => {
    const made = new Query(() => value);
    queries.push(made);
    return made;
  };
  const noted: string[] = [];
  const note = (what: string) => {
    const made = new Query(() => void noted.push(what));
    queries.push(made);
    return made;
  };
  const anything = {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (value: unknown) =>
        query({ value }) as unknown as Promise<{ value: unknown }>,
    },
  };
  const handlers = new Handlers()
    .handle("a", () => query([1]))
    .handle("b", () => query([2]), { input: anything, output: anything })
    .handleText("c", () => query("3"))
    .handleBytes("d", () => query(bytes("4")))
    .handleOther(() => query(bytes("5")))
    .handleStream("f", () => query([bytes("6")]))
    .handleOtherStream(() => query([bytes("7")]))
    .onNotification("h", () => note("h"))
    .onNotification("i", () => note("i"), { input: anything })
    .onNotificationBytes("j", () => note("j"))
    .onOtherNotification(() => note("k"));
  await using script = await ScriptedPeer.open({ handlers });
  const heard: string[] = [];
  for (const name of ["a", "b", "c", "d", "e"]) {
    await script.say(`r0001001${name}000000011`);
    heard.push(script.heard().slice(13));
  }
  for (const name of ["f", "g"]) {
    await script.say(`s0001001${name}00000000p000100000000`);
    heard.push(script.heard().slice(13, 14));
  }
  await script.say("n001h000000011n001i000000011n001j00000000n001k00000000");
  assertEquals(heard, ["[1]", "[2]", "3", "4", "5", "6", "7"]);
  assertEquals(noted.sort(), ["h", "i", "j", "k"]);
  assertEquals(queries.map(({ runs }) => runs), queries.map(() => 1));
});

Deno.test("a thenable that rejects is a handler that fails", async () => {
  const handlers = new Handlers()
    .handle("a", failing)
    .handleOther(failing)
    .onNotification("n", failing);
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001001a000000011r0002001b00000000n001n000000011");
  const heard = script.heard();
  assertEquals(
    // Each in its own time.
    ["E0001", "E0002"].map((start) =>
      heard.includes(`${start}0000000einternal error`)
    ),
    [true, true],
  );
  assertEquals(
    script.events.map((event) =>
      event.type === "handler-error" && (event.error as Error).message
    ),
    ["no such table", "no such table", "no such table"],
  );
});

Deno.test("an object whose property then throws is a handler that fails", async () => {
  const trap = () => ({
    get then(): never {
      throw new Error("trap");
    },
  });
  const handlers = new Handlers()
    .handle("a", trap)
    .handleOther(trap as unknown as () => Uint8Array)
    .onNotification("n", trap as unknown as () => void);
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001001a000000011r0002001b00000000n001n000000011");
  assertEquals(script.peer.state, "open");
  assertEquals(
    script.events.map((event) =>
      event.type === "handler-error" && (event.error as Error).message
    ),
    ["trap", "trap", "trap"],
  );
  callHook("load", { hookFailed() {} }, trap);
});

Deno.test("a running thenable counts towards the limits", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const handlers = new Handlers()
    .handleText("a", () => new Query(() => promise))
    .onNotificationBytes("n", () => new Query(() => promise.then(() => {})));
  await using script = await ScriptedPeer.open({
    handlers,
    limits: { maxConcurrentRequests: 1, maxConcurrentNotifications: 1 },
    overload: "error",
  });
  await script.say("r0001001a00000000r0002001a00000000");
  await script.say("n001n00000000n001n00000000");
  assertEquals(script.heard(), "E000200000012request rate limit");
  assertEquals(script.peer.stats.dropped, 1);
  resolve("done");
  await settled();
  assertEquals(script.heard(), "R000100000004done");
});

Deno.test("middleware and spans see the outcome of a thenable", async () => {
  const seen: unknown[] = [];
  const tracer: Tracer = {
    startSpan: (name) =>
      ({
        setStatus: ({ code }) => seen.push(`${name} ${code}`),
        recordException: () => {},
        end: () => {},
      }) as Span,
  };
  const handlers = new Handlers()
    .use(async (_, next) => {
      const outcome = await next();
      seen.push(new TextDecoder().decode(outcome as Uint8Array));
      return outcome;
    })
    .handleText("a", () => new Query(() => "ok"))
    .handleText("b", failing);
  await using script = await ScriptedPeer.open({
    handlers,
    telemetry: telemetryOf(tracer),
  });
  await script.say("r0001001a00000000");
  await script.say("r0002001b00000000");
  assertEquals(seen, ["ok", "a 1", "b 2"]);
});

Deno.test("authenticate of a login may return any thenable", async () => {
  for (const identity of ["ali", undefined]) {
    await using script = await ScriptedPeer.open({
      login: {
        operation: "login",
        authenticate: () => new Query(() => identity),
      },
    });
    await script.say("r0001005login000000011");
    assertEquals(script.peer.auth, identity);
    assertEquals(
      script.peer.state,
      identity === undefined ? "closed" : "open",
    );
  }
});

Deno.test("hooks may return any thenable, and one that rejects harms nobody", async () => {
  const hooks = [failing(), failing(), failing()] as const;
  const [event, message, hook] = hooks;
  callHook("load", { hookFailed() {} }, () => hook);
  await using script = await ScriptedPeer.open({
    onEvent: (({ type }: { type: string }) =>
      type === "drop" ? event : undefined) as () => void,
    onMessage: (() =>
      message) as unknown as () => void,
  });
  await script.say("n001a00000000");
  assertEquals(script.peer.state, "open");
  assertEquals([event.runs, hook.runs], [1, 1]);
  assert(message.runs > 0);
});

Deno.test("a connection observer may return any thenable", async () => {
  const events: string[] = [];
  const peer = new ReconnectingPeer(
    () => {
      throw new Error("refused");
    },
    {
      maxAttempts: 1,
      onConnectionEvent: ({ type }) => {
        events.push(type);
        return failing() as unknown as void;
      },
    },
  );
  await peer.closed;
  await settled();
  assertEquals(events, ["connecting", "closed"]);
});
