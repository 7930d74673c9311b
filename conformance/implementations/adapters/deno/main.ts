/**
 * The library `@gotalk/gotalk` as an adapter on standard input and output.
 *
 *     deno run -A conformance/implementations/adapters/deno/main.ts [--http]
 *
 * With `--http`, the HTTP server of the runtime accepts its WebSockets.
 *
 * @module
 */

import { serveAdapter } from "../../../runner/adapter_protocol/serve_adapter.ts";
import { GotalkImplementation } from "./implementation.ts";

if (import.meta.main) {
  const acceptor = Deno.args.includes("--http") ? "http" : "listener";
  const implementation = new GotalkImplementation(acceptor);
  await serveAdapter(implementation, Deno.stdin.readable, Deno.stdout.writable);
  // Standard input may still be open, but is no longer read.
  Deno.exit(0);
}
