/**
 * Measures the speed of peers, compared with plain connections.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { messageOf, positive } from "./command_line.ts";
import {
  type Contender,
  denoPrograms,
  goPrograms,
  type Programs,
} from "./_contenders.ts";
import { GOALS } from "./_goals.ts";
import { measure, type MeasureOptions, type Result } from "./_measure.ts";
import { lines, table } from "./_report.ts";
import { type Scenario, SCENARIOS } from "./_scenarios.ts";

const HELP = `\
Measures the speed of peers, compared with plain connections.

Usage: deno task bench:peer [options]

  --rounds N      number of rounds to take the median of; 5 by default
  --seconds S     duration of a round; 0.3 by default
  --only GLOB     measure scenarios whose names match, such as 'calls-16B-*'
  --go            also measure the Go implementation; needs the go command
  --memory        show the peak memory of client and server
  --json          print all figures as JSON
  --quick         use small volumes: checks that everything runs, not its speed
  --help          print this help

Exit status: 0 if everything was measured, whether or not goals were met; 1 if
something could not be measured; 2 if an option is invalid.

Scenarios:
${SCENARIOS.map(({ name }) => `  ${name}`).join("\n")}`;

/** The options of the command line. */
interface Options extends MeasureOptions {
  readonly scenarios: readonly Scenario[];
  readonly go: boolean;
  readonly memory: boolean;
  readonly json: boolean;
  readonly quick: boolean;
}

/** Runs the command and returns its exit status. */
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
  // Figures of small volumes do not show whether goals are met.
  const goals = options.quick ? [] : GOALS;
  console.log(
    options.json
      ? JSON.stringify({ lines: lines(results, goals), results }, null, 2)
      : table(results, goals, options),
  );
  return failed ? 1 : 0;
}

/**
 * Measures one scenario after another, and continues with the next if one
 * fails.
 */
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

/**
 * Parses the arguments; returns `undefined` if they request help.
 *
 * @throws {Error} If an option is invalid.
 */
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
    scale: values.quick ? 1 / 100 : 1,
  };
}

if (import.meta.main) Deno.exit(await main(Deno.args));
