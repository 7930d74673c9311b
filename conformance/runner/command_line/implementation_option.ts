/**
 * Finds the implementation under test in the options of a command.
 *
 * @module
 */

import { GotalkImplementation } from "../../implementations/adapters/deno/implementation.ts";
import { attachAdapter } from "../adapter_protocol/attach_adapter.ts";
import { startAdapter } from "../adapter_protocol/start_adapter.ts";
import type { OpenImplementation } from "../judging/run.ts";
import { FEATURES } from "../cases/vocabulary.ts";
import type { ConnectionOptions } from "../implementation.ts";
import { TargetImplementation, type TargetOptions } from "../target.ts";
import type { Given } from "./arguments.ts";
import { UsageError } from "./command.ts";

/** The options that name the implementation under test. */
export const IMPLEMENTATION_OPTIONS = ["adapter", "target", "attach"] as const;

/** The options that describe a target. */
export const TARGET_OPTIONS = ["limits", "read-timeout", "features"] as const;

/** The help for these options. */
export const IMPLEMENTATION_HELP =
  `  --adapter "COMMAND"    Start an adapter: a program that reads commands and writes answers as lines of JSON
  --attach tcp://…       Connect to an adapter that already runs, for example in a debugger
  --target URL           Test a server with the standard operations: tcp://host:port or ws://host:port/path
  --limits NAME=N,…      The limits with which the target runs, by the names of options of adapters:
                         maxPayload=1000,maxConcurrentRequests=1,overloadWait=100-200
  --read-timeout MS      The read timeout with which the target runs; 0 for none
  --features NAME,…      Other features of the target, by the names of adapters: extensionCancel
                         Without any of these, the library @gotalk/gotalk is tested in this process`;

/** How long an adapter may take to answer a command, in milliseconds. */
const ANSWER_TIMEOUT = 10_000;

/** The options of adapters that are limits, each with one number. */
const LIMITS: readonly string[] = [
  "maxConcurrentRequests",
  "maxConcurrentStreams",
  "handshakeTimeout",
  "maxPayload",
  "maxSkip",
  "maxName",
  "maxInboundBytes",
  "streamIdleTimeout",
];

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
  const options: Record<string, unknown> = {};
  const features = text.features?.split(",") ?? [];
  for (const feature of features) {
    if (FEATURES.includes(feature)) continue;
    throw new UsageError(
      `--features has ${feature}, wanted some of ${FEATURES.join(", ")}`,
    );
  }
  for (const limit of text.limits?.split(",") ?? []) {
    const [, name = "", value = "", most] =
      /^(\w+)=(\d+)(?:-(\d+))?$/.exec(limit) ?? [];
    const isRange = name === "overloadWait" && most !== undefined;
    if (!isRange && (!LIMITS.includes(name) || most !== undefined)) {
      throw new UsageError(
        `--limits has ${limit}, wanted NAME=N with one of ${
          LIMITS.join(", ")
        }, or overloadWait=N-N`,
      );
    }
    options[name] = isRange ? [Number(value), Number(most)] : Number(value);
  }
  if (text.limits !== undefined) features.push("limits");
  const readTimeout = text["read-timeout"];
  if (readTimeout !== undefined) {
    if (!/^\d+$/.test(readTimeout)) {
      throw new UsageError(
        `--read-timeout is ${readTimeout}, wanted milliseconds`,
      );
    }
    options.readTimeout = Number(readTimeout);
    features.push("readTimeout");
  }
  return { options: options as ConnectionOptions, features };
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
