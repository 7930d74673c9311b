import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { startAdapter } from "../runner/adapter_protocol/start_adapter.ts";
import type { Mutant } from "./mutant.ts";
import { Copies, MutableCopy } from "./mutable_copy.ts";

Deno.test("a copy is one mutant after the other, and the library as it is again", async () => {
  const mutant = (to: string): Pick<Mutant, "name" | "edits"> => ({
    name: to,
    edits: [{ in: "encodeVersion", from: "version.charCodeAt(1)", to }],
  });
  const unchanged = { name: "unchanged", edits: [] };
  await using copy = await MutableCopy.create();
  for (
    const [which, version] of [
      [mutant('"x".charCodeAt(0)'), "0x"],
      [mutant('"y".charCodeAt(0)'), "0y"],
      [unchanged, "01"],
    ] as const
  ) {
    await copy.become(which);
    await using adapter = await startAdapter(copy.command);
    const { implementation } = await adapter.ask("start", { protocol: 1 });
    assertNotEquals(implementation.version, "unknown");
    const encoded = await adapter.ask("encode", {});
    assertEquals(encoded, { bytes: new TextEncoder().encode(version) });
    const { address } = await adapter.ask("listen", { transport: "tcp" });
    assertEquals(await firstBytes(address), version);
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

Deno.test("a copy does not become a mutant whose changes cannot be made", async () => {
  await using copy = await MutableCopy.create();
  await assertRejects(
    () =>
      copy.become({
        name: "x",
        edits: [{ in: "Decoder", from: "no such text", to: "" }],
      }),
    Error,
    'Cannot make x: Decoder in codec/decoder.ts has no "no such text"; the nearest line is ',
  );
});

Deno.test("a failure is reported once nobody works with a copy any more, and begins nothing", async () => {
  await using copies = await Copies.create(2);
  const ended: number[] = [];
  const failed = Promise.withResolvers<void>();
  await assertRejects(
    () =>
      copies.each([1, 2, 3], async (entry) => {
        if (entry === 1) {
          failed.resolve();
          throw new Error("the first one failed");
        }
        await failed.promise;
        // Long enough for a report that does not wait.
        await new Promise((resolve) => setTimeout(resolve));
        ended.push(entry);
      }),
    Error,
    "the first one failed",
  );
  assertEquals(ended, [2]);
});
