/**
 * A worker that serves `echo`, and shares its port.
 *
 * @module
 */

import { Handlers, serve, type Server } from "@gotalk/gotalk";

const handlers = new Handlers().handleBytes("echo", (payload) => payload);

interface WorkerScope {
  onmessage: (event: MessageEvent<{ port: number } | "clients">) => void;
  postMessage(message: number): void;
}

const scope = globalThis as unknown as WorkerScope;
// The clients only read what they expect.
const limits = { heartbeatInterval: Infinity, receiveTimeout: Infinity };

let server: Server;
scope.onmessage = async ({ data }) => {
  if (data === "clients") return scope.postMessage(server.peers.size);
  const { port } = data;
  server = await serve(
    { port, reusePort: true, limits, extensions: false },
    handlers,
  );
  scope.postMessage(Number(new URL(server.address).port));
};
