import { assertEquals } from "@std/assert";
import { ROOT } from "./_project_files.ts";

const PROGRAMS = ["build_command", "npm_package", "npm_suite_package"];

/** Runs a program that builds in a folder. */
async function run(program: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    // The packages that it imports may have to be downloaded.
    args: [
      "run",
      "-A",
      "--quiet",
      "--no-check",
      `scripts/${program}.ts`,
      ...args,
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return [code, decoder.decode(stdout), decoder.decode(stderr)];
}

Deno.test("programs that build in a folder say in one line why they cannot", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/file`;
    await Deno.writeTextFile(file, "");
    for (const program of PROGRAMS) {
      const [status, out, err] = await run(program, file);
      assertEquals([status, out], [1, ""], program);
      assertEquals(
        `${err}`.replace(/ \(os error \d+\).*/, ""),
        `Cannot build in ${file}: File exists\n`,
      );
    }
    for (const program of PROGRAMS.slice(1)) {
      const error = `Cannot build in ${folder}: it contains file\n`;
      assertEquals(await run(program, folder), [1, "", error]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
