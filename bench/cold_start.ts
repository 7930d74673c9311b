/**
 * Measures how long the command `gotalk` takes from its start to the printed
 * result of a request, compared with an empty program.
 *
 * @module
 */

import { Handlers, serve } from "@gotalk/gotalk";
import { median } from "./statistics.ts";

const HELP = `\
Measures how long the command gotalk takes to send one request, compared with
an empty program. Each is started in turn.

Usage: deno run -A bench/cold_start.ts [ROUNDS]

  ROUNDS    how often each is started; 20 by default`;

const MAIN = new URL("../cli/main.ts", import.meta.url).pathname;

/** Starts a program with the runtime of this one, and returns the time until it has ended, in milliseconds. */
async function start(
  program: string,
  ...args: readonly string[]
): Promise<number> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", program, ...args],
    stdin: "null",
    stdout: "null",
  });
  const began = performance.now();
  const { success } = await command.spawn().status;
  if (!success) throw new Error(`Cannot measure ${program}: it failed`);
  return performance.now() - began;
}

/** Bundles the command into a folder: a file for what each subcommand needs. */
async function bundle(folder: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--platform=deno",
      "--minify",
      "--code-splitting",
      `--outdir=${folder}`,
      MAIN,
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

async function main([rounds = "20"]: readonly string[]): Promise<number> {
  if (!/^[1-9]\d*$/.test(rounds)) {
    console.log(HELP);
    return rounds === "--help" ? 0 : 2;
  }
  const handlers = new Handlers().handle("echo", (value: unknown) => value);
  await using server = await serve({ port: 0 }, handlers);
  const folder = await Deno.makeTempDir({ prefix: "gotalk-cold-start-" });
  try {
    const empty = `${folder}/empty.ts`;
    const bundled = `${folder}/main.js`;
    await Deno.writeTextFile(empty, "");
    await bundle(folder);
    const request = ["request", server.address, "echo", "1"];
    const programs: Record<string, () => Promise<number>> = {
      "empty program": () => start(empty),
      "gotalk --version": () => start(MAIN, "--version"),
      "gotalk request": () => start(MAIN, ...request),
      "the same, bundled": () => start(bundled, ...request),
    };
    const times = new Map(
      Object.keys(programs).map((name) => [name, [] as number[]]),
    );
    for (let round = -1; round < Number(rounds); round++) {
      for (const [name, run] of Object.entries(programs)) {
        const time = await run();
        // The first one fills the caches of the runtime.
        if (round >= 0) times.get(name)!.push(time);
      }
    }
    const least = Math.min(...times.get("empty program")!);
    const middle = median(times.get("empty program")!);
    console.log("program              least  × empty   median  × empty");
    for (const [name, each] of times) {
      const figures = [[Math.min(...each), least], [median(each), middle]];
      const columns = figures.map(([time, base]) =>
        `${time!.toFixed(0).padStart(4)} ms ${
          (time! / base!).toFixed(2).padStart(8)
        }`
      );
      console.log(`${name.padEnd(18)} ${columns.join("  ")}`);
    }
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
