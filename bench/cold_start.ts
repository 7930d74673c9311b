/**
 * Measures how long the command `gotalk` takes from its start to the printed
 * result of a request, in each form that it comes in, compared with an empty
 * program.
 *
 * @module
 */

import { Handlers, serve } from "@gotalk/gotalk";
import { findProgram } from "../scripts/find_program.ts";
import { median } from "./statistics.ts";

const HELP = `\
Measures how long the command gotalk takes to send one request over TCP, in each
form that it comes in, and a program of ten lines that sends the same bytes, all
compared with an empty program. Each is started in turn, next to that.

Usage: deno task bench:start [ROUNDS]

  ROUNDS    how often each is started; 20 by default

The package for npm is measured if node is 22 or later.

For each form, it prints the medians of both times, and the median of their
ratios. The exit status is 1 if a form that is installed takes 1.5 times as long
as an empty program, or more.`;

/** The most that the installed command may take, in times of an empty program. */
const GOAL = 1.5;

/** A program, and its arguments. */
type Start = readonly [program: string, ...args: string[]];

/** A form of the command. */
interface Form {
  readonly name: string;
  readonly start: Start;
  /** The empty program that it is compared with. */
  readonly empty: Start;
  /** Whether the goal is for it. */
  readonly hasGoal?: true;
}

/** A program that sends the bytes of the request, and reads those of the answer: less cannot be done. */
const LEAST = `\
const { hostname, port } = new URL(Deno.args[1]!);
const conn = await Deno.connect({ hostname, port: Number(port) });
await conn.write(new TextEncoder().encode("01r0000004echo000000011"));
const buffer = new Uint8Array(1024);
let text = "";
while (!text.includes("R0000000000011")) {
  const count = await conn.read(buffer);
  text += new TextDecoder().decode(buffer.subarray(0, count!));
}
console.log("1");
Deno.exit(0);
`;

const ROOT = new URL("../", import.meta.url).pathname;
const DENO = Deno.execPath();
/** What is installed looks for `deno` in the path. */
const PATH = `${DENO.slice(0, DENO.lastIndexOf("/"))}:${Deno.env.get("PATH")}`;
const RUN: Start = [DENO, "run", "--allow-all"];

/** Starts a program, and returns the time until it has ended, in milliseconds. */
async function time([program, ...args]: Start): Promise<number> {
  const command = new Deno.Command(program, {
    args,
    cwd: ROOT,
    env: { PATH },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  const began = performance.now();
  const { success, code, stderr } = await command.output();
  const took = performance.now() - began;
  if (success) return took;
  const output = new TextDecoder().decode(stderr).trim() || "no output";
  throw new Error(
    `Cannot run ${[program, ...args].join(" ")}: status ${code}, ${output}`,
  );
}

/** Runs `deno`, which has to succeed. */
async function needDeno(...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(DENO, {
    args: [...args],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Builds and installs the command in a folder, and returns its forms. */
async function forms(folder: string): Promise<Form[]> {
  const empty = `${folder}/empty.ts`;
  await Deno.writeTextFile(empty, "");
  const inDeno: Start = [...RUN, empty];
  const least = `${folder}/least.ts`;
  await Deno.writeTextFile(least, LEAST);
  const built = `${folder}/built`;
  await needDeno("run", "--allow-all", "scripts/build_command.ts", built);
  const bundle = `${built}/gotalk.js`;
  await needDeno(
    ...["install", "--global", "--allow-all", "--force"],
    ...["--name", "gotalk", "--root", `${folder}/root`, bundle],
  );
  const found: Form[] = [
    {
      name: "installed, from deno task command",
      start: [`${folder}/root/bin/gotalk`],
      empty: inDeno,
      hasGoal: true,
    },
    {
      name: "the same, by deno run",
      start: [...RUN, bundle],
      empty: inDeno,
      hasGoal: true,
    },
    {
      name: "ten lines that send the same",
      start: [...RUN, least],
      empty: inDeno,
    },
    {
      name: "cli/main.ts, by deno run",
      start: [...RUN, `${ROOT}cli/main.ts`],
      empty: inDeno,
    },
    {
      name: "deno task gotalk",
      start: [DENO, "task", "--quiet", "gotalk"],
      empty: inDeno,
    },
  ];
  const node = await findProgram(
    ["node"],
    ...["--eval", "Promise.withResolvers().resolve()"],
  );
  if (node === undefined) {
    console.log(
      "The package for npm is left out: there is no node of 22 or later",
    );
    return found;
  }
  const npm = `${folder}/npm`;
  await needDeno("run", "--allow-all", "scripts/npm_package.ts", npm);
  const emptyInNode = `${folder}/empty.mjs`;
  await Deno.writeTextFile(emptyInNode, "");
  found.push({
    name: "package for npm, in Node",
    start: [node, `${npm}/bin/gotalk.js`],
    empty: [node, emptyInNode],
  });
  return found;
}

/** Measures a form, and returns whether it reaches its goal. */
async function measure(
  { name, start, empty, hasGoal }: Form,
  request: readonly string[],
  rounds: number,
): Promise<boolean> {
  const times: number[] = [], base: number[] = [], ratios: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const least = await time(empty);
    const took = await time([...start, ...request]).catch((cause) => {
      throw new Error(`Cannot measure "${name}": ${cause.message}`, { cause });
    });
    // The first round fills the caches of the runtime.
    if (round < 0) continue;
    base.push(least);
    times.push(took);
    ratios.push(took / least);
  }
  const ratio = median(ratios);
  const columns = [
    name.padEnd(34),
    `${median(base).toFixed(0)} ms`.padStart(8),
    `${median(times).toFixed(0)} ms`.padStart(8),
    ratio.toFixed(2).padStart(8),
  ];
  console.log(columns.join(""));
  return !hasGoal || ratio < GOAL;
}

async function main([rounds = "20"]: readonly string[]): Promise<number> {
  if (!/^[1-9]\d*$/.test(rounds)) {
    const isWanted = rounds === "--help" || rounds === "-h";
    (isWanted ? console.log : console.error)(HELP);
    return isWanted ? 0 : 2;
  }
  const handlers = new Handlers().handle("echo", (value: unknown) => value);
  await using server = await serve({ port: 0 }, handlers);
  const request = ["request", server.address, "echo", "1"];
  const folder = await Deno.makeTempDir({ prefix: "gotalk-cold-start-" });
  try {
    const found = await forms(folder);
    console.log(`${"form".padEnd(34)}   empty  request   ratio`);
    let reached = true;
    for (const form of found) {
      if (!await measure(form, request, Number(rounds))) reached = false;
    }
    return reached ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
