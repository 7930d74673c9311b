/**
 * The server that is attacked. Prints its address as JSON, and runs until its
 * input ends.
 *
 * `deno run --allow-all attack/server.ts TARGET`
 *
 * @module
 */

import { Handlers, serve, upgradeHandler } from "@gotalk/gotalk";
import type { Target } from "./_attack.ts";
import { certificate, listenUntilInputEnds } from "./_listening.ts";

const MIB = 1024 * 1024;

/** The time that slow handlers take, in milliseconds. */
const SLOW = 30_000;

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handleBytes("big", () => new Uint8Array(MIB))
  .handleBytes("list", async () => {
    await sleep(5);
    return new Uint8Array(4 * MIB).fill(1);
  })
  .handleBytes("slow", async (payload) => {
    await sleep(SLOW);
    return payload.subarray(0, 1);
  })
  .handle("same", (value: unknown) => value)
  .handle("fail", () => {
    throw new Error("This handler always fails");
  })
  .handleStream("copy", (parts) => parts)
  .handleStream("ignore", (_parts, { signal }) => aborted(signal))
  .handleStream("endless", () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(16 * 1024)),
    }))
  .onNotificationBytes("note", () => {})
  .onNotificationBytes("slow", async (payload) => {
    await sleep(SLOW);
    void payload;
  });

const target = Deno.args[0] as Target;

await listenUntilInputEnds(target, async (path) => {
  if (target === "upgrade") {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      upgradeHandler(handlers),
    );
    return String(server.addr.port);
  }
  const server = await (target === "unix"
    ? serve({ path }, handlers)
    : target === "websocket"
    ? serve({ transport: "websocket" }, handlers)
    : serve(target === "tls" ? await certificate() : {}, handlers));
  return target === "unix" ? path : server.address.split(":").at(-1)!;
});

function sleep(delay: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}
