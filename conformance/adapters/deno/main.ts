/**
 * This package as an adapter on standard input and output.
 *
 *     deno run -A conformance/adapters/deno/main.ts
 *
 * @module
 */

import { serveLines } from "../../serve_lines.ts";
import { GotalkSubject } from "./subject.ts";

if (import.meta.main) {
  const { readable } = Deno.stdin;
  await serveLines(new GotalkSubject(), readable, Deno.stdout.writable);
  // Standard input may still be open, and nothing more is wanted of it.
  Deno.exit(0);
}
