import { assertMatch } from "@std/assert";
import { outputOf } from "./run_program.ts";
import { ROOT } from "./_project_files.ts";

Deno.test({
  name:
    "a release checks both packages for JSR, or says that it lacks the network",
  timeout: 600_000,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "gotalk-release-" });
    try {
      const script = ["run", "--allow-all", "--no-check", "scripts/release.ts"];
      const out = await outputOf(
        [Deno.execPath(), ...script, `${folder}/release`, "jsr"],
        { cwd: ROOT },
      );
      assertMatch(
        out,
        /dry run of @gotalk\/gotalk@\S+ and @gotalk\/conformance@|needs the network/,
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
