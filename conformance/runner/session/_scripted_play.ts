/**
 * Plays steps with a scripted subject.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import type { SessionCase, Step } from "../cases/case.ts";
import {
  runSession,
  type SessionRun,
  type SessionVerdict,
} from "./run_session.ts";
import {
  type Answers,
  behave,
  type Link,
  type Script,
  ScriptedSubject,
} from "./_scripted_subject.ts";

const never = new AbortController().signal;

/** How a case is played. */
export interface PlayOptions extends Partial<Omit<SessionRun, "case">> {
  readonly fields?: Partial<SessionCase>;
  readonly answers?: Answers;
  readonly patience?: number;
  readonly signal?: AbortSignal;
  readonly prepare?: (subject: ScriptedSubject) => void;
}

/** Runs steps with a subject that plays a script. */
export async function play(
  steps: readonly Step[],
  script: Script = behave,
  options: PlayOptions = {},
): Promise<SessionVerdict> {
  const {
    fields,
    answers,
    patience = 2000,
    signal = never,
    role = "acceptor",
    over = "memory",
    prepare,
    ...rest
  } = options;
  await using subject = new ScriptedSubject(script, answers);
  prepare?.(subject);
  const session: SessionCase = {
    id: "session/test/case",
    since: "1.0.0",
    level: "must",
    title: "A test",
    spec: [],
    roles: [role],
    steps,
    ...fields,
  };
  const { description } = subject;
  return await runSession(
    { ...rest, case: session, role, over },
    { subject, description, roundTrip: 1, patience, seed: 1 },
    signal,
  );
}

/** What follows the version, for a peer that does so at once when it is asked anything. */
export function answering(
  answer: (link: Link) => Promise<void>,
): Script {
  return async (link) => {
    await link.write("01");
    await link.read();
    await answer(link);
  };
}

/** Wants a verdict, with a reason that matches. */
export function assertVerdict(
  { verdict, reason = "", trace }: SessionVerdict,
  wanted: SessionVerdict["verdict"],
  why: RegExp = /^$/,
): void {
  assertEquals(verdict, wanted, `${reason}\n${JSON.stringify(trace, null, 1)}`);
  assertMatch(reason, why);
}

/** Exchanges the versions. */
export const HELLO: Step = { handshake: {} };
/** Sends a request. */
export const ASK: Step = {
  send: [{
    kind: "SingleRequest",
    id: "0001",
    operation: "echo",
    payload: "hi",
  }],
};
/** Wants the answer to it. */
export const ANSWER: Step = {
  expect: [{ message: { kind: "SingleResult", id: "0001", payload: "hi" } }],
};
/** Sends what is no message. */
export const GARBAGE: Step = { send: [{ bytes: "x" }] };
