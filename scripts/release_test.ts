import { assertEquals, assertMatch } from "@std/assert";
import { findProgram, needing } from "./find_program.ts";
import { ROOT } from "./_project_files.ts";
import { outputOf } from "./run_program.ts";

/** Builds parts of a release in a folder, and returns what the program prints. */
function release(folder: string, ...parts: string[]): Promise<string> {
  const script = ["run", "--allow-all", "--no-check", "scripts/release.ts"];
  return outputOf([Deno.execPath(), ...script, folder, ...parts], {
    cwd: ROOT,
  });
}

Deno.test({
  name:
    "a release checks both packages for JSR, or says that it lacks the network",
  timeout: 600_000,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "gotalk-release-" });
    try {
      assertMatch(
        await release(`${folder}/release`, "jsr"),
        /dry run of @gotalk\/gotalk@\S+ and @gotalk\/conformance@|needs the network/,
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

const npm = await findProgram(["npm"], "--version");
const cargo = await findProgram(["cargo"], "--version");
const go = await findProgram(["go"], "version");
const tar = await findProgram(["tar"], "--version");

Deno.test(needing({ npm, cargo, go, tar }, {
  name: "each package of data has a page, a licence and the manifest",
  timeout: 600_000,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "gotalk-release-" });
    try {
      await release(`${folder}/release`, "npm-data", "crate", "go");
      const archives = Array.from(
        Deno.readDirSync(`${folder}/release`),
        ({ name }) => name,
      ).filter((name) => name !== "SHA256SUMS");
      assertEquals(archives.length, 3);
      for (const name of archives) {
        const list = await outputOf([
          "tar",
          "-tf",
          `${folder}/release/${name}`,
        ]);
        const files = list.split("\n")
          .map((path) => path.slice(path.indexOf("/") + 1));
        const wanted = ["README.md", "LICENSE"];
        assertEquals(wanted.filter((each) => !files.includes(each)), [], name);
        assertMatch(list, /\/manifest\.json$/m, name);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
}));
