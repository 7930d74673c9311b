/**
 * A server of several workers, in a process.
 *
 * @module
 */

import { serveWorkers, type WorkersServer } from "@gotalk/gotalk/workers";
import { answer } from "./_child.ts";

type Work =
  | { readonly kind: "start"; readonly workers: number }
  | { readonly kind: "clients" };

let server: WorkersServer;

await answer(async (work: Work) => {
  if (work.kind === "clients") {
    const { workers } = await server.stats();
    return workers.map(({ open }) => open);
  }
  const module = new URL("./_echo_worker.ts", import.meta.url);
  server = await serveWorkers(module, { workers: work.workers });
  return Number(new URL(server.address).port);
});
