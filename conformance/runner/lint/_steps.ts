/**
 * Whether the steps of a conversation speak of what there is.
 *
 * @module
 */

import { toBytes } from "../cases/bytes.ts";
import type { Bytes, SendItem, SessionCase, Step } from "../cases/case.ts";
import type { Finding } from "./finding.ts";

/** Statements whose cases ask for operations that nobody has. */
const UNKNOWN_OPERATION = [
  "request/operation",
  "request/unknown-operation",
  "wire/text3-bytes",
];

/** What operations are called that nobody shall have, in other cases. */
const NO_OPERATION = /^no-such-/;

/** Finds steps that name an operation, a call, bytes or a counter that there are not. */
export function* lintSteps(
  each: SessionCase,
  path: string,
  pointer: string,
  operations: ReadonlySet<string>,
): Generator<Finding> {
  const calls = new Set(["connection"]);
  const bound = new Set<string>();
  const anyOperation = each.spec.some((id) => UNKNOWN_OPERATION.includes(id));
  for (const [at, step] of each.steps.entries()) {
    const place = `${pointer}/steps/${at}`;
    for (const operation of asked(step)) {
      const known = operations.has(operation) || NO_OPERATION.test(operation);
      if (known || anyOperation) continue;
      yield {
        path,
        pointer: place,
        message: `${
          JSON.stringify(operation)
        } is no standard operation, and the case does not show request/unknown-operation`,
      };
    }
    const call = "do" in step
      ? step.call
      : "report" in step
      ? step.report
      : undefined;
    if (call !== undefined && !calls.has(call)) {
      yield { path, pointer: place, message: `there is no call ${call} yet` };
    }
    if ("do" in step && step.as !== undefined) calls.add(step.as);
    for (const name of found(step, ["bind"])) bound.add(name);
    for (const name of found(step, ["var", "unlike"])) {
      if (bound.has(name)) continue;
      const message = `nothing is remembered as ${name} yet`;
      yield { path, pointer: place, message };
    }
    if (!("flood" in step) && [...found(step, ["counter"])].length > 0) {
      const message = "there is a counter, which counts in a flood only";
      yield { path, pointer: place, message };
    }
  }
}

/** The operations that a step asks the implementation for. */
function asked(step: Step): string[] {
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

/** What stands under some keys, wherever in a value, but for JSON that is compared by value. */
function* found(
  value: unknown,
  keys: readonly string[],
): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (keys.includes(key)) yield String(inner);
    else if (key !== "json") yield* found(inner, keys);
  }
}
