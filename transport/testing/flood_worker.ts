/** The part of the global scope that only a worker has. */
const worker = self as unknown as { postMessage(message: unknown): void };

/** Connects to a port, and writes as much as the remote side takes. */
addEventListener("message", async (event: Event) => {
  const { data: port } = event as MessageEvent<number>;
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const bytes = new Uint8Array(256 * 1024);
  try {
    for (;;) await conn.write(bytes);
  } catch {
    conn.close();
    worker.postMessage("cut off");
  }
});
