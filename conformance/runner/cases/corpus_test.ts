import { assertEquals, assertStrictEquals } from "@std/assert";
import { casesOf, CORPUS, findCase } from "./corpus.ts";

Deno.test("the corpus has every file that the manifest lists", async () => {
  const manifest = JSON.parse(
    await Deno.readTextFile(
      new URL("../../corpus/manifest.json", import.meta.url),
    ),
  );
  assertEquals(
    Object.keys(CORPUS.files),
    manifest.files.map(({ path }: { path: string }) => path),
  );
  assertEquals(CORPUS.version, manifest.version);
  assertEquals(casesOf(CORPUS).map(({ id }) => id).sort(), manifest.ids);
  assertEquals(CORPUS.statements.length, manifest.statements.count);
});

Deno.test("a case is found by its identifier", () => {
  const [first] = casesOf(CORPUS);
  assertStrictEquals(findCase(CORPUS, first!.id), first);
  assertEquals(findCase(CORPUS, "codec/none"), undefined);
});
