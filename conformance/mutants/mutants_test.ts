import { assert, assertEquals } from "@std/assert";
import { applyMutant, readSource, writeWorkspace } from "./mutate.ts";
import { MUTANTS } from "./mutants.ts";
import { KILLERS } from "./recorded.ts";

/** The share of mutants that a single case may kill: write cases of other kinds for them, and lower it. */
const MOST_KILLED_ONCE = 1 / 10;

Deno.test("every mutant can be made of the source as it is", async () => {
  const source = await readSource();
  const stale: string[] = [];
  for (const mutant of MUTANTS.flatMap(({ mutants }) => mutants)) {
    try {
      applyMutant(mutant, source.copy());
    } catch (error) {
      stale.push((error as Error).message);
    }
  }
  assertEquals(stale, []);
});

Deno.test("every mutant type-checks: it makes one mistake, and does not fail at once", async () => {
  const source = await readSource();
  const folder = await Deno.makeTempDir();
  try {
    await writeWorkspace(source, new URL(`file://${folder}/`));
    const changed: string[] = [];
    for (const mutant of MUTANTS.flatMap(({ mutants }) => mutants)) {
      const tree = source.copy();
      applyMutant(mutant, tree);
      for (const [path, text] of tree.files) {
        if (text === source.files.get(path)) continue;
        // Beside the file that it is made of, so that relative imports resolve.
        const copy = `${folder}/${path}.${changed.length}.${mutant.name}.ts`;
        await Deno.writeTextFile(copy, text);
        changed.push(copy);
      }
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", `--config=${folder}/deno.json`, ...changed],
      env: { NO_COLOR: "1" },
    }).output();
    assert(success, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("no suite has two mutants of one name", () => {
  for (const { mutants } of MUTANTS) {
    const names = mutants.map(({ name }) => name);
    assertEquals(names.length, new Set(names).size);
  }
});

Deno.test("the page lists every mutant, and each is killed", async () => {
  const page = await Deno.readTextFile(new URL("README.md", import.meta.url));
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const listed = rows.map((row) => row.split("|").map((cell) => cell.trim()));
  assertEquals(
    listed.map(([, name]) => name),
    MUTANTS.flatMap(({ mutants }) => mutants.map(({ name }) => `\`${name}\``)),
    "the page is stale: run deno task mutants --update",
  );
  assertEquals(listed.filter(([, , , killers]) => killers === ""), []);
});

Deno.test("at most one mutant in ten is killed by a single case", () => {
  const all = Object.values(KILLERS).flatMap((suite) => Object.entries(suite));
  const once = all
    .filter(([, killers]) => killers.length === 1)
    .map(([name]) => name);
  assert(once.length <= MOST_KILLED_ONCE * all.length, once.join(", "));
});
