/**
 * This package as an adapter on standard input and output.
 *
 *     deno run -A conformance/implementations/adapters/deno/main.ts [--http]
 *
 * With `--http` its WebSockets are accepted by the runtime's HTTP server.
 *
 * @module
 */

import { serveLines } from "../../../runner/adapter_protocol/serve_lines.ts";
import { GotalkSubject } from "./subject.ts";

if (import.meta.main) {
  const acceptor = Deno.args.includes("--http") ? "http" : "listener";
  const subject = new GotalkSubject(acceptor);
  await serveLines(subject, Deno.stdin.readable, Deno.stdout.writable);
  // Standard input may still be open, and nothing more is wanted of it.
  Deno.exit(0);
}
