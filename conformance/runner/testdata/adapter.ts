/**
 * An adapter of a codec that misbehaves as its argument says: `ends`, `is silent`, `babbles`, or ends in
 * the middle of certain cases.
 *
 * @module
 */

import { serveLines } from "../adapter_protocol/serve_lines.ts";
import { CodecSubject } from "../judging/_codec_subject.ts";

const [fault = ""] = Deno.args;

console.error("first words");
console.error("last words");

switch (fault) {
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

await serveLines(
  new CodecSubject({
    encode({ message }, right) {
      if (fault === "crashes" && message?.code === 1) {
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
