/**
 * A simulated serverless platform: instances are started, killed and moved while
 * clients make calls. Prints what became of them as JSON.
 *
 *     deno run --unstable-worker-options --allow-net --allow-read http/testing/deploy.ts
 *
 * @module
 */

import {
  isConnectionClosedError,
  reconnect,
  type ReconnectingPeer,
} from "../../mod.ts";

/** Calls that each client makes, one after the other. */
const CALLS = 40;

/** Clients of each kind. */
const CLIENTS = 4;

/** Calls after which an instance is killed or moved. */
const CALLS_PER_KILL = 40;

/** An instance, in a worker. */
interface Instance {
  readonly port: number;
  kill(): void;
}

/** What became of the calls. */
export interface Report {
  readonly calls: number;
  /** Calls by outcome: `"result"`, `"unknown"`, `"not-sent"`, or a status. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Calls of which more is known than is true, or that ran twice. */
  readonly wrong: readonly string[];
  readonly kills: number;
  /** Whether an instance could read files. */
  readonly mayRead: boolean;
}

let mayRead = false;

async function start(runs: SharedArrayBuffer): Promise<Instance> {
  const worker = new Worker(
    new URL("./isolate.ts", import.meta.url),
    {
      type: "module",
      deno: { permissions: { net: ["127.0.0.1"] } },
    } as WorkerOptions,
  );
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  worker.onmessage = ({ data }) => {
    mayRead ||= data.mayRead;
    resolve(data.port);
  };
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.postMessage(runs);
  return { port: await promise, kill: () => worker.terminate() };
}

/** Routes each connection to one of the instances. */
class Router {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Map<Instance, Set<Deno.TcpConn>>();
  #next = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}/`;
  }

  get instances(): Instance[] {
    return [...this.#connections.keys()];
  }

  add(instance: Instance): void {
    this.#connections.set(instance, new Set());
  }

  /** Kills an instance, and ends its connections. */
  kill(instance: Instance): void {
    const connections = this.#connections.get(instance) ?? [];
    this.#connections.delete(instance);
    instance.kill();
    for (const connection of connections) tryClose(connection);
  }

  async run(): Promise<void> {
    for await (const client of this.#listener) void this.#join(client);
  }

  close(): void {
    this.#listener.close();
    for (const instance of this.instances) this.kill(instance);
  }

  async #join(client: Deno.TcpConn): Promise<void> {
    const { instances } = this;
    const instance = instances[this.#next++ % instances.length];
    if (instance === undefined) return tryClose(client);
    const connections = this.#connections.get(instance)!;
    connections.add(client);
    try {
      const { port } = instance;
      using server = await Deno.connect({ hostname: "127.0.0.1", port });
      await Promise.race([
        client.readable.pipeTo(server.writable),
        server.readable.pipeTo(client.writable),
      ]);
    } catch {
      // One of them has ended.
    } finally {
      connections.delete(client);
      tryClose(client);
    }
  }
}

function tryClose(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed.
  }
}

/** Makes calls in one way, and returns the outcome of each. */
interface Caller {
  readonly way: "socket" | "exchange" | "http";
  readonly call: (call: number) => Promise<string>;
}

function callerOf(
  peer: ReconnectingPeer,
  way: "socket" | "exchange",
): Caller {
  async function call(call: number): Promise<string> {
    try {
      const value = await peer.request("work", call);
      return value === call ? "result" : `wrong value ${value}`;
    } catch (error) {
      return isConnectionClosedError(error) ? error.outcome : String(error);
    }
  }
  return { way, call };
}

function httpCaller(url: string): Caller {
  const call = async (call: number) => {
    try {
      const response = await fetch(`${url}work`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        // As a stream: Deno's fetch would send text twice, see the README.
        body: new Blob([String(call)]).stream(),
      });
      const value = await response.text();
      if (response.status !== 200) return String(response.status);
      return value === String(call) ? "result" : `wrong value ${value}`;
    } catch {
      return "unknown";
    }
  };
  return { way: "http", call };
}

/** How often a call may have run, by its outcome: at least, and at most. */
const RUNS: Readonly<Record<string, readonly [number, number]>> = {
  "result": [1, 1],
  "unknown": [0, 1],
  "not-sent": [0, 0],
  "503": [0, 0],
};

async function main(): Promise<Report> {
  const total = CALLS * CLIENTS * 3;
  const memory = new SharedArrayBuffer(4 * total);
  const router = new Router();
  for (const _ of [1, 2]) router.add(await start(memory));
  const routing = router.run();

  const peers: ReconnectingPeer[] = [];
  const callers: Caller[] = [];
  const options = { initialDelay: 5, maxDelay: 50 };
  for (let client = 0; client < CLIENTS; client++) {
    const bySocket = reconnect(router.url, options);
    const byExchange = reconnect(router.url, { ...options, exchange: true });
    peers.push(bySocket, byExchange);
    callers.push(
      callerOf(bySocket, "socket"),
      callerOf(byExchange, "exchange"),
      httpCaller(router.url),
    );
  }

  let made = 0, kills = 0;
  const outcomes: Record<string, number> = {};
  const wrong: string[] = [];
  let changing = Promise.resolve();
  /** Starts an instance, then kills another; every second time, the other one first. */
  async function change(): Promise<void> {
    const [oldest] = router.instances;
    if (kills++ % 2 === 0) router.kill(oldest!);
    router.add(await start(memory));
    if (router.instances.includes(oldest!)) router.kill(oldest!);
  }
  async function load({ call, way }: Caller): Promise<void> {
    for (let each = 0; each < CALLS; each++) {
      const number = made++;
      if (made % CALLS_PER_KILL === 0) changing = changing.then(change);
      const outcome = await call(number);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      const ran = Atomics.load(new Int32Array(memory), number);
      const [least, most] = RUNS[outcome] ?? [0, -1];
      if (ran < least || ran > most) {
        wrong.push(`by ${way}: ${outcome}, ran ${ran} times`);
      }
    }
  }
  await Promise.all(callers.map((caller) => load(caller)));
  await changing;
  await Promise.all(peers.map((peer) => peer.close()));
  // Nothing runs afterwards that was in doubt.
  for (const [number, ran] of new Int32Array(memory).entries()) {
    if (ran > 1) wrong.push(`call ${number} ran ${ran} times`);
  }
  router.close();
  await routing.catch(() => {/* The listener is closed. */});
  return { calls: made, outcomes, wrong, kills, mayRead };
}

if (import.meta.main) {
  console.log(JSON.stringify(await main()));
  Deno.exit();
}
