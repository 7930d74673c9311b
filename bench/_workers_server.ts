/**
 * A server of several workers, in a process.
 *
 * @module
 */

import { answer } from "./_child.ts";

type Work =
  | { readonly kind: "start"; readonly workers: number }
  | { readonly kind: "clients" };

const workers: Worker[] = [];

/** Asks a worker, which answers with a number. */
function ask(worker: Worker, value: unknown): Promise<number> {
  worker.postMessage(value);
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
}

await answer(async (work: Work) => {
  if (work.kind === "clients") {
    return await Promise.all(workers.map((worker) => ask(worker, "clients")));
  }
  let port = 0;
  for (let i = 0; i < work.workers; i++) {
    const url = new URL("./_echo_worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    workers.push(worker);
    port = await ask(worker, { port });
  }
  return port;
});
