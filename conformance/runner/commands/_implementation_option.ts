/**
 * Whom a command judges: what the options say.
 *
 * @module
 */

import { GotalkImplementation } from "../../implementations/adapters/deno/implementation.ts";
import { attachAdapter } from "../adapter_protocol/adapter_client.ts";
import { startAdapter } from "../adapter_protocol/start_adapter.ts";
import type { OpenImplementation } from "../judging/run.ts";
import { TargetImplementation } from "../target.ts";
import type { Given } from "./_arguments.ts";
import { UsageError } from "./_command.ts";

/** The options that say who is judged. */
export const IMPLEMENTATION_OPTIONS = ["adapter", "target", "attach"] as const;

/** What the help says of them. */
export const IMPLEMENTATION_HELP =
  `  --adapter "COMMAND"    a program that speaks JSON Lines on its standard input and output
  --attach tcp://…       the same over a socket, for adapters under a debugger
  --target URL           a server with the standard operations: tcp://host:port, ws://host:port/path
                         Without any of these, this package is judged, in the same process`;

/** Gives the implementation that is to be judged. */
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
      }, wanted one of them at most`,
    );
  }
  const options = {
    answerTimeout: 10_000 * timeoutScale,
    strict: flags.has("validate"),
  };
  const { adapter, attach, target } = text;
  if (adapter !== undefined) return () => startAdapter(adapter, options);
  if (attach !== undefined) return () => attachAdapter(attach, options);
  if (target !== undefined) return () => new TargetImplementation(target);
  return () => new GotalkImplementation();
}
