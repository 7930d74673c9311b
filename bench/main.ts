/**
 * Measures how fast peers talk, next to what plain connections can do.
 *
 * @module
 */

import { parseArgs } from "node:util";
import {
  type Contender,
  denoPrograms,
  goPrograms,
  type Programs,
} from "./_contenders.ts";
import { GOALS } from "./_goals.ts";
import { measure, type Result, type Setting } from "./_measure.ts";
import { lines, table } from "./_report.ts";
import { type Scenario, SCENARIOS } from "./_scenarios.ts";

const HELP = `\
Measures how fast peers talk, next to what plain connections can do.

Usage: deno task bench:peer [options]

  --rounds N      how many rounds the median is taken of; 5 by default
  --seconds S     how long a round takes; 0.3 by default
  --only GLOB     measure the scenarios whose names match: 'calls-16B-*'
  --go            measure the Go implementation as well, where go is installed
  --memory        show the most memory that client and server had
  --json          print all that was measured as JSON
  --quick         small volumes: tells whether all runs, not how fast it is
  --help          print this

Exit status: 0 when everything was measured, whatever came out; 1 when
something could not be measured; 2 when an option is wrong.

Scenarios:
${SCENARIOS.map(({ name }) => `  ${name}`).join("\n")}`;

/** What the command line says. */
interface Options extends Setting {
  readonly scenarios: readonly Scenario[];
  readonly go: boolean;
  readonly memory: boolean;
  readonly json: boolean;
  readonly quick: boolean;
}

/** Runs the command, and returns its exit status. */
async function main(args: readonly string[]): Promise<number> {
  let options: Options | undefined;
  try {
    options = parse(args);
  } catch (error) {
    console.error(messageOf(error));
    return 2;
  }
  if (options === undefined) {
    console.log(HELP);
    return 0;
  }
  await using stack = new AsyncDisposableStack();
  const contenders = new Map<Contender, Programs>([
    ["gotalk", denoPrograms("gotalk")],
    ["raw", denoPrograms("raw")],
  ]);
  if (options.go) {
    const folder = await Deno.makeTempDir();
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    try {
      contenders.set("go", await goPrograms(folder));
    } catch (error) {
      console.error(messageOf(error));
      return 1;
    }
  }
  const { results, failed } = await measureAll(options, contenders);
  // Small volumes say nothing about goals.
  const goals = options.quick ? [] : GOALS;
  console.log(
    options.json
      ? JSON.stringify({ lines: lines(results, goals), results }, null, 2)
      : table(results, goals, options),
  );
  return failed ? 1 : 0;
}

/** Measures one scenario after the other; one that fails does not keep the others from it. */
async function measureAll(
  options: Options,
  contenders: ReadonlyMap<Contender, Programs>,
): Promise<{ results: Result[]; failed: boolean }> {
  const results: Result[] = [];
  let failed = false;
  for (const scenario of options.scenarios) {
    console.error(`measuring ${scenario.name}`);
    try {
      results.push(...await measure(scenario, contenders, options));
    } catch (error) {
      failed = true;
      console.error(`Cannot measure ${scenario.name}: ${messageOf(error)}`);
    }
  }
  return { results, failed };
}

/** What the arguments say; `undefined` when they ask for help. */
function parse(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "0.3" },
      only: { type: "string", default: "*" },
      go: { type: "boolean", default: false },
      memory: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const pattern = values.only.split("*").map(RegExp.escape).join(".*");
  const scenarios = SCENARIOS.filter(({ name }) =>
    new RegExp(`^${pattern}$`).test(name)
  );
  if (scenarios.length === 0) {
    throw new Error(
      `Cannot measure ${values.only}: no scenario has that name, --help lists them`,
    );
  }
  return {
    ...values,
    scenarios,
    rounds: positive("rounds", values.rounds),
    seconds: positive("seconds", values.seconds),
    share: values.quick ? 1 / 100 : 1,
  };
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new Error(
    `Cannot take --${option}: it is "${text}", wanted a number above 0`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
