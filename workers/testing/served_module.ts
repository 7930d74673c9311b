/**
 * A module that tests serve in workers. The query of its address says how it
 * fails.
 *
 * @module
 */

import { type Contract, Handlers } from "@gotalk/gotalk";
import { serveInWorker } from "../mod.ts";

/** What clients request. */
export interface Served extends Contract {
  operations: {
    /** Names the worker. */
    worker(): string;
    /** Answers once the client has answered `release`. */
    wait(): string;
    /** Throws an error that nothing catches, after the result has been sent. */
    crash(): void;
    /** Does not answer anything for two seconds. */
    hang(): void;
    /** Ends the worker without a word. */
    leave(): void;
    finish(): void;
  };
}

/** What clients handle. */
export interface Client extends Contract {
  operations: { release(): string };
}

const { searchParams } = new URL(import.meta.url);
const fails = searchParams.get("fails");
if (fails === "to load") throw new Error("no database");
if (fails === "to serve") await new Promise(() => {});

const name = crypto.randomUUID();

const handlers = new Handlers<Served, Client>()
  .handle("worker", () => name)
  .handle("wait", (_, { peer }) => peer.request("release"))
  .handle("crash", () => {
    setTimeout(() => {
      throw new Error("out of luck");
    }, 0);
  })
  .handle("hang", () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
  })
  .handle(
    "leave",
    () => (globalThis as unknown as Worker & { close(): void }).close(),
  )
  .handle("finish", () => void server.close());

// What the application posts is its own.
for (const message of [null, "hello", { gotalk: 1 }]) {
  (globalThis as unknown as { postMessage?(message: unknown): void })
    .postMessage?.(message);
}

const path = searchParams.get("path");
const server = await serveInWorker({
  ...path !== null && { path },
  ...fails === "to bind" && { hostname: "192.0.2.1" },
  onFinished: async () => {
    if (fails === "to close") throw new Error("cannot close");
    if (fails === "to finish") await new Promise(() => {});
  },
}, handlers);
if (fails === "to serve once") await serveInWorker({}, handlers);
