/** Calls that end early, in all ways: their handlers are stopped, and nothing is held for them. */
import { assert, assertEquals } from "@std/assert";
import { Handlers, type RequestContext } from "../mod.ts";
import { MemoryBudget } from "../peer/mod.ts";
import { watch } from "../peer/testing/scripted_peer.ts";
import { settled, VirtualClock } from "../peer/testing/virtual_clock.ts";
import { httpHandler, type HttpHandlerOptions } from "./http_handler.ts";

const encoder = new TextEncoder();

/** How a call is served: directly if its size is known, otherwise by a peer. */
const FORMS = ["directly", "by a peer"] as const;
type Form = typeof FORMS[number];

/** Returns a request with 10,000 characters of JSON. */
function post(form: Form, path: string, init: RequestInit = {}): Request {
  const bytes = encoder.encode(JSON.stringify("x".repeat(10_000)));
  const headers = new Headers(init.headers);
  headers.set("content-type", "application/json");
  if (form === "directly") headers.set("content-length", `${bytes.length}`);
  const body = ReadableStream.from([bytes]);
  const url = `http://localhost/${path}`;
  return new Request(url, { ...init, method: "POST", headers, body });
}

/** What ends a call in the synchronous part of its handler. */
const ENDINGS: Record<string, (context: RequestContext) => unknown> = {
  abort: ({ peer }) => peer.abort(new Error("enough")),
  close: ({ peer }) => peer.close(),
};

/** What a handler does once it has ended its call. */
const AFTERWARDS: Record<string, () => unknown> = {
  "returns at once": () => "y".repeat(100_000),
  "throws at once": () => {
    throw new Error("failed");
  },
  "returns later": async () => {
    await settled();
    return "y".repeat(100_000);
  },
  "throws later": async () => {
    await settled();
    throw new Error("failed");
  },
};

const HELD = { prefer: "respond-async" };

for (const form of FORMS) {
  for (const [ending, end] of Object.entries(ENDINGS)) {
    Deno.test(`a handler that ends its call at once by ${ending} is stopped, and nothing is held: ${form}`, async () => {
      for (const [afterwards, act] of Object.entries(AFTERWARDS)) {
        const where = `${afterwards}`;
        const contexts: RequestContext[] = [];
        const handle = (_: unknown, context: RequestContext): never => {
          contexts.push(context);
          void end(context);
          return act() as never;
        };
        const handlers = new Handlers().handle("end", handle)
          .onNotification("end", handle);
        const clock = new VirtualClock();
        const memory = new MemoryBudget();
        const limits = { handlerTimeout: 60_000 };
        const options = { clock, memory, limits, onEvent() {} };
        const handler = httpHandler(handlers as Handlers, options);
        for (const headers of [{}, HELD]) {
          const response = await handler(post(form, "end", { headers }));
          await response.body?.cancel();
        }
        await settled();
        await clock.advance(100);
        await settled();
        assertEquals(contexts.length, 2, where);
        for (const { signal } of contexts) assert(signal.aborted, where);
        assertEquals(
          [memory.heldBytes, handler.stats.open, handler.stats.running],
          [0, 0, 0],
          where,
        );
        assertEquals(handler.stats.abandoned, 0, where);
        await handler.close();
        assertEquals(clock.timers, 0, `${where}: timers are left`);
      }
    });
  }

  Deno.test(`a handler that drains its call at once is answered, and nothing is held: ${form}`, async () => {
    const handlers = new Handlers().handle(
      "end",
      async (_: unknown, context) => {
        void context.peer.drain();
        await settled();
        return "done";
      },
    );
    const clock = new VirtualClock();
    const memory = new MemoryBudget();
    const handler = httpHandler(handlers, { clock, memory, onEvent() {} });
    const response = await handler(post(form, "end"));
    assertEquals(await response.json(), "done");
    await settled();
    await clock.advance(100);
    assertEquals([memory.heldBytes, handler.stats.open], [0, 0]);
    await handler.close();
    assertEquals(clock.timers, 0, "timers are left");
  });
}

/** A way in which a call ends that its handler has not ended. */
interface Way {
  readonly path: string;
  readonly limits?: HttpHandlerOptions["limits"];
  end?(call: Call): Promise<void>;
  /** The status of the response, if it comes. */
  readonly status: number;
}

