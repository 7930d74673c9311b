/**
 * Checks that the steps of a conversation use operations, calls and variables that exist.
 *
 * @module
 */

import { toBytes } from "../cases/bytes.ts";
import type {
  Bytes,
  Expectation,
  SendItem,
  SessionCase,
  Step,
} from "../cases/case.ts";
import type { Finding } from "./finding.ts";
import { quoteValue, shorten } from "../shorten.ts";

/** Statements whose cases request operations that do not exist. */
const UNKNOWN_OPERATION = [
  "request/operation",
  "request/unknown-operation",
  "wire/text3-bytes",
];

/** The names of operations that do not exist or belong to extensions, in other cases. */
const NO_STANDARD_OPERATION = /^(no-such-|gotalk:)/;

/** Finds steps that use an operation, a call, a variable or a counter that does not exist. */
export function* lintSteps(
  each: SessionCase,
  path: string,
  pointer: string,
  operations: ReadonlySet<string>,
): Generator<Finding> {
  const calls = new Set(["connection"]);
  const bound = new Set<string>();
  if (each.steps.some((step) => "raw" in step)) {
    const isResponse = each.roles.join() === "initiator";
    for (const name of isResponse ? ["accept"] : ["host", "path"]) {
      bound.add(name);
    }
  }
  yield* lintRaw(each, path, pointer);
  const anyOperation = each.spec.some((id) => UNKNOWN_OPERATION.includes(id));
  for (const [at, step] of each.steps.entries()) {
    const place = `${pointer}/steps/${at}`;
    for (const operation of operationsOf(step)) {
      const known = operations.has(operation) ||
        operation === "login" && each.options?.["login"] === true ||
        NO_STANDARD_OPERATION.test(operation);
      if (known || anyOperation) continue;
      yield {
        path,
        pointer: place,
        message: `${
          quoteValue(operation)
        } is not a standard operation, and the case does not test request/unknown-operation`,
      };
    }
    const call = "do" in step
      ? step.call
      : "report" in step
      ? step.report
      : undefined;
    if (call !== undefined && !calls.has(call)) {
      yield {
        path,
        pointer: place,
        message: `there is no call ${shorten(call)} yet`,
      };
    }
    if (expectedIn(step).some(wantsDataInRequest)) {
      const message =
        "wanted outcomes, or any payload, as the first data of a stream can also come in a part behind an empty StreamRequest (stream/open)";
      yield { path, pointer: place, message };
    }
    if ("do" in step && step.as !== undefined) calls.add(step.as);
    for (const name of found(step, ["bind"])) bound.add(name);
    for (const name of found(step, ["var", "unlike"])) {
      if (bound.has(name)) continue;
      const message = `nothing is bound to ${shorten(name)} yet`;
      yield { path, pointer: place, message };
    }
    if (!("flood" in step) && [...found(step, ["counter"])].length > 0) {
      const message = "there is a counter outside of a flood";
      yield { path, pointer: place, message };
    }
  }
}

/** What a step expects without an alternative. */
function expectedIn(step: Step): readonly Expectation[] {
  if ("expect" in step) return step.expect;
  if ("all" in step) return step.all;
  return [];
}

/** Whether the first data of a stream is expected in its StreamRequest. */
function wantsDataInRequest(expected: Expectation): boolean {
  if (!("message" in expected)) return false;
  const { kind, payload } = expected.message;
  return kind === "StreamRequest" && payload !== undefined && payload !== "";
}

/** Headers of an upgrade request that the package of the runner writes itself, whatever a step says. */
const OVERWRITTEN = [
  "connection",
  "host",
  "sec-websocket-key",
  "sec-websocket-version",
  "upgrade",
];

/** Finds steps that would not do what they say: overwritten headers, and raw bytes out of place. */
function* lintRaw(
  { steps, roles, over }: SessionCase,
  path: string,
  pointer: string,
): Generator<Finding> {
  const isRaw = steps[0] !== undefined && "raw" in steps[0];
  for (const [at, step] of steps.entries()) {
    const place = `${pointer}/steps/${at}`;
    if ("upgrade" in step) {
      for (const name of Object.keys(step.upgrade.headers)) {
        if (!OVERWRITTEN.includes(name.toLowerCase())) continue;
        const message =
          `the runner writes the header ${name} itself, wanted a step raw`;
        yield { path, pointer: place, message };
      }
    }
    if ("raw" in step) {
      const isRight = at === 0 && roles.length === 1 &&
        over?.join() === "websocket";
      if (!isRight) {
        const message =
          "wanted raw as the first step of a case of one role over WebSocket";
        yield { path, pointer: place, message };
      }
      const { http: _, ignoresClose: __, ...response } = step.raw;
      if (roles.join() === "initiator" && Object.keys(response).length > 0) {
        const message = `an initiator is given a response and sends none, got ${
          Object.keys(response).join(", ")
        }`;
        yield { path, pointer: place, message };
      }
    }
    const items = "send" in step
      ? step.send
      : "storm" in step
      ? step.storm.send
      : [];
    if (items.some((item) => "raw" in item) && !isRaw) {
      const message = "there are raw bytes without a step raw";
      yield { path, pointer: place, message };
    }
  }
}

/** Returns the operations that a step requests. */
function operationsOf(step: Step): string[] {
  const items: readonly SendItem[] = "send" in step
    ? step.send
    : "flood" in step
    ? step.flood.send
    : "storm" in step
    ? step.storm.send
    : [];
  return items.flatMap((item) =>
    "kind" in item && item.operation !== undefined
      ? [new TextDecoder().decode(toBytes(item.operation as Bytes))]
      : []
  );
}

/** Yields the values of some keys, at any depth, except in JSON that is compared by value. */
function* found(
  value: unknown,
  keys: readonly string[],
): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (keys.includes(key)) yield String(inner);
    else if (key !== "json" && key !== "listing") yield* found(inner, keys);
  }
}
