/**
 * Tries the first steps of a conversation before the cases are run: if these
 * fail, nearly all cases would, and their failures would hide the cause.
 *
 * @module
 */

import type { Role, SessionCase, Transport } from "../cases/case.ts";
import type { CaseRun } from "../cases/expand.ts";
import {
  needsHandle,
  operationsOf,
  runSession,
  type SessionVerdict,
  whyNotApplicable,
} from "../session/mod.ts";
import type { RunningImplementation } from "./_running_implementation.ts";
import type { PreflightFailure } from "./report.ts";
import { isBad } from "./verdicts.ts";

/** How a preflight is made. */
export interface PreflightOptions {
  /** How long each step may take, in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** The round trip that is assumed as long as none is measured, in milliseconds. */
const ROUND_TRIP = 5;

type Stage = PreflightFailure["stage"];

type Way = Pick<PreflightFailure, "role" | "over">;

/**
 * Tries each role over each transport that runs need: to connect, to exchange
 * the version, and to answer an echo.
 *
 * @returns The failures, each with the number of cases that depend on it.
 */
export async function preflight(
  runs: readonly CaseRun[],
  implementation: RunningImplementation,
  options: PreflightOptions,
): Promise<readonly PreflightFailure[]> {
  const ways = new Map<string, Way>();
  for (const run of runs) {
    if (run.kind !== "session") continue;
    const { role, over } = run;
    ways.set(`${role} ${over}`, { role, over });
  }
  const tried = await Promise.all(
    Array.from(ways.values(), (way) => tryWay(way, implementation, options)),
  );
  if (options.signal.aborted) return [];
  return tried.filter((failure) => failure !== undefined).map((failure) => ({
    ...failure,
    cases: new Set(
      runs.filter((run) =>
        dependsOn(run, failure, implementation.takesOperationsOnly)
      ).map((run) => run.case.id),
    ).size,
  }));
}

/**
 * Returns whether a run cannot pass because a preflight failed.
 *
 * @param takesOperationsOnly Whether the implementation takes commands as requests.
 */
export function dependsOn(
  run: CaseRun,
  { role, over, stage }: Pick<PreflightFailure, "role" | "over" | "stage">,
  takesOperationsOnly = false,
): boolean {
  if (run.kind !== "session" || run.role !== role || run.over !== over) {
    return false;
  }
  if (stage === "answer") {
    return operationsOf(run.case).size > 0 ||
      takesOperationsOnly && needsHandle(run.case.steps);
  }
  return stage !== "echo" || operationsOf(run.case).has("echo");
}

/** What was attempted in each stage. */
export const ATTEMPTS = {
  connect: "connect",
  version: "exchange the version",
  answer: "answer a request",
  echo: "answer an echo",
} as const satisfies Readonly<Record<Stage, string>>;

/** Names a way: `acceptor over tcp`. */
export function wayOf({ role, over }: Way): string {
  return `${role} over ${over}`;
}

async function tryWay(
  way: Way,
  implementation: RunningImplementation,
  options: PreflightOptions,
): Promise<Omit<PreflightFailure, "cases"> | undefined> {
  const { description } = implementation;
  const version = preflightCase(way.role, way.over, false);
  const reason = whyNotApplicable(
    { case: version, ...way },
    implementation,
    description,
  );
  if (reason !== undefined) return undefined;
  const stages: readonly (readonly [Stage, SessionCase])[] = [
    ["version", version],
    ...description.operations.includes("echo")
      ? [["echo", preflightCase(way.role, way.over, true)] as const]
      : [],
  ];
  for (const [stage, each] of stages) {
    const attempt = (timeout: number) =>
      runSession(
        { case: each, ...way },
        {
          implementation,
          description,
          roundTrip: ROUND_TRIP,
          timeout,
          seed: 1,
        },
        AbortSignal.any([implementation.exited, options.signal]),
      );
    let result = await attempt(options.timeout);
    // A busy machine must not cost all cases.
    if (isBad(result.verdict)) result = await attempt(options.timeout);
    if (!isBad(result.verdict)) continue;
    const { verdict, reason = verdict, expected, trace } = result;
    return {
      ...way,
      stage: verdict === "errored" && stage === "version"
        ? "connect"
        : stage === "echo" && isMute(result)
        ? "answer"
        : stage,
      reason,
      ...expected === undefined ? {} : { expected },
      trace,
    };
  }
}

/** Returns whether an implementation wrote its version, and nothing else. */
function isMute({ trace }: SessionVerdict): boolean {
  return trace.filter(({ by }) => by === "<").length === 1;
}

function preflightCase(
  role: Role,
  over: Transport,
  withEcho: boolean,
): SessionCase {
  return {
    id: "session/handshake/preflight",
    since: "1.0.0",
    level: "must",
    title: "The implementation connects, exchanges the version, and answers",
    spec: withEcho ? ["request/answered"] : ["handshake/version"],
    roles: [role],
    over: [over],
    steps: [
      { ignore: {} },
      { handshake: {} },
      ...withEcho ? [{ echo: "are you there" }] : [],
    ],
  };
}
