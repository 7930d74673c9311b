/**
 * Connects to the port that it is told, and writes as much as the other side takes.
 *
 * @module
 */

/// <reference lib="webworker" />

const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = async ({ data: port }: MessageEvent<number>) => {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const bytes = new Uint8Array(256 * 1024);
  try {
    for (;;) await conn.write(bytes);
  } catch {
    conn.close();
    scope.postMessage("cut off");
  }
};
