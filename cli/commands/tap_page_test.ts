import { assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { openTapPage } from "./_tap_page_server.ts";

Deno.test("the page of a tap has nothing inline, and its policy allows nothing", async () => {
  await using page = openTapPage();
  const types: (string | null)[] = [];
  for (const path of ["", "tap.css", "tap.js", "gotalk/gotalk.js"]) {
    const response = await fetch(`${page.address}${path}`);
    const text = await response.text();
    types.push(response.headers.get("content-type"));
    const policy = response.headers.get("content-security-policy");
    if (path.startsWith("gotalk")) continue;
    assertStringIncludes(policy!, "default-src 'none'; script-src 'self';");
    assertFalse(policy!.includes("unsafe"));
    if (path !== "") continue;
    assertEquals(text.match(/<style|<script>| on\w+=| style=/g), null);
    assertStringIncludes(text, 'href="/tap.css"');
    assertStringIncludes(text, 'src="/tap.js"');
  }
  assertEquals(types.map((type) => type!.replace(/;.*/, "")), [
    "text/html",
    "text/css",
    "text/javascript",
    "text/javascript",
  ]);
  const response = await fetch(`${page.address}constructor`);
  await response.body?.cancel();
  assertEquals(response.status, 404);
});
