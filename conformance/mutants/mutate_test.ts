import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { startAdapter } from "../runner/adapter_protocol/start_adapter.ts";
import type { Mutant } from "./mutant.ts";
import { mutate } from "./mutate.ts";

/** Makes a mutant in a folder that is removed afterwards. */
async function withMutant(
  mutant: Pick<Mutant, "name" | "edits">,
  work: (command: string) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await work(await mutate(mutant, new URL(`file://${path}/`)));
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("mutate makes a copy whose codec and peer have the change", async () => {
  const edit = {
    in: "encodeVersion",
    from: "version.charCodeAt(1)",
    to: '"x".charCodeAt(0)',
  };
  const mutant = { name: "version-0x", edits: [edit] };
  const unchanged = { name: "unchanged", edits: [] };
  for (const [which, version] of [[mutant, "0x"], [unchanged, "01"]] as const) {
    await withMutant(which, async (command) => {
      await using adapter = await startAdapter(command);
      const { implementation } = await adapter.ask("start", { protocol: 1 });
      assertNotEquals(implementation.version, "unknown");
      const encoded = await adapter.ask("encode", {});
      assertEquals(encoded, { bytes: new TextEncoder().encode(version) });
      const { address } = await adapter.ask("listen", { transport: "tcp" });
      assertEquals(await firstBytes(address), version);
    });
  }
});

/** What a peer that listens writes first. */
async function firstBytes(address: string): Promise<string> {
  const { hostname, port } = new URL(address);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const bytes = new Uint8Array(2);
  await connection.read(bytes);
  return new TextDecoder().decode(bytes);
}

Deno.test("mutate rejects a change that cannot be made", async () => {
  await assertRejects(
    () =>
      withMutant(
        { name: "x", edits: [{ in: "Decoder", from: "no such text", to: "" }] },
        () => Promise.resolve(),
      ),
    Error,
    'Cannot make x: Decoder in codec/decoder.ts has no "no such text"; the nearest line is ',
  );
});
