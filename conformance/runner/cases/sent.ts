/**
 * Inspects what a conversation sends, to decide how its case is run.
 *
 * @module
 */

import { sizeOf, toBytes } from "./bytes.ts";
import type { Bytes, SendItem, SessionCase, Step, Variable } from "./case.ts";

/** Returns whether a case has steps that exist on WebSocket only. */
export function hasWebSocketSteps({ steps }: SessionCase): boolean {
  return steps.some((step) =>
    "upgrade" in step || "raw" in step ||
    "close" in step && typeof step.close === "object" ||
    sentItems(step).some((item) => "frame" in item || "raw" in item) ||
    expectations(step).some((expected) =>
      "frame" in expected || "upgrade" in expected
    )
  );
}

/** Returns whether all that the runner sends is printable ASCII; values that it binds during the case are not. */
export function isPrintable({ steps }: SessionCase): boolean {
  return steps.every((step) =>
    ("echo" in step ? printable(step.echo) : true) &&
    sentItems(step).every((item) => {
      if ("frame" in item) return printable(item.frame.data ?? "");
      if ("bytes" in item) return printable(item.bytes);
      if ("raw" in item) return printable(item.raw);
      const { id = "", operation = "", name = "", payload = "" } = item;
      return !isVariable(id) && [id, operation, name, payload].every(printable);
    })
  );
}

/** Returns approximately how many bytes a step sends. */
export function sentSize(step: Step): number {
  return sentItems(step).reduce((sum, item) => {
    if ("frame" in item) return sum + sizeOf(item.frame.data ?? "");
    if ("bytes" in item) return sum + sizeOf(item.bytes);
    if ("raw" in item) return sum + sizeOf(item.raw);
    return sum + (item.first ?? sizeOf(item.payload ?? ""));
  }, 0);
}

function isVariable(bytes: Bytes | Variable): bytes is Variable {
  return typeof bytes === "object" && "var" in bytes;
}

function printable(bytes: Bytes | Variable): boolean {
  if (typeof bytes === "string") return true;
  if (isVariable(bytes)) return false;
  return bytes.every((part) => {
    if ("ascii" in part || "counter" in part) return true;
    if ("repeat" in part) return printable(part.repeat);
    if ("pattern" in part) return part.letters === true;
    if ("var" in part) return false;
    return toBytes([part]).every((byte) => byte >= 0x20 && byte <= 0x7e);
  });
}

function sentItems(step: Step): readonly SendItem[] {
  if ("send" in step) return step.send;
  if ("flood" in step) return step.flood.send;
  if ("storm" in step) return step.storm.send;
  return [];
}

function expectations(step: Step) {
  if ("expect" in step) return step.expect;
  if ("all" in step) return step.all;
  if ("outcomes" in step) {
    return step.outcomes.flatMap((outcome) =>
      "expect" in outcome ? outcome.expect : []
    );
  }
  return [];
}
