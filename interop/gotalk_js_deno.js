/**
 * gotalk.js in Deno: an adapter on standard input and output.
 *
 *     deno run --unstable-unsafe-proto --allow-net=127.0.0.1 gotalk_js_deno.js URL-OF-GOTALK.JS
 */

import { createAdapter } from "./gotalk_js_adapter.js";

const source = await (await fetch(Deno.args[0])).text();
const gotalk = new Function(`${source}\nreturn gotalk;`)();
const answer = createAdapter(gotalk);

let rest = "";
for await (
  const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())
) {
  const lines = (rest + text).split("\n");
  rest = lines.pop();
  for (const line of lines) answer(line).then((said) => console.log(said));
}
Deno.exit(0);
