import { assert, assertEquals } from "@std/assert";
import { memoryPair } from "../transport/memory.ts";
import { Handlers } from "./handlers.ts";
import type { Limits } from "./limits.ts";
import { Peer } from "./peer.ts";
import type { PeerOptions } from "./peer_options.ts";
import { isRetryError, RetryError } from "./retry_error.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { VirtualClock } from "./testing/virtual_clock.ts";

const HANDLER_TIME = 20;

/** Two peers in virtual time; the handlers of the server take 20 ms. */
class Pair {
  readonly clock = new VirtualClock();
  readonly client: Peer;
  readonly server: Peer;
  /** Number of requests that the server refused. */
  refusals = 0;

  constructor(client: PeerOptions = {}, server: PeerOptions = {}) {
    const { clock } = this;
    const [left, right] = memoryPair();
    const wait = () =>
      new Promise<undefined>((resolve) => {
        clock.schedule(() => resolve(undefined), HANDLER_TIME);
      });
    const handlers = new Handlers(server.handlers)
      .handle("wait", wait)
      .handleStream("wait", wait)
      .handle("busy", () => {
        throw new RetryError("busy", { wait: 100 });
      });
    this.client = new Peer(left, { clock, random: () => 0.5, ...client });
    this.server = new Peer(right, {
      role: "acceptor",
      clock,
      random: () => 0.5,
      ...server,
      handlers,
      onEvent: ({ type }) => {
        if (type === "refusal") this.refusals++;
      },
    });
  }

  /** Returns the virtual time until all promises have settled, and how many were rejected. */
  async time(
    promises: Promise<unknown>[],
  ): Promise<{ time: number; failed: number }> {
    const start = this.clock.now();
    const all = watch(Promise.allSettled(promises));
    await this.clock.advance(0);
    while (all.state === "pending") await this.clock.advance(5);
    const failed = all.value!.filter(({ status }) => status === "rejected");
    return { time: this.clock.now() - start, failed: failed.length };
  }

