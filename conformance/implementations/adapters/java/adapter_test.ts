/**
 * The peer in Java, and this package.
 *
 * @module
 */

import { assert } from "@std/assert";
import { findProgram } from "../../../../scripts/find_program.ts";
import { testPeer } from "../testing/peer_tests.ts";

const JAVAC = await findProgram(["javac"], "-version");

/** Where the classes are, once they are compiled. */
let classes: Promise<string> | undefined;

Deno.test.afterAll(async () => {
  if (classes === undefined) return;
  await Deno.remove(await classes, { recursive: true });
});

testPeer({
  language: "Java",
  needs: { javac: JAVAC },
  command: async () =>
    `java -cp ${await (classes ??= compile())} adapter.Adapter`,
});

async function compile(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "gotalk-java-" });
  const { success } = await new Deno.Command("javac", {
    args: [
      ...["-Xlint:all", "-Werror", "-d", folder],
      ...["-sourcepath", ".", "adapter/Adapter.java"],
    ],
    cwd: new URL(".", import.meta.url),
  }).spawn().status;
  assert(success);
  return folder;
}
