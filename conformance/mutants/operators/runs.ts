/**
 * Runs of the corpus for mutants: which there are, and the verdict of one.
 *
 * @module
 */

import type { CaseRun } from "../../runner/cases/expand.ts";
import { CORPUS } from "../../runner/cases/corpus.ts";
import { glob } from "../../runner/cases/glob.ts";
import { allRuns, choose } from "../../runner/cases/plan.ts";
import { sentSize } from "../../runner/cases/sent.ts";
import {
  judgeCodec,
  type Judgement,
} from "../../runner/judging/codec_judge.ts";
import { runSession } from "../../runner/session/mod.ts";
import type { Subject } from "./subject.ts";

/**
 * The runs that kill about as much as all of them: the ways to cut bytes that
 * differ most, and each transport once.
 */
const RUNS = [
  "codec/**/encode",
  "codec/**/chunk:{whole,bytewise,by7,with-empties,glued}",
  "{session,extensions}/**/over:tcp",
  "session/{call,notify,stream}/**/over:websocket/unit:split",
  "extensions/bytes/**/over:websocket/**",
  "websocket/**",
];

/** Further runs, of what an attacker would send. */
const HOSTILE_RUNS = ["hostile/**/over:tcp", "hostile/**/unit:split"];

/** How long an expectation may take, in milliseconds. */
const TIMEOUT = 3_000;

/** A run that sends more than this at once runs alone, in bytes. */
const MUCH = 256 * 1024;

/** Options that make an implementation end something after a time. */
const TIMES = ["handshakeTimeout", "readTimeout", "streamIdleTimeout"] as const;

/** The runs at level must and should, and those that require survival, by the order of the corpus. */
export function chosenRuns(
  { hostile = false, only = "**" }: {
    readonly hostile?: boolean | undefined;
    /** A pattern of full names. */
    readonly only?: string | undefined;
  } = {},
): CaseRun[] {
  const run = [...RUNS, ...hostile ? HOSTILE_RUNS : []];
  const isWanted = glob(only);
  return choose(allRuns(CORPUS), { run, hostile })
    .filter((each) => each.case.level !== "may" && isWanted(each.name));
}

/** Which runs can run at the same time as a run: any, only others that depend on time, or none. */
export function placeOf(run: CaseRun): "common" | "timed" | "heavy" {
  if (run.kind !== "session") return "common";
  const { steps, options = {} } = run.case;
  const isHeavy = steps.some((step) =>
    "memory" in step || "flood" in step || "storm" in step ||
    "hold" in step || sentSize(step) > MUCH
  );
  if (isHeavy) return "heavy";
  const isTimed = options.virtualTime !== true &&
    TIMES.some((name) => Number(options[name]) > 0);
  return isTimed ? "timed" : "common";
}

/** How a run is judged. */
export interface JudgeOptions {
  /** The round trip that quiet steps depend on, in milliseconds. */
  readonly roundTrip: number;
  /** The factor for all time limits. */
  readonly timeoutScale: number;
}

/** Runs a case, and returns its verdict; `"exit"` if the subject exits. */
export async function judge(
  run: CaseRun,
  subject: Subject,
  { roundTrip, timeoutScale }: JudgeOptions,
  signal?: AbortSignal,
): Promise<Judgement["verdict"] | "exit"> {
  const { description, exited } = subject;
  try {
    const { verdict } = run.kind === "session"
      ? await runSession(run, {
        implementation: subject,
        description,
        roundTrip,
        timeout: TIMEOUT * timeoutScale,
        seed: 1,
      }, signal === undefined ? exited : AbortSignal.any([exited, signal]))
      : await judgeCodec(run, subject, description);
    return exited.aborted && verdict !== "pass" ? "exit" : verdict;
  } catch (error) {
    if (exited.aborted) return "exit";
    if (error instanceof Error) return "errored";
    throw error;
  }
}

/**
 * Whether a verdict kills a mutant. A case that is weak does, since `--level should` names it, and it was not
 * weak in the control.
 */
export function kills(verdict: Judgement["verdict"] | "exit"): boolean {
  return verdict === "fail" || verdict === "weak" || verdict === "errored" ||
    verdict === "exit";
}
