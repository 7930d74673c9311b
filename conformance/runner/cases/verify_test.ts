import { assertEquals } from "@std/assert";
import { copyCommand } from "../commands/copy.ts";
import { changedFiles } from "./verify.ts";

Deno.test("the corpus is compared with its manifest", async () => {
  assertEquals(await changedFiles(), []);
  const folder = await Deno.makeTempDir();
  try {
    const { signal } = new AbortController();
    const silent = () => {};
    await copyCommand.run([folder], { out: silent, err: silent, signal });
    const corpus = new URL(`file://${folder}/corpus/`);
    assertEquals(await changedFiles(corpus), []);
    const changed = new URL("codec/names.json", corpus);
    await Deno.writeTextFile(changed, "\n", { append: true });
    assertEquals(await changedFiles(corpus), ["codec/names.json"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
