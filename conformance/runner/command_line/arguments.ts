/**
 * Parses the arguments of commands.
 *
 * @module
 */

import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import type { Case, Role } from "../cases/case.ts";
import { type Corpus, findCase } from "../cases/corpus.ts";
import {
  type KnownFailure,
  parseKnownFailures,
} from "../judging/known_failures.ts";
import type { CaseRun } from "../cases/expand.ts";
import { allRuns, type PlanOptions } from "../cases/plan.ts";
import { isSuite, SUITE_NAMES } from "../cases/suites.ts";
import { expectableNames, INCOMPLETE_LINE } from "../judging/expected_cases.ts";
import { messageOf, UsageError, WordsError } from "./command.ts";

/** Parsed arguments: options with a value, options that can repeat, flags, and the other words. */
export interface Given {
  readonly text: Readonly<Record<string, string | undefined>>;
  readonly texts: Readonly<Record<string, readonly string[]>>;
  readonly flags: ReadonlySet<string>;
  readonly words: readonly string[];
}

/** The options and words that a command takes. */
export interface Accepted {
  readonly text?: readonly string[];
  readonly texts?: readonly string[];
  readonly flags?: readonly string[];
  /** The number of words besides options. */
  readonly words?: { readonly least: number; readonly most: number };
}

/**
 * Parses arguments.
 *
 * @throws {UsageError} If there is an unknown option, or the number of words is wrong.
 */
export function parseArguments(
  args: readonly string[],
  accepted: Accepted,
): Given {
  const { text = [], texts = [], flags = [], words } = accepted;
  const options: ParseArgsOptionsConfig = {};
  for (const name of text) options[name] = { type: "string" };
  for (const name of texts) options[name] = { type: "string", multiple: true };
  for (const name of flags) options[name] = { type: "boolean" };
  let values: Record<
    string,
    string | boolean | (string | boolean)[] | undefined
  >;
  let positionals: string[];
  try {
    ({ values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
    }));
  } catch (error) {
    throw new UsageError(
      `${messageOf(error).split(". To specify", 1)[0]}; see --help`,
    );
  }
  const { least, most } = words ?? { least: 0, most: 0 };
  const surplus = positionals[most];
  if (surplus !== undefined) {
    const hint = texts.includes("run")
      ? "; a pattern follows --run, in quotes, and each further one another --run"
      : "";
    throw new WordsError(`the argument ${surplus} is one too many${hint}`);
  }
  if (positionals.length < least) {
    throw new WordsError(
      positionals.length === 0
        ? "there is no argument"
        : "there are too few arguments",
    );
  }
  const pick = (names: readonly string[]) =>
    names.filter((name) => values[name] !== undefined);
  return {
    text: Object.fromEntries(
      pick(text).map((name) => [name, values[name] as string]),
    ),
    texts: Object.fromEntries(
      pick(texts).map((name) => [name, values[name] as string[]]),
    ),
    flags: new Set(pick(flags)),
    words: positionals,
  };
}

/** The options that choose runs. */
export const PLAN_OPTIONS = {
  text: ["role"],
  texts: ["run", "skip", "statement", "suite"],
  flags: ["hostile"],
} as const;

/** The help for the options that choose runs. */
export const PLAN_HELP =
  `  --run GLOB             Run only what matches GLOB (repeatable)
  --skip GLOB            Do not run what matches GLOB (repeatable)
  --statement GLOB       Run only cases that test such a statement of the protocol (repeatable)
  --suite NAME           Run only this suite: ${
    SUITE_NAMES.join(", ")
  } (repeatable)
  --hostile              Run the hostile suite as well
  --role ROLE            Run only this role: acceptor or initiator; codec cases have none`;

/**
 * Returns the runs to choose.
 *
 * @throws {UsageError} If a role or a suite is unknown.
 */
