import { assertEquals } from "@std/assert";
import { SMALL_CORPUS } from "../testing/codec_implementation.ts";
import { bundle } from "./bundle.ts";
import { CORPUS } from "./corpus.ts";

Deno.test("a bundle contains everything, and the ends of messages", () => {
  const { version, statements, files } = bundle(SMALL_CORPUS);
  assertEquals([version, statements], ["9.9.9", SMALL_CORPUS.statements]);
  const [error] = files["codec/small.json"]!.cases;
  assertEquals(error, {
    ...SMALL_CORPUS.files["codec/small.json"]!.cases[0]!,
    ends: [9],
  });
});

Deno.test("a bundle contains the corpus unchanged", () => {
  const { files } = bundle(CORPUS);
  assertEquals(Object.keys(files), Object.keys(CORPUS.files));
  for (const [path, { cases }] of Object.entries(files)) {
    assertEquals(
      cases.map(({ ends: _, ...each }) => each as unknown),
      CORPUS.files[path]!.cases.map((each) => each as unknown),
    );
  }
});
