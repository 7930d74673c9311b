/**
 * Handlers that take their time, and a program for `deno serve` and Deno Deploy.
 *
 *     deno serve --host 127.0.0.1 examples/http/work.ts
 *
 * @module
 */

import { fetchHandler, Handlers } from "@gotalk/gotalk";

/** The handlers. */
export const handlers = new Handlers()
  .handle("work", async ({ name, time }: { name: string; time: number }) => {
    console.log(`begins ${name}`);
    await new Promise((resolve) => setTimeout(resolve, time));
    return `done ${name}`;
  });

export default { fetch: fetchHandler(handlers) };
