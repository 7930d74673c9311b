/**
 * A program and its child, which talk over the standard input and output of the
 * child.
 *
 * Run it with `deno run --allow-run examples/pipe.ts`.
 *
 * @module
 */

import { connect, Handlers } from "@gotalk/gotalk";
import { streamsChannel } from "@gotalk/gotalk/transport";

if (Deno.args[0] === "child") await talkToParent();
else await talkToChild();

async function talkToChild(): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", import.meta.url, "child"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const { stdout: readable, stdin: writable } = child;
  const handlers = new Handlers()
    .onNotification(
      "progress",
      (percent: number) => console.log(`${percent} %`),
    );
  const peer = await connect(streamsChannel({ readable, writable }), {
    handlers,
  });
  console.log(await peer.request("sum", [1, 2, 3, 4]));
  await peer.close();
  await child.status;
}

async function talkToParent(): Promise<void> {
  const handlers = new Handlers()
    .handle("sum", async (values: number[], { peer }) => {
      let sum = 0;
      for (const [index, value] of values.entries()) {
        sum += value;
        await peer.notify("progress", 100 * (index + 1) / values.length);
      }
      return sum;
    });
  const { readable } = Deno.stdin;
  const { writable } = Deno.stdout;
  // Standard output belongs to the protocol: messages for people go to console.error.
  const peer = await connect(streamsChannel({ readable, writable }), {
    handlers,
  });
  await peer.closed;
}
