/**
 * Arguments of commands.
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
import type { PlanOptions } from "../cases/plan.ts";
import { messageOf, UsageError } from "./_command.ts";

/** What was given: options that take a text, those that can be given again, and flags. */
export interface Given {
  readonly text: Readonly<Record<string, string | undefined>>;
  readonly texts: Readonly<Record<string, readonly string[]>>;
  readonly flags: ReadonlySet<string>;
  readonly words: readonly string[];
}

/** The options that a command knows. */
export interface Known {
  readonly text?: readonly string[];
  readonly texts?: readonly string[];
  readonly flags?: readonly string[];
  /** How many words there are beside options. */
  readonly words?: { readonly least: number; readonly most: number };
}

/** Reads arguments. */
export function parseArguments(args: readonly string[], known: Known): Given {
  const { text = [], texts = [], flags = [], words } = known;
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
    throw new UsageError(messageOf(error));
  }
  const { least, most } = words ?? { least: 0, most: 0 };
  if (positionals.length < least || positionals.length > most) {
    const wanted = least === most ? least : `${least} to ${most}`;
    throw new UsageError(
      `there are ${positionals.length} words beside options, wanted ${wanted}`,
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

/** The options by which runs are chosen. */
export const PLAN_OPTIONS = {
  text: ["role"],
  texts: ["run", "skip", "suite"],
  flags: ["hostile"],
} as const;

/** What the help says of the options by which runs are chosen. */
export const PLAN_HELP =
  `  --run GLOB             only runs with such a name; can be repeated
  --skip GLOB            no runs with such a name; can be repeated
  --suite NAME           only codec, session, websocket or hostile; can be repeated
  --hostile              the hostile suite as well
  --role ROLE            only acceptor or initiator; codec cases have no role`;

const SUITES = ["codec", "session", "websocket", "hostile"];

/** The choice of runs that was given. */
export function planOptions({ text, texts, flags }: Given): PlanOptions {
  const { role } = text;
  if (role !== undefined && role !== "acceptor" && role !== "initiator") {
    throw new UsageError(`--role is ${role}, wanted acceptor or initiator`);
  }
  for (const suite of texts.suite ?? []) {
    if (!SUITES.includes(suite)) {
      throw new UsageError(
        `--suite is ${suite}, wanted one of ${SUITES.join(", ")}`,
      );
    }
  }
  return {
    run: texts.run,
    skip: texts.skip,
    suites: texts.suite,
    role: role as Role | undefined,
    hostile: flags.has("hostile"),
  };
}

/** A number that was given, if any. */
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

/** The entries of lists of cases: `@FILE` is a file, anything else a pattern. */
export async function knownOption(
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

/** The case with an identifier, or with a full name. */
export function caseNamed(corpus: Corpus, name: string): Case {
  const id = name.replace(/\/(?:chunk|role|over|unit):.*$|\/encode$/, "");
  const found = findCase(corpus, name) ?? findCase(corpus, id);
  if (found !== undefined) return found;
  throw new UsageError(`there is no case ${name}; see the command list`);
}
