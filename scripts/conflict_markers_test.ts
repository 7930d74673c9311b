import { assertEquals } from "@std/assert";
import { projectFiles, ROOT } from "./_project_files.ts";

Deno.test("no file has markers of a merge conflict", async () => {
  const found: string[] = [];
  for (const path of await projectFiles([".ts", ".md", ".json", ".js"])) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    // The middle marker may have become a heading or a row of a table.
    if (/^(<{7}|>{7}) \S/m.test(text)) found.push(path);
  }
  assertEquals(found, []);
});
