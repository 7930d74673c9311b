import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect, Handlers, type Peer } from "../mod.ts";
import { printed } from "../peer/testing/printed.ts";
import { VirtualClock } from "../peer/testing/virtual_clock.ts";
import {
  serveInWorker,
  serveWorkers,
  type ServeWorkersOptions,
  type WorkersServer,
} from "./mod.ts";
import type { Client, Served } from "./testing/served_module.ts";

/** Returns the address of the module, which fails as told. */
function moduleThat(fails = "", query = ""): URL {
  return new URL(
    `./testing/served_module.ts?fails=${fails}${query}`,
    import.meta.url,
  );
}

/** Serves in one worker, which needs no flag of the runtime; returns its failures too. */
async function serveOne(
  module = moduleThat(),
  options: ServeWorkersOptions = {},
): Promise<{ server: WorkersServer; failure: Promise<Error> }> {
  const { promise, resolve } = Promise.withResolvers<Error>();
  const server = await serveWorkers(module, {
    workers: 1,
    onFailure: resolve,
    ...options,
  });
  return { server, failure: promise };
}

function client(
  address: string,
  handlers = new Handlers<Client>(),
): Promise<Peer<Served>> {
  return connect<Served>(address, { handlers });
}

/** Connects as soon as a worker listens again. */
async function clientOfNext(address: string): Promise<Peer<Served>> {
  for (;;) {
    try {
      return await client(address);
    } catch {
      // Not yet: the system refuses in the meantime.
    }
  }
}

Deno.test("a worker serves the handlers of its module", async () => {
  const { server } = await serveOne();
  await using _ = server;
  await using ali = await client(server.address);
  await ali.request("worker");
  const { open, accepted, messagesIn, workers, failures } = await server
    .stats();
  assertEquals({ open, accepted, messagesIn, failures }, {
    open: 1,
    accepted: 1,
    messagesIn: workers[0]!.messagesIn,
    failures: 0,
  });
});

Deno.test("a worker listens on the port that the option names", async () => {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  const { server } = await serveOne(undefined, { port });
  await using _ = server;
  assertEquals(server.address, `tcp://127.0.0.1:${port}`);
});

Deno.test("draining waits for the calls that run in a worker", async () => {
  const { server } = await serveOne();
  const release = Promise.withResolvers<string>();
  const asked = Promise.withResolvers<void>();
  const handlers = new Handlers<Client>().handle("release", () => {
    asked.resolve();
    return release.promise;
  });
  await using ali = await client(server.address, handlers);
  const waiting = ali.request("wait");
  await asked.promise;
  const drained = server.drain();
  // Until the order has arrived: the worker accepts no more connections then.
  await assertRejects(async () => {
    for (;;) await (await client(server.address)).close();
  });
  release.resolve("done");
  assertEquals(await waiting, "done");
  await drained;
  await server.finished;
  const { open, accepted, messagesIn } = await server.stats();
  assertEquals([open, accepted], [0, 1]);
  assert(messagesIn >= 3, "totals outlive their workers");
});

Deno.test("a signal closes the workers", async () => {
  const controller = new AbortController();
  const { server } = await serveOne(undefined, { signal: controller.signal });
  await using ali = await client(server.address);
  controller.abort();
  await server.finished;
  await ali.closed;
});

Deno.test("closing ends workers once, whatever has ended them", async () => {
  const { server } = await serveOne();
  await Promise.all([server.close(), server.drain(), server.close()]);
  await server.close();
});

Deno.test("a server that its module closes is not replaced", async () => {
  const { server } = await serveOne();
  await using ali = await client(server.address);
  await ali.request("finish").catch(() => {});
  await server.finished;
  assertEquals((await server.stats()).failures, 0);
});

