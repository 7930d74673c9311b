import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { findProgram, needing } from "../scripts/find_program.ts";
import { runProgram } from "../scripts/run_program.ts";

const ROOT = new URL("../", import.meta.url).pathname;

const npm = await findProgram(["npm"], "--version");
const go = await findProgram(["go"], "version");
const tar = await findProgram(["tar"], "--version");

function release(...args: readonly string[]) {
  const script = ["run", "--allow-all", "--no-check", "scripts/release.ts"];
  return runProgram([Deno.execPath(), ...script, ...args], { cwd: ROOT });
}

Deno.test(needing({ npm, go, tar }, {
  name: "a release is files with their hashes, and lists what was built",
  timeout: 1_800_000,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "gotalk-release-" });
    try {
      const { version } = JSON.parse(
        await Deno.readTextFile(`${ROOT}conformance/deno.json`),
      );
      const { status, out } = await release(folder, "bundle", "npm-data", "go");
      assertEquals(status, 0, out);
      const built = [
        `gotalk-conformance-${version}.json`,
        `gotalk-conformance-data-${version}.tgz`,
        `gotalk-conformance-go-${version}.tar.gz`,
      ];
      for (const name of built) assertStringIncludes(out, ` ... ${name} (`);
      const sums = await Deno.readTextFile(`${folder}/SHA256SUMS`);
      assertEquals(
        sums.trimEnd().split("\n").map((line) => line.split("  ")[1]).sort(),
        [...built].sort(),
      );
      for (const line of sums.trimEnd().split("\n")) {
        const [wanted, name] = line.split("  ");
        const bytes = await Deno.readFile(`${folder}/${name}`);
        const hash = await crypto.subtle.digest("SHA-256", bytes);
        assertEquals(new Uint8Array(hash).toHex(), wanted);
      }
      const bundle = JSON.parse(
        await Deno.readTextFile(`${folder}/${built[0]}`),
      );
      assertEquals(bundle.version, version);
      for (const archive of built.slice(1)) {
        const { out } = await runProgram([
          "tar",
          "-tzf",
          `${folder}/${archive}`,
        ]);
        assert(/^\S+\/manifest\.json$/m.test(out), archive);
        assert(/^\S+\/codec\/heartbeat\.json$/m.test(out), archive);
      }

      const again = await release(folder);
      assertEquals(again.status, 2);
      assertStringIncludes(again.err, "it contains ");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
}));

Deno.test("the release has a part for each package", async () => {
  const { status, out } = await release("--help");
  assertEquals(status, 0);
  const names = Array.from(out.matchAll(/^ {2}([a-z-]+) {2,}/gm), ([, n]) => n);
  assertEquals(names, [
    "bundle",
    "npm",
    "npm-conformance",
    "npm-data",
    "jsr",
    "crate",
    "python",
    "go",
  ]);
  assertEquals((await release("/nowhere", "unknown")).status, 2);
});
