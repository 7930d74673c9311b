import { assert, assertEquals } from "@std/assert";
import { TRAITS } from "./testing/channel_suite.ts";

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, import.meta.url));
}

/** The source files of a folder. */
function sources(path: string): string[] {
  return [...Deno.readDirSync(new URL(path, import.meta.url))]
    .filter(({ name }) => /^(?!.*_(test|bench)\.ts$).*\.ts$/.test(name))
    .map(({ name }) => name);
}

Deno.test("the README of transport lists every kind of channel with its half-close", async () => {
  const rows = [
    ...(await read("README.md")).matchAll(
      /^\| `(\w+)` +\|.*?\| (yes|no) +\|/gm,
    ),
  ].map(([, kind, halfClose]) => [kind, halfClose === "yes"]);
  const traits = Object.entries(TRAITS)
    .map(([kind, { halfClose }]) => [kind, halfClose]);
  assertEquals(rows.toSorted(), traits.toSorted());
});

for (const folder of ["./", "./websocket/"]) {
  Deno.test(`the README of transport names every file of ${folder}`, async () => {
    const text = await read(`${folder}README.md`);
    for (const name of sources(folder)) {
      assert(text.includes(`\`${name}\``), name);
    }
  });
}