for (
  const [ends, operation, reason] of [
    ["crashes", "crash", /out of luck/],
    ["leaves", "leave", /did not answer for 30000 ms/],
  ] as const
) {
  Deno.test(`a worker that ${ends} is reported and replaced`, async () => {
    const clock = new VirtualClock();
    const { server, failure } = await serveOne(undefined, { clock });
    await using _ = server;
    await using ali = await client(server.address);
    const before = await ali.request("worker");
    void ali.request(operation).catch(() => {});
    await ali.closed;
    if (operation === "leave") await clock.advance(40_000);
    const { message } = await failure;
    assert(reason.test(message), message);
    await clock.advance(0);
    await using eva = await clientOfNext(server.address);
    assert(await eva.request("worker") !== before);
    const { failures, open, accepted } = await server.stats();
    assertEquals([failures, open, accepted >= 1], [1, 1, true]);
  });
}

Deno.test("a worker that hangs is reported, and does not hold up the end", async () => {
  const clock = new VirtualClock();
  const { server, failure } = await serveOne(undefined, { clock });
  await using ali = await client(server.address);
  void ali.request("hang").catch(() => {});
  await clock.advance(40_000);
  assert(/did not answer for 30000 ms/.test((await failure).message));
  await server.close();
  await server.finished;
});

Deno.test("a worker that answers is not replaced, however long its time to answer", async () => {
  // Longer than a timer of the system can be.
  const { server } = await serveOne(undefined, {
    unresponsiveTimeout: 2 ** 40,
  });
  await using _ = server;
  await using ali = await client(server.address);
  const name = await ali.request("worker");
  await server.stats();
  assertEquals(await ali.request("worker"), name);
  await ali.close();
  await server.drain({ timeout: 2 ** 40 });
  assertEquals((await server.stats()).failures, 0);
});

Deno.test("a worker that takes too long to end is terminated", async () => {
  const clock = new VirtualClock();
  const { server, failure } = await serveOne(moduleThat("to finish"), {
    clock,
  });
  const closed = server.close();
  await clock.advance(60_000);
  await closed;
  assert(/it did not end within \d+ ms/.test((await failure).message));
});

Deno.test("a replacement that cannot be started is reported, and tried again", async () => {
  const clock = new VirtualClock();
  const failures: string[] = [];
  const crashed = Promise.withResolvers<void>();
  const { server } = await serveOne(undefined, {
    clock,
    onFailure: ({ message }) => {
      failures.push(message);
      crashed.resolve();
    },
  });
  await using _ = server;
  await using ali = await client(server.address);
  void ali.request("crash").catch(() => {});
  await crashed.promise;
  const { Worker } = globalThis;
  globalThis.Worker = class {
    constructor() {
      throw new Error("not now");
    }
  } as unknown as typeof Worker;
  try {
    await clock.advance(100);
  } finally {
    globalThis.Worker = Worker;
  }
  assertEquals(failures.slice(1), ["not now", "not now"]);
  await clock.advance(200);
  await using eva = await clientOfNext(server.address);
  await eva.request("worker");
});

Deno.test("a worker serves once", async () => {
  // It may have listened before it fails: during the start, or after it.
  const failed = Promise.withResolvers<Error>();
  try {
    await using _ = await serveWorkers(moduleThat("to serve once"), {
      workers: 1,
      onFailure: failed.resolve,
    });
    await failed.promise;
  } catch (error) {
    failed.resolve(error as Error);
  }
  assert(/it serves already/.test((await failed.promise).message));
});

Deno.test("several workers share no Unix socket, and no foreign port", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const socket = moduleThat("", "&path=/nowhere/socket");
  await assertRejects(
    () => serveWorkers(socket, { workers: 2 }),
    Error,
    "got a Unix socket, wanted a port",
  );
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  await assertRejects(() => serveOne(undefined, { port }), Error, "in use");
});

Deno.test("a worker that fails to end is reported, and not replaced", async () => {
  const { server, failure } = await serveOne(moduleThat("to close"));
  await server.close();
  assert(/cannot close/.test((await failure).message));
  assertEquals((await server.stats()).workers, []);
});

Deno.test("a hook that fails replaces the worker all the same", async () => {
  const { server } = await serveOne(undefined, {
    onFailure: () => Promise.reject(new Error("of the hook")),
  });
  await using _ = server;
  await using ali = await client(server.address);
  await ali.request("crash").catch(() => {});
  await ali.closed;
  await using eva = await clientOfNext(server.address);
  await eva.request("worker");
});

