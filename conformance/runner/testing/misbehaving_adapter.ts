/**
 * An adapter of a codec that misbehaves according to its argument: `ends`, `is silent`, `babbles`, or
 * `crashes`, which ends it in certain cases.
 *
 * @module
 */

import { serveAdapter } from "../adapter_protocol/serve_adapter.ts";
import { CodecImplementation } from "./codec_implementation.ts";

const [behaviour = ""] = Deno.args;

console.error("first words");
console.error("last words");

switch (behaviour) {
  case "ends":
    Deno.exit(3);
    break;
  case "babbles":
    console.log("Ready.");
    break;
  case "is silent":
    for await (const _ of Deno.stdin.readable);
    break;
}

await serveAdapter(
  new CodecImplementation({
    encode({ message }, right) {
      if (behaviour === "crashes" && message?.code === 1) {
        console.error("panic: code is 1");
        Deno.exit(2);
      }
      return right;
    },
  }),
  Deno.stdin.readable,
  Deno.stdout.writable,
);
Deno.exit();
