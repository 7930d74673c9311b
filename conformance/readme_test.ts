/** Checks that the samples on the page of the suite have the numbers of the corpus. */

import { assertEquals, assertMatch } from "@std/assert";
import { PAGE, withFigures } from "./runner/page_figures.ts";

Deno.test("the page of the suite has the figures that page_figures.ts writes", async () => {
  const page = await Deno.readTextFile(PAGE);
  assertEquals(page, withFigures(page));
  for (
    const figure of [
      /^codec must +\d+\ncodec should +\d+\nsession must +\d+$/m,
      /^all +\d+$/m,
      /^cases: \d+ of \d+ that apply pass in every run$/m,
      /^statements tested: \d+ of \d+ at level must, \d+ of \d+ at level should, …$/m,
      /^target: \d+ of \d+ cases for servers over tcp apply \(/m,
    ]
  ) assertMatch(page, figure);
});
