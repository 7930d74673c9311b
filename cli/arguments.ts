/**
 * Parses the arguments of a subcommand by what it declares.
 *
 * It uses no library, for two reasons. The parser of std takes the word `true`
 * after a flag for its value, which here is often the JSON that is to be sent.
 * That of `node:util` adds half of what an empty program takes to the time that
 * every call of the command takes to start.
 *
 * @module
 */

import {
  type Command,
  type Given,
  type Option,
  UsageError,
} from "./command.ts";

/** Whether arguments ask for help, before `--`. */
export function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const options = end < 0 ? args : args.slice(0, end);
  return options.includes("--help") || options.includes("-h");
}

/**
 * Parses arguments. Everything after `--` is a word, and so are `-` and negative
 * numbers.
 *
 * @throws {UsageError} If an option is unknown, given twice, or has no value, or
 * the number of words is wrong.
 */
export function parseArguments(
  args: readonly string[],
  { options, words: wanted, passesArguments }: Pick<
    Command,
    "options" | "words" | "passesArguments"
  >,
): Given {
  if (passesArguments) {
    return { values: {}, lists: {}, flags: new Set(), words: args };
  }
  const values: Record<string, string> = {};
  const lists: Record<string, string[]> = {};
  const flags = new Set<string>();
  const words: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    if (arg === "--") {
      words.push(...args.slice(index + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-" || /^-\.?\d/.test(arg)) {
      words.push(arg);
      continue;
    }
    const { name, value: joined } = splitOption(arg);
    const option = find(name, arg, options);
    if (option.value === undefined) {
      if (joined !== undefined) {
        throw new UsageError(`--${name} takes no value, got ${joined}`);
      }
      if (flags.has(name)) throw new UsageError(`--${name} is given twice`);
      flags.add(name);
      continue;
    }
    const value = joined ?? args[++index];
    if (value === undefined) {
      throw new UsageError(`--${name} has no value, wanted ${option.value}`);
    }
    if (option.repeats) (lists[name] ??= []).push(value);
    else if (Object.hasOwn(values, name)) {
      throw new UsageError(`--${name} is given twice`);
    } else values[name] = value;
  }
  checkWords(words, wanted);
  return { values, lists, flags, words };
}

function splitOption(arg: string): { name: string; value?: string } {
  const at = arg.indexOf("=");
  if (at < 0) return { name: arg.replace(/^--?/, "") };
  return {
    name: arg.slice(0, at).replace(/^--?/, ""),
    value: arg.slice(at + 1),
  };
}

function find(
  name: string,
  arg: string,
  options: readonly Option[],
): Option {
  const option = arg.startsWith("--")
    ? options.find((option) => option.name === name)
    : undefined;
  if (option !== undefined) return option;
  throw new UsageError(
    `there is no option ${
      arg.split("=")[0]
    }; put -- before an argument that begins with a dash`,
  );
}

function checkWords(
  words: readonly string[],
  wanted: readonly string[],
): void {
  const missing = wanted.slice(words.length)
    .find((word) => !word.startsWith("["));
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  if (words.length > wanted.length && !wanted.at(-1)?.endsWith("…]")) {
    throw new UsageError(
      `there is one argument too many: ${words[wanted.length]}`,
    );
  }
}

/**
 * Returns the number that an option has, or a default.
 *
 * @throws {UsageError} If it is no integer, or less than `least`.
 */
export function integerOption(
  { values }: Given,
  name: string,
  otherwise: number,
  least = 1,
): number {
  const given = values[name];
  if (given === undefined) return otherwise;
  const number = /^\d+$/.test(given) ? Number(given) : NaN;
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new UsageError(
    `--${name} is ${given}, wanted an integer of at least ${least}`,
  );
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  "": 1_000,
  m: 60_000,
};

/**
 * Returns the milliseconds that an option has, or a default. A number without a
 * unit is in seconds.
 *
 * @throws {UsageError} If it is no duration, or more than a timer can wait.
 */
export function durationOption(
  { values }: Given,
  name: string,
  otherwise: number,
): number {
  const given = values[name];
  if (given === undefined) return otherwise;
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(given) ?? [];
  const milliseconds = Number(number) * UNITS[unit]!;
  // What a timer can wait.
  if (milliseconds > 0 && milliseconds < 2 ** 31) return milliseconds;
  throw new UsageError(
    `--${name} is ${given}, wanted a duration such as 500ms, 2s or 1m`,
  );
}