  calls(count: number): Promise<unknown>[] {
    return Array.from({ length: count }, () => this.client.request("wait"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.abort();
    this.server.abort();
    await Promise.all([this.client.closed, this.server.closed]);
    assertEquals(this.clock.timers, 0, "timers are left");
  }
}

for (const overload of ["retry", "error"] as const) {
  Deno.test(`peers with default limits queue a burst of calls and refuse none, with overload: "${overload}"`, async () => {
    await using pair = new Pair({ retry: false }, { overload });
    for (const count of [256, 257, 1_000, 5_000]) {
      const { time, failed } = await pair.time(pair.calls(count));
      assertEquals(failed, 0);
      assertEquals(time, Math.ceil(count / 256) * HANDLER_TIME);
    }
    assertEquals(pair.refusals, 0);
  });
}

Deno.test("peers with default limits queue a burst of streams and refuse none", async () => {
  await using pair = new Pair();
  const streams = Array.from(
    { length: 200 },
    async () => {
      const { readable, writable } = pair.client.stream("wait");
      await writable.close();
      return await Array.fromAsync(readable);
    },
  );
  const { time, failed } = await pair.time(streams);
  assertEquals(failed, 0);
  assertEquals(time, Math.ceil(200 / 64) * HANDLER_TIME);
  assertEquals(pair.refusals, 0);
});

Deno.test("a client learns how many calls a server carries out, and queues the others (limits/requests)", async () => {
  for (const overload of ["retry", "error"] as const) {
    const limits: Partial<Limits> = { maxConcurrentRequests: 10 };
    await using pair = new Pair({}, { overload, limits });
    const { time, failed } = await pair.time(pair.calls(1_000));
    // Those that were sent at first; later, one of many is, to learn whether there is room again.
    const first = 256 - 10;
    assert(pair.refusals >= first && pair.refusals <= first + 5);
    assertEquals(failed, overload === "retry" ? 0 : pair.refusals);
    const ideal = (1_000 - failed) / 10 * HANDLER_TIME;
    assert(time <= 1.2 * ideal, `${time} ms, ideal are ${ideal}`);
    const before = pair.refusals;
    const again = await pair.time(pair.calls(200));
    assert(again.failed <= 2 && pair.refusals <= before + 2);
    assert(again.time <= 1.2 * 200 / 10 * HANDLER_TIME);
  }
});

Deno.test("the first burst at a server of few handlers takes little longer than they need (limits/wait)", async () => {
  for (const [maxConcurrentRequests, count] of [[1, 60], [32, 1_000]]) {
    let draws = 0;
    await using pair = new Pair({}, {
      limits: { maxConcurrentRequests: maxConcurrentRequests! },
      // Spread evenly over the range.
      random: () => (draws++ * 0.618) % 1,
    });
    const { time, failed } = await pair.time(pair.calls(count!));
    assertEquals(failed, 0);
    const ideal = count! / maxConcurrentRequests! * HANDLER_TIME;
    assert(time <= 1.5 * ideal, `${time} ms, ideal are ${ideal}`);
  }
});

Deno.test("a client sends more calls at once when a server has room again", async () => {
  let refuses = true;
  await using pair = new Pair({}, {
    handlers: new Handlers().handle("shared", async (_, { peer }) => {
      if (refuses && peer.stats.running > 8) {
        throw new RetryError("request rate limit", { wait: 50 });
      }
      await new Promise<void>((resolve) => {
        pair.clock.schedule(resolve, HANDLER_TIME);
      });
    }),
  });
  let most = 0;
  const burst = (count: number) =>
    Array.from({ length: count }, async () => {
      await pair.client.request("shared");
      most = Math.max(most, pair.server.stats.running);
    });
  const { failed } = await pair.time(burst(300));
  assertEquals(failed, 0);
  refuses = false;
  most = 0;
  await pair.time(burst(6_000));
  assert(most > 100, `${most} at once`);
});

Deno.test("a RetryResult that an operation chooses does not slow down other calls (request/retry-scope)", async () => {
  await using pair = new Pair({ retry: { attempts: 1 } });
  const busy = Array.from(
    { length: 10 },
    () => watch(pair.client.request("busy")),
  );
  const { time } = await pair.time(pair.calls(256));
  assertEquals(time, HANDLER_TIME);
  for (const call of busy) call.rejection(isRetryError);
  assertEquals((await pair.time(pair.calls(256))).time, HANDLER_TIME);
});

Deno.test("calls that handlers make in turn do not wait for each other for ever", async () => {
  const depth = { limits: { maxPendingRequests: 1 } };
  const nested = (operation: string) =>
    new Handlers().handle(
      operation,
      (left: number, { peer }) =>
        left === 0 ? 0 : peer.request("nest", left - 1),
    );
  await using pair = new Pair(
    { ...depth, handlers: nested("nest") },
    { ...depth, handlers: nested("nest") },
  );
  const { time, failed } = await pair.time([pair.client.request("nest", 4)]);
  assertEquals(failed, 0);
  assert(time >= 5_000 && time <= 20_000, `${time} ms`);
});

/** Returns the waits of the RetryResults that the peer has written. */
function waits(script: ScriptedPeer): number[] {
  return script.channel.takeMessages().flatMap((message) =>
    message.kind === "RetryResult" ? [message.wait] : []
  );
}

Deno.test("the wait of a RetryResult follows how fast handlers finish (limits/wait)", async () => {
  for (const time of [20, 1_000]) {
    const clock = new VirtualClock();
    await using script = await ScriptedPeer.open({
      clock,
      random: () => 0,
      limits: { maxConcurrentRequests: 10 },
      handlers: new Handlers().handleText(
        "wait",
        () =>
          new Promise<string>((resolve) => {
            clock.schedule(() => resolve(""), time);
          }),
      ),
    });
    const requests = (count: number) =>
      script.say("r0001004wait00000000".repeat(count));
    await requests(10);
    await clock.advance(time);
    script.heard();
    await requests(60);
    const found = waits(script);
    assertEquals(found.length, 50);
    // The first returns when a handler has finished, the last when all before it have.
    assertEquals(found[0], Math.max(50, time));
    assertEquals(found[49], Math.min(2_500, Math.max(50, time * 5.9)));
    await clock.advance(time);
  }
});

Deno.test("the wait of a RetryResult grows while no handler finishes (limits/wait)", async () => {
  const clock = new VirtualClock();
  await using script = await ScriptedPeer.open({
    clock,
    random: () => 0,
    limits: { maxConcurrentRequests: 1 },
    handlers: new Handlers().handleText("never", () => new Promise(() => {})),
  });
  const found: number[] = [];
  await script.say("r0001005never00000000");
  for (let round = 0; round < 5; round++) {
    await clock.advance(400);
    await script.say("r0002005never00000000");
    found.push(...waits(script));
  }
  assertEquals(found, [400, 800, 1_200, 1_600, 2_000]);
});
