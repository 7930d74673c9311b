/**
 * Tests that the examples say how to run them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";

/** The folder `testing/` holds none, and a name that begins with `_` is a part of one. */
const NO_EXAMPLE = /(^|\/)_|^testing\/|_test\.ts$/;

/** In a folder, only the program says it; the others are its modules. */
const MODULES = ["chat/chat.ts", "chat/contract.ts", "chat/server.ts"];

/** Returns the paths of the examples, from their folder. */
async function examplesIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (
    const { name, isDirectory } of Deno.readDir(
      new URL(folder, import.meta.url),
    )
  ) {
    const path = folder + name;
    if (isDirectory) paths.push(...await examplesIn(`${path}/`));
    else if (path.endsWith(".ts")) paths.push(path);
  }
  return paths.map((path) => path.replace(/^\.\//, "")).filter((path) =>
    !NO_EXAMPLE.test(path) && !MODULES.includes(path)
  );
}

Deno.test("each example says at its top how to run it", async () => {
  const silent: string[] = [];
  for (const path of await examplesIn("./")) {
    const text = await Deno.readTextFile(new URL(path, import.meta.url));
    const top = text.slice(0, text.search(/^(import|export) /m))
      .replaceAll(/\s*\n \*\s*/g, " ");
    const [, , file] = /deno (run|serve) (?:-\S+ |127\S+ )*(\S+?\.ts)/
      .exec(top) ?? [];
    const [, task] = /deno task (\w+)/.exec(top) ?? [];
    const isNamed = file !== undefined && `examples/${path}`.endsWith(file) ||
      task !== undefined && path.startsWith(task);
    if (!isNamed) silent.push(path);
  }
  assertEquals(silent, []);
});