Deno.test("a worker that does not start ends the start", async () => {
  const cases = {
    "to load": /Cannot start gotalk worker 1: .*no database/,
    "to bind": /Cannot start gotalk worker 1: /,
  };
  for (const [fails, wanted] of Object.entries(cases)) {
    const error = await assertRejects(() => serveOne(moduleThat(fails)));
    assert(wanted.test(String(error)), String(error));
  }
  const missing = new URL("./testing/none.ts", import.meta.url);
  const error = await assertRejects(() => serveOne(missing));
  // The second if the runtime checks types, which finds it first.
  assertMatch(
    String(error),
    /Cannot start gotalk worker 1: .*(Module not found|Type checking failed)/s,
  );
});

Deno.test("a module that does not serve ends the start", async () => {
  const clock = new VirtualClock();
  const starting = serveOne(moduleThat("to serve"), { clock });
  const rejected = assertRejects(
    () => starting,
    Error,
    "it did not call serveInWorker within 30000 ms",
  );
  await clock.advance(40_000);
  await rejected;
});

Deno.test("a signal ends the start", async () => {
  const reason = new Error("enough");
  await assertRejects(
    () => serveOne(moduleThat(), { signal: AbortSignal.abort(reason) }),
    Error,
    "enough",
  );
  const controller = new AbortController();
  const starting = serveOne(moduleThat("to serve"), {
    signal: controller.signal,
  });
  controller.abort(reason);
  await assertRejects(() => starting, Error, "enough");
});

Deno.test("wrong options are refused before anything starts", async () => {
  // deno-lint-ignore no-explicit-any -- the types would refuse what is tested
  type Any = any;
  const cases: [Any, Any, string][] = [
    ["./relative.ts", {}, "wanted the URL of a module"],
    [undefined, {}, "got undefined, wanted the URL of a module"],
    [moduleThat(), { workers: 0 }, "Cannot set workers: got 0"],
    [moduleThat(), { workers: 1.5 }, "Cannot set workers: got 1.5"],
    [moduleThat(), { workers: "2" }, "Cannot set workers"],
    [moduleThat(), { port: 70_000 }, "Cannot set port: got 70000"],
    [moduleThat(), { worker: 2 }, "the nearest is workers"],
    [moduleThat(), { onFailure: "log" }, "Cannot set onFailure"],
    [moduleThat(), { unresponsiveTimeout: NaN }, "unresponsiveTimeout"],
    [moduleThat(), { signal: 1 }, "Cannot set signal"],
  ];
  for (const [module, options, message] of cases) {
    await assertRejects(() => serveWorkers(module, options), Error, message);
  }
  await assertRejects(
    () => serveInWorker({ onFinished: "close" as Any }),
    TypeError,
    "Cannot set onFinished",
  );
  for (const options of [undefined, null, 80]) {
    await assertRejects(
      () => serveInWorker(options as Any),
      TypeError,
      `Cannot set options: got ${options}, wanted an object`,
    );
  }
});

Deno.test("the module of a worker is a program as well", async () => {
  let hasFinished = false;
  const server = await serveInWorker(
    { port: 0, onFinished: () => hasFinished = true },
    new Handlers().handle("worker", () => "none"),
  );
  await using ali = await connect(server.address);
  assertEquals(await ali.request("worker"), "none");
  await server.close();
  assert(hasFinished);
});

Deno.test("what onFinished fails with does not end a program", async () => {
  const failure = new Error("cannot close");
  const lines = await printed(async () => {
    const server = await serveInWorker({
      port: 0,
      onFinished: () => Promise.reject(failure),
    });
    await server.close();
    await new Promise((resolve) => setTimeout(resolve));
  });
  assertEquals(lines, [
    ["error", ["The hook onFinished failed:", failure]],
  ]);
});

Deno.test("times beyond the timers of the runtime end nothing at once", async () => {
  const { server } = await serveOne(undefined, {
    unresponsiveTimeout: Number.MAX_SAFE_INTEGER,
  });
  await using ali = await client(server.address);
  await ali.request("worker");
  await server.drain({ timeout: Number.MAX_SAFE_INTEGER });
  assertEquals((await server.stats()).failures, 0);
});