export function planOptions({ text, texts, flags }: Given): PlanOptions {
  const { role } = text;
  if (role !== undefined && role !== "acceptor" && role !== "initiator") {
    throw new UsageError(`--role is ${role}, wanted acceptor or initiator`);
  }
  const suites = texts.suite?.map((suite) => {
    if (isSuite(suite)) return suite;
    throw new UsageError(
      `--suite is ${suite}, wanted one of ${SUITE_NAMES.join(", ")}`,
    );
  });
  return {
    run: texts.run,
    skip: texts.skip,
    statements: texts.statement,
    suites,
    role: role as Role | undefined,
    hostile: flags.has("hostile"),
  };
}

/**
 * Returns the number that an option has; `undefined` without the option.
 *
 * @throws {UsageError} If the value is not such a number.
 */
export function numberOption(
  { text }: Given,
  name: string,
  { integer = true, above = 0 }: {
    readonly integer?: boolean;
    readonly above?: number;
  } = {},
): number | undefined {
  const given = text[name];
  if (given === undefined) return undefined;
  const value = given.trim() === "" ? NaN : Number(given);
  if (value > above && (!integer || Number.isSafeInteger(value))) return value;
  throw new UsageError(
    `--${name} is ${given}, wanted ${
      integer ? "an integer" : "a number"
    } above ${above}`,
  );
}

/**
 * Returns the known failures that an option lists: `@FILE` names a list, anything else is a pattern.
 *
 * @throws {UsageError} If a list cannot be read.
 */
export async function knownFailuresOption(
  { texts }: Given,
  name: string,
): Promise<KnownFailure[]> {
  const entries: KnownFailure[] = [];
  for (const given of texts[name] ?? []) {
    if (!given.startsWith("@")) {
      entries.push({ case: given, reason: `given as --${name}` });
      continue;
    }
    const path = given.slice(1);
    try {
      entries.push(...parseKnownFailures(await Deno.readTextFile(path), path));
    } catch (error) {
      throw new UsageError(
        error instanceof TypeError
          ? error.message
          : `cannot read ${path}: ${messageOf(error)}`,
      );
    }
  }
  return entries;
}

/**
 * Returns the cases that have to apply: a number, or those that `@FILE` lists, one on each line.
 *
 * @throws {UsageError} If the value is neither, the list is of a run that ended early or names a case that
 * the corpus does not have, or nothing that it names was chosen.
 */
export async function expectedCasesOption(
  given: Given,
  corpus: Corpus,
  chosen: readonly CaseRun[],
): Promise<number | readonly string[] | undefined> {
  const value = given.text["expect-cases"];
  if (!value?.startsWith("@")) return numberOption(given, "expect-cases");
  const path = value.slice(1);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`);
  }
  const incomplete = text.split("\n").find((line) =>
    line.startsWith(INCOMPLETE_LINE)
  );
  if (incomplete !== undefined) {
    throw new UsageError(
      `cannot read ${path}: its run was ${
        incomplete.slice(INCOMPLETE_LINE.length)
      }, wanted the list of a complete run`,
    );
  }
  const names = text.split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const all = expectableNames(allRuns(corpus));
  const unknown = names.find((name) => !all.has(name));
  if (unknown !== undefined) {
    throw new UsageError(`cannot read ${path}: there is no case ${unknown}`);
  }
  const chosenNames = expectableNames(chosen);
  if (names.some((name) => chosenNames.has(name))) return names;
  throw new UsageError(
    `--expect-cases is ${value}: it lists no case that is chosen, so nothing would be expected`,
  );
}

/**
 * Returns the case with an identifier or a full name.
 *
 * @throws {UsageError} If there is none.
 */
export function caseNamed(corpus: Corpus, name: string): Case {
  const id = name.replace(/\/(?:chunk|role|over|unit):.*$|\/encode$/, "");
  const found = findCase(corpus, name) ?? findCase(corpus, id);
  if (found !== undefined) return found;
  throw new UsageError(`there is no case ${name}; see the command list`);
}