interface Call {
  readonly clock: VirtualClock;
  readonly controller: AbortController;
  readonly response: Promise<Response>;
  close(): Promise<void>;
}

const WAYS: Record<string, Way> = {
  "the client leaves before the result": {
    path: "wait",
    async end({ clock, controller }) {
      await clock.advance(50);
      controller.abort(new Error("gone"));
    },
    status: 500,
  },
  "the client cancels the body": {
    path: "large",
    async end({ response }) {
      await (await response).body?.cancel();
    },
    status: 200,
  },
  "the client cancels the body after its first piece": {
    path: "large",
    async end({ response }) {
      const reader = (await response).body!.getReader();
      await reader.read();
      await reader.cancel();
    },
    status: 200,
  },
  "the client does not read the body": {
    path: "large",
    limits: { writeTimeout: 1_000 },
    async end({ clock, response }) {
      await response;
      for (let n = 0; n < 4; n++) await clock.advance(1_000);
    },
    status: 200,
  },
  "the handler takes too long": {
    path: "wait",
    limits: { handlerTimeout: 1_000 },
    end: ({ clock }) => clock.advance(1_000),
    status: 504,
  },
  "the handler throws": { path: "throw", status: 500 },
  "the handler throws at once": { path: "throw-at-once", status: 500 },
  "the result cannot be sent": { path: "wrong", status: 500 },
  "the server closes": {
    path: "wait",
    end: ({ close }) => close(),
    status: 500,
  },
};

for (const form of FORMS) {
  for (
    const [name, { end, limits = {}, path, status }] of Object.entries(WAYS)
  ) {
    Deno.test(`nothing is held for a call once ${name}: ${form}`, async () => {
      const handlers = new Handlers()
        .handle("wait", async (_: unknown, { signal }) => {
          const stopped = Promise.withResolvers<void>();
          signal.addEventListener("abort", () => stopped.resolve());
          await stopped.promise;
          return "z".repeat(50_000);
        })
        .handle("large", async (_: unknown) => {
          await settled();
          return "z".repeat(200_000);
        })
        .handle("throw", async (_: unknown) => {
          await settled();
          throw new Error("failed");
        })
        .handle("throw-at-once", (_: unknown) => {
          throw new Error("failed");
        })
        .handle("wrong", async (_: unknown) => {
          await settled();
          return 1n;
        });
      const clock = new VirtualClock();
      const memory = new MemoryBudget();
      const options = { clock, memory, limits, onEvent() {} };
      const handler = httpHandler(handlers as Handlers, options);
      const controller = new AbortController();
      const { signal } = controller;
      const response = handler(post(form, path, { signal }));
      await settled();
      const close = () => handler.close();
      await end?.({ clock, controller, response, close });
      const { body, status: got } = await response;
      assertEquals(got, status);
      if (body?.locked === false) await body.cancel().catch(() => {});
      await settled();
      await clock.advance(100);
      await settled();
      assertEquals(
        [memory.heldBytes, handler.stats.open, handler.stats.abandoned],
        [0, 0, 0],
      );
      await handler.close();
      assertEquals(clock.timers, 0, "timers are left");
    });
  }
}

for (const form of FORMS) {
  Deno.test(`a drain waits for a notification whose client has left, up to its time: ${form}`, async () => {
    for (const isLate of [false, true]) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const handlers = new Handlers().onNotification("note", () => promise);
      const clock = new VirtualClock();
      await using handler = httpHandler(handlers as Handlers, { clock });
      const controller = new AbortController();
      const { signal } = controller;
      const call = handler(post(form, "note", { signal }));
      await settled();
      await clock.advance(50);
      // It may also leave while the handler drains.
      const early = isLate ? undefined : handler.drain({ timeout: 1_000 });
      controller.abort(new Error("gone"));
      await (await call).body?.cancel();
      await settled();
      assertEquals([handler.stats.open, handler.stats.abandoned], [0, 1]);
      const drained = watch(early ?? handler.drain({ timeout: 1_000 }));
      await clock.advance(999);
      assertEquals(drained.state, "pending");
      if (isLate) resolve();
      else await clock.advance(1);
      await settled();
      assertEquals(drained.state, "resolved");
      assertEquals(clock.timers, 0);
      resolve();
      await settled();
      assertEquals(handler.stats.abandoned, 0);
    }
  });
}
