/**
 * An instance of a serverless app, in a worker that may use the network only.
 *
 * @module
 */

import { fetchHandler, Handlers } from "../../mod.ts";

/** What the worker needs of its global scope. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<SharedArrayBuffer>) => void) | null;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data }) => {
  const runs = new Int32Array(data);
  const handlers = new Handlers().handle("work", async (call: number) => {
    // At once, so that an instance which is killed has counted all that it ran.
    Atomics.add(runs, call, 1);
    await new Promise((resolve) => setTimeout(resolve, call % 8));
    return call;
  });
  const app = { fetch: fetchHandler(handlers) };
  // What the platform does.
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) =>
      scope.postMessage({ port, mayRead: mayRead("/etc/hostname") }),
  }, app.fetch);
};

function mayRead(path: string): boolean {
  try {
    Deno.readTextFileSync(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotCapable);
  }
}
