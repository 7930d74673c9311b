/**
 * What a subcommand is: its arguments, its help, and what it does.
 *
 * @module
 */

import type { Terminal } from "./terminal.ts";

/** An option of a subcommand. */
export interface Option {
  /** The name, without `--`. */
  readonly name: string;
  /** What stands for its value in help texts; without it, the option is a flag. */
  readonly value?: string;
  /** Whether it may be given more than once. */
  readonly repeats?: boolean;
  /** What it does. */
  readonly about: string;
}

/** The arguments that were given. */
export interface Given {
  /** The value of each option that has one. */
  readonly values: Readonly<Record<string, string | undefined>>;
  /** The values of each option that repeats. */
  readonly lists: Readonly<Record<string, readonly string[] | undefined>>;
  /** The flags. */
  readonly flags: ReadonlySet<string>;
  /** The arguments besides options. */
  readonly words: readonly string[];
}

/** A subcommand. */
export interface Command {
  /** What it does, in one sentence. */
  readonly about: string;
  /** The arguments besides options, as help texts show them; those in brackets may be left out. */
  readonly words: readonly string[];
  /** Its options. */
  readonly options: readonly Option[];
  /** Whether all arguments are words, whatever they look like: another program reads them. */
  readonly passesArguments?: true;
  /** What a user needs to know besides, in paragraphs. */
  readonly details?: readonly string[];
  /** Examples: the arguments after `gotalk`, and what they do. */
  readonly examples: readonly (readonly [args: string, about: string])[];
  /** Runs the subcommand and returns the exit status. */
  readonly run: (given: Given, terminal: Terminal) => Promise<number>;
}

/** A subcommand that is not loaded yet. */
export interface Entry {
  /** What it does, in a few words. */
  readonly about: string;
  /** Loads it. */
  readonly load: () => Promise<Command>;
}

/** Thrown if the arguments are wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
