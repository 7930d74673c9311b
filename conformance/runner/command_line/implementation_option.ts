/**
 * Finds the implementation under test in the options of a command.
 *
 * @module
 */

import { GotalkImplementation } from "../../implementations/adapters/deno/implementation.ts";
import { attachAdapter } from "../adapter_protocol/attach_adapter.ts";
import { startAdapter } from "../adapter_protocol/start_adapter.ts";
import type { OpenImplementation } from "../judging/run.ts";
import { TargetImplementation } from "../target.ts";
import type { Given } from "./arguments.ts";
import { UsageError } from "./command.ts";

/** The options that name the implementation under test. */
export const IMPLEMENTATION_OPTIONS = ["adapter", "target", "attach"] as const;

/** The help for these options. */
export const IMPLEMENTATION_HELP =
  `  --adapter "COMMAND"    Start an adapter: a program that reads commands and writes answers as lines of JSON
  --attach tcp://…       Connect to an adapter that already runs, for example in a debugger
  --target URL           Test a server with the standard operations: tcp://host:port or ws://host:port/path
                         Without any of these, the library @gotalk/gotalk is tested in this process`;

/** How long an adapter may take to answer a command, in milliseconds. */
const ANSWER_TIMEOUT = 10_000;

/**
 * Returns what starts the implementation under test.
 *
 * @throws {UsageError} If there is more than one such option.
 */
export function implementationOption(
  { text, flags }: Given,
  timeoutScale: number,
): OpenImplementation {
  const given = IMPLEMENTATION_OPTIONS.filter((name) =>
    text[name] !== undefined
  );
  if (given.length > 1) {
    throw new UsageError(
      `there are ${
        given.map((name) => `--${name}`).join(" and ")
      }, wanted at most one of them`,
    );
  }
  const options = {
    answerTimeout: ANSWER_TIMEOUT * timeoutScale,
    strict: flags.has("validate"),
    allowUnknown: flags.has("allow-unknown"),
  };
  const { adapter, attach, target } = text;
  if (adapter !== undefined) return () => startAdapter(adapter, options);
  if (attach !== undefined) return () => attachAdapter(attach, options);
  if (target !== undefined) return () => new TargetImplementation(target);
  return () => new GotalkImplementation();
}
