/**
 * Servers that use all cores of a machine: workers that share one port.
 *
 * @module
 */

export { serveInWorker, type ServeInWorkerOptions } from "./serve_in_worker.ts";
export { serveWorkers, type ServeWorkersOptions } from "./serve_workers.ts";
export type { WorkersServer, WorkersStats } from "./workers_server.ts";
