/**
 * Finds the implementation under test in the options of a command.
 *
 * @module
 */

import { GotalkImplementation } from "../../implementations/adapters/deno/implementation.ts";
import { attachAdapter } from "../adapter_protocol/attach_adapter.ts";
import { startAdapter } from "../adapter_protocol/start_adapter.ts";
import type { OpenImplementation } from "../judging/run.ts";
import { FEATURES, OPERATIONS } from "../cases/vocabulary.ts";
import { TargetImplementation, type TargetOptions } from "../target.ts";
import { parseLimits } from "../target_limits.ts";
import type { Given } from "./arguments.ts";
import { messageOf, UsageError } from "./command.ts";

/** The options that name the implementation under test. */
export const IMPLEMENTATION_OPTIONS = ["adapter", "target", "attach"] as const;

/** The options that describe a target. */
export const TARGET_OPTIONS = [
  "limits",
  "read-timeout",
  "features",
  "operations",
] as const;

/** The help for these options. */
export const IMPLEMENTATION_HELP =
  `  --adapter "COMMAND"    Start an adapter: a program that reads commands and writes answers as lines of JSON
  --attach tcp://…       Connect to an adapter that already runs, for example in a debugger
  --target URL           Test a server with the standard operations: tcp://host:port or ws://host:port/path;
                         or "URL URL#LIMITS …" if it listens at several addresses, with other limits at each
  --limits LIMITS        The limits with which the target runs, by the names of options of adapters:
                         maxPayload=1000,maxConcurrentRequests=1,overloadWait=100-200
  --read-timeout MS      The read timeout with which the target runs; 0 for none
  --features NAME,…      The extensions that the target speaks: extensionCancel,extensionCredit
  --operations NAME,…    The standard operations that the target has, if not all: echo,stream-echo
                         Without any of these, the library @gotalk/gotalk is tested in this process`;

/** The features that a target can have, besides those that every target has. */
const EXTENSIONS = FEATURES.filter((name) => name.startsWith("extension"));

/** How long an adapter may take to answer a command, in milliseconds. */
const ANSWER_TIMEOUT = 10_000;

/**
 * Returns what the options say about a target.
 *
 * @throws {UsageError} If they have unknown names or values, or if there is no target.
 */
function targetOptions({ text }: Pick<Given, "text">): TargetOptions {
  for (const name of TARGET_OPTIONS) {
    if (text[name] !== undefined && text.target === undefined) {
      throw new UsageError(`--${name} describes a target: wanted --target too`);
    }
  }
  const features = text.features?.split(",") ?? [];
  for (const feature of features) {
    if (EXTENSIONS.includes(feature)) continue;
    throw new UsageError(
      `--features has ${feature}, wanted some of ${EXTENSIONS.join(", ")}`,
    );
  }
  const operations = text.operations?.split(",");
  for (const operation of operations ?? []) {
    if ((OPERATIONS as readonly string[]).includes(operation)) continue;
    throw new UsageError(
      `--operations has ${operation}, wanted some of ${OPERATIONS.join(", ")}`,
    );
  }
  const readTimeout = text["read-timeout"];
  if (readTimeout !== undefined && !/^\d+$/.test(readTimeout)) {
    throw new UsageError(
      `--read-timeout is ${readTimeout}, wanted milliseconds`,
    );
  }
  try {
    const options = {
      ...text.limits === undefined ? {} : parseLimits(text.limits),
      ...readTimeout === undefined ? {} : { readTimeout: Number(readTimeout) },
    };
    return { options, features, operations };
  } catch (error) {
    throw new UsageError(`--limits: ${messageOf(error)}`);
  }
}

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
  const known = targetOptions({ text });
  if (target !== undefined) {
    return () => new TargetImplementation(target, known);
  }
  return () => new GotalkImplementation();
}
