/**
 * Whom a command judges: what the options say.
 *
 * @module
 */

import { GotalkSubject } from "../../implementations/adapters/deno/subject.ts";
import { attachAdapter } from "../adapter_protocol/adapter_lines.ts";
import { startAdapter } from "../adapter_protocol/adapter_program.ts";
import type { OpenSubject } from "../judging/run.ts";
import { TargetSubject } from "../target.ts";
import type { Given } from "./_arguments.ts";
import { UsageError } from "./_command.ts";

/** The options that say who is judged. */
export const SUBJECT_OPTIONS = ["adapter", "target", "attach"] as const;

/** What the help says of them. */
export const SUBJECT_HELP =
  `  --adapter "COMMAND"    a program that speaks JSON Lines on its standard input and output
  --attach tcp://…       the same over a socket, for adapters under a debugger
  --target URL           a server with the standard operations: tcp://host:port, ws://host:port/path
                         Without any of these, this package is judged, in the same process`;

/** Gives the implementation that is to be judged. */
export function subjectOption(
  { text, flags }: Given,
  timeoutScale: number,
): OpenSubject {
  const given = SUBJECT_OPTIONS.filter((name) => text[name] !== undefined);
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
  if (target !== undefined) return () => new TargetSubject(target);
  return () => new GotalkSubject();
}
