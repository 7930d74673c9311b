/**
 * The script for pages that servers hand out, whose module is
 * `@gotalk/gotalk/browser`, as an adapter on standard input and output.
 *
 *     deno run -A conformance/implementations/adapters/page/main.ts
 *
 * @module
 */

import { serveAdapter } from "../../../runner/adapter_protocol/serve_adapter.ts";
import { PageImplementation } from "./implementation.ts";

if (import.meta.main) {
  await serveAdapter(
    new PageImplementation(),
    Deno.stdin.readable,
    Deno.stdout.writable,
  );
  // Standard input may still be open, but is no longer read.
  Deno.exit(0);
}
