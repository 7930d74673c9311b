/**
 * gotalk.js in Deno, as an adapter on standard input and output.
 *
 *     deno run --unstable-unsafe-proto --allow-net=127.0.0.1 --allow-read main.js GOTALK.JS
 *
 * GOTALK.JS is the address or the path of the script.
 */

import { createAdapter } from "./adapter.js";

// As in a page, uncaught errors are printed, and the program keeps running.
for (const type of ["error", "unhandledrejection"]) {
  addEventListener(type, (event) => {
    event.preventDefault();
    console.error(event.error ?? event.reason);
  });
}

const here = new URL(`file://${Deno.cwd()}/`);
const source = await (await fetch(new URL(Deno.args[0], here))).text();
const gotalk = new Function(`${source}\nreturn gotalk;`)();
const adapter = createAdapter(gotalk);

let rest = "";
for await (
  const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())
) {
  const lines = (rest + text).split("\n");
  rest = lines.pop();
  for (const line of lines) void respond(line);
}
Deno.exit(0);

async function respond(line) {
  console.log(await adapter.answer(line));
  if (adapter.isStopped) Deno.exit(0);
}
