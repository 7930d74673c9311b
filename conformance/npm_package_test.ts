/** Tests the suite as a package for npm: built, packed, and used in an empty folder, by Node 22. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { findProgram, needing } from "../scripts/find_program.ts";
import { outputOf, runProgram } from "../scripts/run_program.ts";
import { CORPUS } from "./runner/cases/corpus.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** The oldest Node that is supported by its makers. */
const NODE = "node@22.23.3";

const npm = await findProgram(["npm"], "--version");

/** Builds the package as a release does, and installs it where nothing else is. */
async function install(folder: string): Promise<void> {
  const script = ["run", "--allow-all", "--no-check", "scripts/release.ts"];
  await outputOf(
    [Deno.execPath(), ...script, `${folder}/release`, "npm-conformance"],
    { cwd: ROOT },
  );
  const filename = `gotalk-conformance-${CORPUS.version}.tgz`;
  await Deno.mkdir(`${folder}/user`);
  await Deno.writeTextFile(
    `${folder}/user/package.json`,
    JSON.stringify({ name: "user", private: true }),
  );
  const quietly = ["--no-audit", "--no-fund", "--no-save"];
  await outputOf(
    ["npm", "install", ...quietly, `${folder}/release/${filename}`, NODE],
    { cwd: `${folder}/user` },
  );
}

Deno.test(needing({ npm }, {
  name: "the package for npm tests implementations from an empty folder",
  timeout: 1_800_000,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "gotalk-npm-" });
    try {
      await install(folder);
      const user = `${folder}/user`;
      const suite = (...args: string[]) =>
        runProgram([
          `${user}/node_modules/.bin/node`,
          `${user}/node_modules/@gotalk/conformance/bin.js`,
          ...args,
        ], { cwd: user });
      // Threads load the program of the package too.
      const few = ["--run", "codec/protocol-error/**", "--threads", "2"];
      const own = await suite("run", ...few);
      assertEquals(own.status, 0, own.err);
      assertStringIncludes(own.out, `corpus ${CORPUS.version}`);
      assertStringIncludes(own.out, "all as expected");

      const init = await suite("init", "node", "mine");
      assertEquals(init.status, 0, init.err);
      const command = `npx -y @gotalk/conformance@${CORPUS.version} run`;
      assertStringIncludes(init.err, `  ${command} --folder mine `);
      const adapter = `${user}/node_modules/.bin/node adapter.mjs`;
      const chosen = ["--run", "codec/request/empty/chunk:whole"];
      const failed = await suite(
        "run",
        "--folder",
        "mine",
        "--adapter",
        adapter,
        ...chosen,
      );
      assertEquals(failed.status, 1, failed.err);
      assertStringIncludes(
        failed.out,
        `again    ${command} --folder mine --adapter `,
      );

      // The next command works where it is printed.
      const linked = `${folder}/bin/gotalk-conformance`;
      await Deno.mkdir(`${folder}/bin`);
      await Deno.symlink(
        `${user}/node_modules/@gotalk/conformance/bin.js`,
        linked,
      );
      const installed = await runProgram(
        [`${user}/node_modules/.bin/node`, linked, "init", "deno", "linked"],
        { cwd: user },
      );
      assertStringIncludes(installed.err, "  gotalk-conformance run --folder ");
      const packages = ["./gotalk-conformance.tgz"];
      await Deno.writeTextFile(
        `${user}/package.json`,
        JSON.stringify({ _npx: { packages } }),
      );
      const packed = await suite("init", "deno", "packed");
      assertStringIncludes(
        packed.err,
        "  npx -y ./gotalk-conformance.tgz run ",
      );

      // Nobody but a terminal sends an interrupt to both processes.
      const server = new Deno.Command(`${user}/node_modules/.bin/node`, {
        args: [
          `${user}/node_modules/@gotalk/conformance/bin.js`,
          "serve",
          "--tcp=127.0.0.1:0",
        ],
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const output = server.stdout.getReader();
      await output.read();
      server.kill("SIGINT");
      assertEquals((await server.status).code, 0);
      await output.cancel();

      const copy = await suite("copy", ".");
      assertEquals(copy.status, 0, copy.err);
      assertEquals((await suite("lint", ".")).status, 0);
      const lint = await suite("lint");
      assertEquals(lint.status, 2);
      assert(lint.err.includes("name a DIR"));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
}));
