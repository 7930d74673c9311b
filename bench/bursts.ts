/**
 * Measures many calls at once to a handler that waits, with the defaults of both
 * peers: `deno run -A bench/bursts.ts [CALLS…]`.
 *
 * The ideal is the number of calls divided by `maxConcurrentRequests`, times the
 * time of the handler. `alone` is how long the same handlers take without a
 * connection, right after each burst: what the runtime itself needs, whose timers
 * of 20 ms last at least 21.2 ms. The rest are the round trips: a place is empty
 * from the end of a handler until its result has led to the next request, which
 * the handlers that end at the same time wait for together. The figures are
 * medians of bursts of new processes, after the first one, which runs code that
 * the engine has not optimized. A burst of 100,000 calls takes 8 s.
 *
 * @module
 */

import {
  connect,
  DEFAULT_LIMITS,
  Handlers,
  type PeerOptions,
  type RetryPolicy,
  serve,
} from "@gotalk/gotalk";
import { median } from "./statistics.ts";

const HANDLER_TIME = 20;

/** Number of calls of all bursts of a measurement, and the fewest and the most bursts. */
const CALLS = 100_000;
const BURSTS = { min: 1, max: 15 } as const;

/** How the two peers deviate from their defaults. */
interface Setup {
  readonly name: string;
  readonly retry?: RetryPolicy | boolean;
  readonly overload?: PeerOptions["overload"];
  /** The server's limit, if it is not the default. */
  readonly maxConcurrentRequests?: number;
}

const SETUPS: readonly Setup[] = [
  { name: "defaults" },
  { name: "retry: false", retry: false },
  { name: 'overload: "error"', overload: "error" },
  { name: "server takes 10", maxConcurrentRequests: 10 },
];

async function wait(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, HANDLER_TIME));
}

/** Serves until the standard input ends. */
async function runServer(setup: Setup): Promise<void> {
  const { overload, maxConcurrentRequests } = setup;
  await using server = await serve(
    {
      port: 0,
      ...overload && { overload },
      limits: maxConcurrentRequests === undefined
        ? {}
        : { maxConcurrentRequests },
    },
    new Handlers().handle("wait", wait),
  );
  console.log(String(server.address));
  for await (const _ of Deno.stdin.readable);
}

/** Returns how long the handlers take without a connection, in milliseconds. */
async function timeAlone(calls: number, atOnce: number): Promise<number> {
  const start = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next++ < calls) await wait();
    }),
  );
  return performance.now() - start;
}

async function measure(setup: Setup, calls: number): Promise<void> {
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", import.meta.url, JSON.stringify(setup)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = server.stdout.pipeThrough(new TextDecoderStream());
  const address = (await output.getReader().read()).value!.trim();
  const { retry, maxConcurrentRequests } = setup;
  let retries = 0;
  const peer = await connect(address, {
    ...retry !== undefined && { retry },
    onEvent: ({ type }) => {
      if (type === "retry") retries++;
    },
  });
  await Promise.all(Array.from({ length: 200 }, () => peer.request("wait")));
  const atOnce = maxConcurrentRequests ?? DEFAULT_LIMITS.maxConcurrentRequests;
  const ideal = calls / atOnce * HANDLER_TIME;
  const count = Math.round(CALLS / calls * atOnce / 256);
  const bursts = Math.max(BURSTS.min, Math.min(count, BURSTS.max));
  let failed = 0;
  const times: number[] = [];
  const timesAlone: number[] = [];
  for (let burst = 0; burst <= bursts; burst++) {
    const start = performance.now();
    const results = await Promise.allSettled(
      Array.from({ length: calls }, () => peer.request("wait")),
    );
    times.push(performance.now() - start);
    failed += results.filter(({ status }) => status === "rejected").length;
    timesAlone.push(await timeAlone(calls, atOnce));
  }
  const [first] = times.splice(0, 1);
  const alone = median(timesAlone);
  console.log(
    `${setup.name.padEnd(18)} ${String(calls).padStart(7)} calls: ${
      median(times).toFixed(0)
    } ms, ${(median(times) / ideal).toFixed(2)} x ideal (least ${
      (Math.min(...times) / ideal).toFixed(2)
    }, first ${(first! / ideal).toFixed(2)}, alone ${
      (alone / ideal).toFixed(2)
    }), ${
      (median(times) / alone).toFixed(2)
    } x alone; ${failed} failed, ${retries} repeated`,
  );
  await peer.close();
  await server.stdin.close();
  await server.status;
}

const [first] = Deno.args;
if (first?.startsWith("{")) await runServer(JSON.parse(first) as Setup);
else {
  const counts = Deno.args.map(Number);
  for (const setup of SETUPS) {
    for (const calls of counts.length > 0 ? counts : [1_000, 10_000]) {
      await measure(setup, calls);
    }
  }
}
