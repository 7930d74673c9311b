/**
 * Attacks servers of this package, and judges how they hold.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { messageOf, positive } from "../bench/command_line.ts";
import { type Attack, LAYERS, type Target, TARGETS } from "./_attack.ts";
import { ATTACKS } from "./_attacks.ts";
import { type AttackOptions, measure, type Outcome } from "./_measure.ts";
import { rowNames, updated } from "./_page.ts";
import { misses, row, rowName, summary, table } from "./_report.ts";

const HELP = `\
Attacks a server of this package, and judges how it holds.

Usage: deno task attack [options] [ATTACK...]

Starts a server with a small heap for each attack, calls it as a well-behaved
client while hostile ones attack, and prints its memory, its open files and the
latency of the calls (median / 99th percentile / maximum), beside those of a
plain server under the same flood. Talks to loopback only. Needs Linux.

An attack fails if the server ends, if the well-behaved client is disconnected,
if memory grows by 256 MiB, if files stay open, or if the 99th percentile is
above 50 ms and above 3 times that of the plain server.

  --target NAME   attack only servers of a kind: ${TARGETS.join(", ")}
  --layer NAME    attack only by: ${LAYERS.join(", ")}
  --clients N     number of hostile clients; 100 by default
  --seconds S     duration of each attack; 5 by default
  --heap N        limit of the server's heap, in MiB; 256 by default
  --quick         20 clients, 0.5 s, each attack on one kind of server, and no
                  plain server
  --json          print all figures as JSON
  --stop-after S  begin no attack after S seconds
  --missing       only attacks that the page has no row of
  --update        after each attack, write its row to the table of
                  docs/attacks.md, or to that of --page
  --page FILE     the page to update
  --list          list the attacks, and run none
  --help          print this help

Exit status: 0 if the server held in each attack; 1 if not; 2 if an option is
invalid.`;

/** The page with the table. */
const PAGE = new URL("../docs/attacks.md", import.meta.url);

/** The options of the command line. */
interface Options extends AttackOptions {
  readonly pairs: readonly (readonly [Attack, Target])[];
  /** How long to begin attacks, in seconds. */
  readonly stopAfter: number;
  readonly json: boolean;
  readonly update: boolean;
  readonly page: string | URL;
  readonly list: boolean;
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
  if (options.list) {
    for (const [{ name, does }, target] of options.pairs) {
      console.log(`${`${name} (${target})`.padEnd(40)} ${does}`);
    }
    return 0;
  }
  const outcomes: Outcome[] = [];
  const end = performance.now() + options.stopAfter * 1000;
  for (const [at, [attack, target]] of options.pairs.entries()) {
    if (performance.now() > end) break;
    const outcome = await measure(attack, target, options);
    outcomes.push(outcome);
    // At once: a run may be cut.
    if (options.update) await update(outcome, options);
    const missed = misses(outcome).join(", ");
    console.error(
      `${at + 1}/${options.pairs.length} ${attack.name} (${target}) ... ${
        missed || "held"
      }`,
    );
  }
  console.log(
    options.json
      ? JSON.stringify(outcomes, null, 2)
      : table(outcomes.map((each) => row(each, options))),
  );
  // With --json, stdout has nothing else.
  (options.json ? console.error : console.log)(summary(outcomes, options));
  return outcomes.every((outcome) => misses(outcome).length === 0) ? 0 : 1;
}

/** Writes the row of an outcome to the page. */
async function update(
  outcome: Outcome,
  options: Options,
): Promise<void> {
  const { page } = options;
  const names = ATTACKS.flatMap(({ name, on }) =>
    on.map((target) => rowName(name, target))
  );
  await Deno.writeTextFile(
    page,
    updated(
      await Deno.readTextFile(page),
      [row(outcome, options)],
      names,
      navigator.hardwareConcurrency,
    ),
  );
}

/**
 * Parses the arguments; returns `undefined` if they request help.
 *
 * @throws {Error} If an option is invalid.
 */
function parse(args: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      target: { type: "string" },
      layer: { type: "string" },
      clients: { type: "string" },
      seconds: { type: "string" },
      heap: { type: "string", default: "256" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      "stop-after": { type: "string" },
      missing: { type: "boolean", default: false },
      update: { type: "boolean", default: false },
      page: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { target, layer, quick, page = PAGE } = values;
  oneOf("target", target, TARGETS);
  oneOf("layer", layer, LAYERS);
  for (const name of positionals) {
    if (ATTACKS.some((attack) => attack.name === name)) continue;
    throw new Error(
      `Cannot attack by ${name}: no attack has that name, --list lists them`,
    );
  }
  const present = values.missing
    ? rowNames(Deno.readTextFileSync(page))
    : undefined;
  const pairs = ATTACKS
    .filter((attack) =>
      (positionals.length === 0 || positionals.includes(attack.name)) &&
      (layer === undefined || attack.layer === layer)
    )
    .flatMap((attack) =>
      attack.on
        .filter((each, at) =>
          target === undefined ? !quick || at === 0 : each === target
        )
        .filter((each) => !present?.has(rowName(attack.name, each)))
        .map((each) => [attack, each] as const)
    );
  return {
    ...values,
    pairs,
    page,
    stopAfter: values["stop-after"] === undefined
      ? Infinity
      : positive("stop-after", values["stop-after"]),
    clients: positive("clients", values.clients ?? (quick ? "20" : "100")),
    seconds: positive("seconds", values.seconds ?? (quick ? "0.5" : "5")),
    heap: positive("heap", values.heap),
    control: !quick,
  };
}

/**
 * Checks an option that has a name for its value.
 *
 * @throws {Error} If it is none of the names.
 */
function oneOf(
  option: string,
  value: string | undefined,
  names: readonly string[],
): void {
  if (value === undefined || names.includes(value)) return;
  throw new Error(
    `Cannot set --${option}: got "${value}", wanted ${names.join(", ")}`,
  );
}

if (import.meta.main) Deno.exit(await main(Deno.args));
