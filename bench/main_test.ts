import { assert, assertEquals } from "@std/assert";
import type { Line } from "./_report.ts";
import { SCENARIOS } from "./_scenarios.ts";

/** Runs the command with the permissions that its task grants. */
async function bench(
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      "--allow-run",
      "--allow-write",
      new URL("main.ts", import.meta.url).href,
      ...args,
    ],
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("the benchmark measures every scenario", async () => {
  const { code, stdout, stderr } = await bench(
    "--quick",
    "--rounds=1",
    "--seconds=0.02",
    "--json",
  );
  assertEquals(code, 0, stderr);
  const { lines }: { lines: Line[] } = JSON.parse(stdout);
  assertEquals(
    lines.map(({ title }) => title),
    SCENARIOS.flatMap(({ rows }) => rows.map(({ title }) => title)),
  );
  for (const { title, figures } of lines) {
    assert(Number.isFinite(figures.gotalk), `${title}: ${figures.gotalk}`);
    assert(Number.isFinite(figures.raw), `${title}: ${figures.raw}`);
  }
});

Deno.test("the benchmark rejects invalid options", async () => {
  for (const option of ["--rounds=0", "--seconds=x", "--only=none", "--what"]) {
    const { code, stdout, stderr } = await bench(option);
    assertEquals(code, 2, option);
    assertEquals(stdout, "", option);
    assert(stderr.includes(option.replace(/^--only=/, "").replace(/=.*/, "")));
  }
});

Deno.test("the benchmark prints help that lists the scenarios", async () => {
  const { code, stdout } = await bench("--help");
  assertEquals(code, 0);
  for (const { name } of SCENARIOS) assert(stdout.includes(name), name);
});
