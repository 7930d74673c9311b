/**
 * Runs steps with a scripted implementation.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import type { SessionCase, Step } from "../../cases/case.ts";
import {
  runSession,
  type SessionRun,
  type SessionVerdict,
} from "../run_session.ts";
import {
  behave,
  type Script,
  type ScriptedAnswers,
  ScriptedImplementation,
} from "./scripted_implementation.ts";

/** Never aborted. */
const NEVER = new AbortController().signal;

/** Options of {@linkcode play}. */
export interface PlayOptions extends Partial<Omit<SessionRun, "case">> {
  readonly fields?: Partial<SessionCase>;
  readonly answers?: ScriptedAnswers;
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  readonly prepare?: (implementation: ScriptedImplementation) => void;
}

/** Runs steps with an implementation that runs a script. */
export async function play(
  steps: readonly Step[],
  script: Script = behave,
  options: PlayOptions = {},
): Promise<SessionVerdict> {
  const {
    fields,
    answers,
    timeout = 2000,
    signal = NEVER,
    role = "acceptor",
    over = "memory",
    prepare,
    ...rest
  } = options;
  await using implementation = new ScriptedImplementation(script, answers);
  prepare?.(implementation);
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
  const { description } = implementation;
  return await runSession(
    { ...rest, case: session, role, over },
    { implementation, description, roundTrip: 1, timeout, seed: 1 },
    signal,
  );
}

/** Returns a script that answers the first message, whatever it is. */
export function answering(
  answer: Script,
): Script {
  return async (connection) => {
    await connection.write("01");
    await connection.read();
    await answer(connection);
  };
}

/** Asserts a verdict, with a reason that matches. */
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
/** Expects the result of that request. */
export const ANSWER: Step = {
  expect: [{ message: { kind: "SingleResult", id: "0001", payload: "hi" } }],
};
/** Sends malformed bytes. */
export const GARBAGE: Step = { send: [{ bytes: "x" }] };
