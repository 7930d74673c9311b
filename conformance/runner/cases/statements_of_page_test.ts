import { assertEquals, assertMatch } from "@std/assert";
import { statementsOfPage } from "./statements_of_page.ts";

const PAGE = `# A page

- <a id="wire/kind"></a>**wire/kind** (must): The first byte, \`r\` or
  \`*\`, is [a letter](#letters); not
  a *digit*.
- <a id="limits/none"></a>**limits/none** (may): There is no limit.

**Note.** Not a part of it.

- A list item that states nothing.
- <a id="close/last"></a>**close/last** (undefined): The last one
`;

Deno.test("statements have an identifier, a level and a text of one line", () => {
  assertEquals(statementsOfPage(PAGE), [
    {
      id: "wire/kind",
      level: "must",
      text: "The first byte, `r` or `*`, is a letter; not a digit.",
    },
    { id: "limits/none", level: "may", text: "There is no limit." },
    { id: "close/last", level: "undefined", text: "The last one" },
  ]);
});

Deno.test("every statement of the page is found, with its text", async () => {
  const page = await Deno.readTextFile(
    new URL("../../../codec/README.md", import.meta.url),
  );
  const statements = statementsOfPage(page);
  assertEquals(
    statements.map(({ id }) => id),
    Array.from(page.matchAll(/^\s*[-*] <a id="([^"]+)">/gm), ([, id]) => id!),
  );
  assertEquals(new Set(statements.map(({ id }) => id)).size, statements.length);
  for (const { text } of statements) {
    assertMatch(text, /^[A-Z][^\n]{10,}\.$/);
  }
});
