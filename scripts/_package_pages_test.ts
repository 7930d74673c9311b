import { assertEquals } from "@std/assert";
import { withLinks } from "./_package_pages.ts";

const TARGETS = new Map([
  ["suite/README.md", "README.md"],
  ["suite/corpus/README.md", "corpus/README.md"],
  ["codec/README.md", "codec/README.md"],
]);

/** The text of the first page in the package. */
function rewritten(text: string): string {
  return withLinks(text, "suite/README.md", "README.md", TARGETS);
}

Deno.test("a link to a page of the package leads there", () => {
  assertEquals(
    rewritten("[a](../codec/README.md) [the\nb](corpus/README.md#chunks)"),
    "[a](codec/README.md) [the\nb](corpus/README.md#chunks)",
  );
  assertEquals(
    withLinks(
      "[up](../README.md)",
      "suite/corpus/README.md",
      "corpus/README.md",
      TARGETS,
    ),
    "[up](../README.md)",
  );
});

Deno.test("a link to a folder leads to its page", () => {
  assertEquals(
    rewritten("[a](../codec) [b](corpus/)"),
    "[a](codec/README.md) [b](corpus/README.md)",
  );
});

Deno.test("a link to a file that the package lacks becomes its text", () => {
  assertEquals(rewritten("| [`ci/`](ci/README.md) | x"), "| `ci/` | x");
});

Deno.test("addresses, places on the page and blocks of code stay", () => {
  const text = "[a](https://example.org/b) [c](#d)\n\n```md\n[e](f.md)\n```\n";
  assertEquals(rewritten(text), text);
});
