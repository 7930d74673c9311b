/**
 * A server that handles two requests at once, and a client that sends twenty. What
 * is too much is answered with a RetryResult, and the client repeats it after the
 * wait that the server suggests.
 *
 * Run it with `deno run --allow-net=127.0.0.1 examples/limits.ts`.
 *
 * @module
 */

import { connect, Handlers, isRetryError, serve } from "@gotalk/gotalk";

let running = 0;
let most = 0;
const handlers = new Handlers().handle("square", async (value: number) => {
  most = Math.max(most, ++running);
  await new Promise((resolve) => setTimeout(resolve, 5));
  running--;
  return value ** 2;
});

await using server = await serve(
  { limits: { maxConcurrentRequests: 2, overloadWait: [5, 50] } },
  handlers,
);
let repeats = 0;
await using patient = await connect(server.address, {
  retry: { attempts: 100 },
  onEvent: ({ type }) => {
    if (type === "retry") repeats++;
  },
});
const values = Array.from({ length: 20 }, (_, index) => index);
const squares = await Promise.all(
  values.map((value) => patient.request("square", value)),
);
console.log(
  `${squares.length} answers, ${most} at once, repeats: ${repeats > 0}`,
);

await using impatient = await connect(server.address, { retry: false });
const results = await Promise.allSettled(
  values.map((value) => impatient.request("square", value)),
);
const refused = results.filter((result) =>
  result.status === "rejected" && isRetryError(result.reason)
);
console.log(`without repeats, some are refused: ${refused.length > 0}`);
