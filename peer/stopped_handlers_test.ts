import { assertEquals } from "@std/assert";
import { Handlers } from "./handlers.ts";
import type { RequestContext } from "./context.ts";
import { ScriptedPeer } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";

const failure = new Error("late");

/** Resolves when the handler is stopped. */
function stopped({ signal }: RequestContext): Promise<void> {
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve())
  );
}

/** Yields a value several times, waits, and throws what `fail` returns at its end. */
async function* failing<T>(
  value: T,
  context: RequestContext,
  times: number,
  fail: (reason: unknown) => unknown,
): AsyncGenerator<T> {
  try {
    for (let n = 0; n < times; n++) yield value;
    await stopped(context);
  } finally {
    const error = fail(context.signal.reason);
    // deno-lint-ignore no-unsafe-finally -- that is what is tested
    if (error !== undefined) throw error;
  }
}

/** Web streams that throw what `fail` returns when they are cancelled. */
function cancelling<T>(
  value: T,
  { signal }: RequestContext,
  fail: (reason: unknown) => unknown,
): ReadableStream<T> {
  return new ReadableStream<T>({
    start: (controller) => controller.enqueue(value),
    cancel() {
      const error = fail(signal.reason);
      if (error !== undefined) throw error;
    },
  });
}

/** Handlers of values and of bytes that fail when they are stopped. */
function handlersThat(fail: (reason: unknown) => unknown): Handlers {
  const bytes = new Uint8Array(100);
  const late = async (context: RequestContext) => {
    await stopped(context);
    const error = fail(context.signal.reason);
    if (error !== undefined) throw error;
  };
  return new Handlers()
    .handleValues("a", (_, context) => failing(1, context, 1, fail))
    .handleValues("b", (_, context) => failing(1, context, 9, fail))
    .handleValues("c", (_, context) => cancelling(1, context, fail))
    .handleValues("d", async (_, context) => (await late(context), []))
    .handleStream("e", (_, context) => failing(bytes, context, 1, fail))
    .handleStream("f", (_, context) => failing(bytes, context, 9, fail))
    .handleStream("g", (_, context) => cancelling(bytes, context, fail))
    .handleStream("h", (_, context) => late(context));
}

const NAMES = "abcdefgh";

/** A way to stop a handler. */
interface Way {
  stop(script: ScriptedPeer): Promise<void>;
  /** What is reported before the failure of the handler. */
  readonly events: readonly string[];
  /** The handlers that it stops; all by default. */
  readonly names?: string;
}

const WAYS: Record<string, Way> = {
  "its caller leaves": {
    stop: (script) => script.say("n00dgotalk:cancel000000040001"),
    events: ["cancel"],
  },
  "it exceeds handlerTimeout": {
    async stop(script) {
      script.channel.resume();
      await script.say("p000100000000");
      await script.clock.advance(1000);
    },
    events: ["refusal"],
  },
  "its caller sends nothing": {
    async stop({ channel, clock }) {
      channel.resume();
      await settled();
      // The first time, the latest part has only just left.
      for (let n = 0; n < 2; n++) await clock.advance(5000);
    },
    events: ["refusal"],
    names: "efgh",
  },
  "the connection ends": {
    async stop({ channel }) {
      channel.reset();
      await settled();
    },
    events: [],
  },
};

/** Runs each handler until it is stopped; returns the errors that are reported, and checks the other events. */
async function reported(
  { stop, events, names = NAMES }: Way,
  fail: (reason: unknown) => unknown,
): Promise<[name: string, errors: unknown[]][]> {
  const errors: [string, unknown[]][] = [];
  for (const name of names) {
    await using script = await ScriptedPeer.open({
      handlers: handlersThat(fail),
      limits: {
        handlerTimeout: 1000,
        streamIdleTimeout: 5000,
        writeHighWaterMarkBytes: 1,
      },
    });
    // Some wait with a value that cannot be sent.
    script.channel.stall();
    await script.say(`s0001001${name}00000000`);
    await stop(script);
    script.channel.resume();
    await settled();
    const others = script.events.filter(({ type }) => type !== "handler-error");
    assertEquals(others.map(({ type }) => type), events, name);
    errors.push([
      name,
      script.events.flatMap((event) =>
        event.type === "handler-error" ? [event.error] : []
      ),
    ]);
    assertEquals(script.peer.stats.running, 0, name);
  }
  return errors;
}

for (const [name, way] of Object.entries(WAYS)) {
  const names = [...way.names ?? NAMES];

  Deno.test(`what a stream handler fails with after ${name} is reported`, async () => {
    const errors = await reported(way, () => failure);
    assertEquals(errors, names.map((each) => [each, [failure]]));
  });

  Deno.test(`a stream handler that passes on why it was stopped has not failed: ${name}`, async () => {
    for (
      const fail of [
        () => undefined,
        (reason: unknown) => reason,
        (cause: unknown) => new Error("stopped", { cause }),
        () => new DOMException("stopped", "AbortError"),
        () => Object.assign(new Error("stopped"), { name: "AbortError" }),
      ]
    ) {
      const errors = await reported(way, fail);
      assertEquals(errors, names.map((each) => [each, []]), String(fail));
    }
  });
}

Deno.test("a stream handler whose input was cut has not failed once the connection has ended", async () => {
  const gate = Promise.withResolvers<void>();
  const handlers = new Handlers().handleStream("x", async (parts) => {
    await gate.promise;
    for await (const _ of parts);
  });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001001x00000001a");
  await script.end();
  script.channel.reset();
  await settled();
  gate.resolve();
  await settled();
  assertEquals([script.events, script.peer.stats.running], [[], 0]);
});

Deno.test("a subscription whose caller ends the data reports what its handler fails with as it is left", async () => {
  for (const error of [failure, undefined]) {
    await using script = await ScriptedPeer.open({
      handlers: new Handlers().handleValues(
        "x",
        (_, context) => failing(1, context, 1, (reason) => error ?? reason),
        { subscription: true },
      ),
    });
    await script.say("s0001001x00000000");
    assertEquals(script.heard(), "S0001000000011");
    await script.say("p000100000000");
    assertEquals(
      script.heard(),
      error ? "E00010000000einternal error" : "S000100000000",
    );
    assertEquals(
      script.events,
      error ? [{ type: "handler-error", operation: "x", error }] : [],
    );
  }
});

Deno.test("what an output throws as it is left does not replace why it could not be sent", async () => {
  const handlers = new Handlers()
    .handleValues("a", (_, context) => failing(1n, context, 1, () => failure))
    .handleStream(
      "b",
      (_, context) =>
        failing(1 as unknown as Uint8Array, context, 1, () => failure),
    );
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001001a00000000s0002001b00000000");
  const errors = script.events.flatMap((event) =>
    event.type === "handler-error" ? [String(event.error)] : []
  );
  assertEquals(errors.map((error) => error.split(":")[0]).sort(), [
    "TypeError",
    "ValidationError",
  ]);
});
