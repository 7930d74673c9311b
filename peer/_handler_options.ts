/**
 * The check of the options of handlers.
 *
 * @module
 */

import { checkOptionNames, type OptionNames } from "../quoting/option_names.ts";
import type {
  HandlerOptions,
  StreamHandlerOptions,
  ValuesHandlerOptions,
} from "./handler.ts";

const STREAM: OptionNames<StreamHandlerOptions> = {
  input: 1,
  safe: 1,
  sendIssues: 1,
};

const SINGLE: OptionNames<HandlerOptions> = { ...STREAM, output: 1 };

const VALUES: OptionNames<ValuesHandlerOptions> = {
  ...SINGLE,
  subscription: 1,
  values: 1,
};

/** The names of options, by what a handler takes. */
const NAMES = {
  notification: { input: 1 },
  payload: { safe: 1 },
  single: SINGLE,
  stream: STREAM,
  values: VALUES,
} as const;

/**
 * Checks the options of a handler.
 *
 * @throws {TypeError} If they are no object, or one is unknown.
 */
export function checkHandlerOptions(
  kind: keyof typeof NAMES,
  options: object | undefined,
): void {
  if (options !== undefined) checkOptionNames(options, NAMES[kind]);
}
