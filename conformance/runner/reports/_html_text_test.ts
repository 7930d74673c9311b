import { assertEquals } from "@std/assert";
import { withCode } from "./_html_text.ts";

Deno.test("what stands between backticks is code, and nothing else is markup", () => {
  assertEquals(
    withCode("`<r>` & `n`, ` alone"),
    "<code>&#60;r&#62;</code> &#38; <code>n</code>, ` alone",
  );
});
