/**
 * What the servers of the attacks have in common.
 *
 * @module
 */

import type { Target } from "./_attack.ts";
import type { Address } from "./_client.ts";

const TEST_DATA = new URL("../transport/testing/", import.meta.url);

/** Returns the certificate of the TLS servers, and its key. */
export async function certificate(): Promise<{ cert: string; key: string }> {
  const [cert, key] = await Promise.all(
    ["localhost.crt", "localhost.key"].map((name) =>
      Deno.readTextFile(new URL(name, TEST_DATA))
    ),
  );
  return { cert: cert!, key: key! };
}

/**
 * Starts to listen, prints the address as JSON, and ends the program when its
 * input ends. `listen` receives a free path for a Unix socket, and returns the
 * port or that path.
 */
export async function listenUntilInputEnds(
  target: Target,
  listen: (path: string) => Promise<string>,
): Promise<never> {
  const folder = await Deno.makeTempDir();
  const at = await listen(`${folder}/socket`);
  const caCert = await Deno.readTextFile(new URL("localhost.crt", TEST_DATA));
  const address: Address = { target, at, caCert };
  console.log(JSON.stringify(address));
  for await (const _ of Deno.stdin.readable);
  await Deno.remove(folder, { recursive: true });
  Deno.exit();
}
