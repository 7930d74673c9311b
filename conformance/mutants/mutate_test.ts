import { assertEquals, assertRejects } from "@std/assert";
import { FAULTS, mutate } from "./mutate.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("every mistake can be made in the source as it stands", async () => {
  const files = new Map<string, string>();
  const stale: string[] = [];
  for (const { name, edits } of FAULTS.flatMap(({ faults }) => faults)) {
    for (const [file, from, to] of edits) {
      if (!files.has(file)) {
        files.set(file, await Deno.readTextFile(new URL(file, ROOT)));
      }
      const times = files.get(file)!.split(from).length - 1;
      if (times !== 1 || from === to) {
        stale.push(`${name}: ${file} has ${times} times ${from}`);
      }
    }
  }
  assertEquals(stale, []);
});

Deno.test("no suite has two mistakes of one name", () => {
  for (const { faults } of FAULTS) {
    const names = faults.map(({ name }) => name);
    assertEquals(names.length, new Set(names).size);
  }
});

Deno.test("the page tells of every mistake, and that each is found", async () => {
  const page = await Deno.readTextFile(new URL("README.md", import.meta.url));
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const told = rows.map((row) => row.split("|").map((cell) => cell.trim()));
  assertEquals(
    told.map(([, name]) => name),
    FAULTS.flatMap(({ faults }) => faults.map(({ name }) => `\`${name}\``)),
    "it is stale: deno task mutants --update",
  );
  assertEquals(told.filter(([, , , found]) => found === ""), []);
});

Deno.test("a mistake that cannot be made is told", async () => {
  const path = await Deno.makeTempDir();
  try {
    await assertRejects(
      () =>
        mutate(
          { name: "x", edits: [["codec/mod.ts", "no such text", ""]] },
          new URL(`file://${path}/`),
        ),
      Error,
      'Cannot make x: codec/mod.ts has 0 times "no such text", wanted once',
    );
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});
