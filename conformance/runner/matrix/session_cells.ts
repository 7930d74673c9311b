/**
 * The cells of conversations, and how session cases fill them.
 *
 * A value that the implementation reads counts only if the same bytes are compared later: in an answer or in
 * a report. A value that it writes counts only where all of it is compared.
 *
 * @module
 */

import { toBytes } from "../cases/bytes.ts";
import type {
  Bytes,
  MessageKind,
  Role,
  SessionCase,
  Step,
} from "../cases/case.ts";
import { expand } from "../cases/expand.ts";
import {
  KIND_NAMES,
  MESSAGE_FIELDS,
  type MessageField,
} from "../cases/message_kinds.ts";
import { HUGE_CLASSES, numberBytes } from "./classes.ts";
import { classesOf } from "./codec_cells.ts";
import { fieldsOf } from "./layout.ts";
import type { Ledger } from "./ledger.ts";

const ROLES: readonly Role[] = ["acceptor", "initiator"];

/** How a value is carried: read by the implementation, or written by it. */
type Way = "read" | "written";

const WAYS: readonly Way[] = ["read", "written"];

/** How the units of what is read reach the implementation on WebSocket. */
const UNITS = ["split", "merged", "text"] as const;

/** Adds the cells of conversations. */
export function declareSession(ledger: Ledger): void {
  for (const role of ROLES) {
    for (const way of WAYS) {
      for (const kind of KIND_NAMES) {
        for (const field of fieldsOf(kind)) {
          ledger.declare(
            `session/01/${role}/${way}/${kind}/${field}`,
            classesOf(field, "01", HUGE_CLASSES),
          );
        }
      }
    }
    for (const kind of KIND_NAMES) {
      ledger.declareNames(`websocket/${role}/read/${kind}`, UNITS);
      const hasPayload = fieldsOf(kind).includes("payload");
      ledger.declareNames(
        `websocket/${role}/written/${kind}`,
        hasPayload ? ["header-and-payload", "header-alone"] : ["header-alone"],
      );
    }
  }
}

/** Something that a step carries: a field of a message with its value. */
interface Carried {
  readonly kind: MessageKind;
  readonly field: MessageField;
  readonly bytes: Uint8Array;
}

/** Records what a session case shows. */
export function showSession(ledger: Ledger, each: SessionCase): void {
  const read = each.steps.flatMap(sentOf);
  const compared = comparedOf(each.steps);
  const written = each.steps.flatMap(expectedOf);
  const cells = [
    ...read.filter(({ bytes }) => compared.has(keyOf(bytes)))
      .map((value) => ["read", value] as const),
    ...written.map((value) => ["written", value] as const),
  ];
  for (const role of each.roles) {
    for (const [way, { kind, field, bytes }] of cells) {
      ledger.value(
        `session/01/${role}/${way}/${kind}/${field}`,
        classesOf(field, "01", HUGE_CLASSES),
        bytes,
        each.id,
      );
    }
  }
  showUnits(ledger, each);
}

/** Records which kinds reach the implementation in which units, and which of its own units are compared. */
function showUnits(ledger: Ledger, each: SessionCase): void {
  const kinds = new Set(each.steps.flatMap(sentOf).map(({ kind }) => kind));
  for (const run of expand({ cases: [each] })) {
    if (run.kind !== "session" || run.unit === undefined) continue;
    for (const kind of kinds) {
      ledger.show(`websocket/${run.role}/read/${kind}`, run.unit, each.id);
    }
  }
  for (const step of each.steps) {
    const expectations = "expect" in step
      ? step.expect
      : "outcomes" in step
      ? step.outcomes.flatMap((outcome) =>
        "expect" in outcome ? outcome.expect : []
      )
      : [];
    for (const expected of expectations) {
      if (!("frame" in expected) || expected.frame.type !== "binary") continue;
      const { data, begins = data, size } = expected.frame;
      if (begins === undefined) continue;
      const bytes = toBytes(begins);
      const letter = String.fromCharCode(bytes[0] ?? 0);
      const kind = kindOf(letter, size ?? toBytes(data ?? "").length);
      if (kind === undefined) continue;
      const [name, unit] = kind;
      for (const role of each.roles) {
        ledger.show(`websocket/${role}/written/${name}`, unit, each.id);
      }
    }
  }
  for (const { kind, unit } of framedOf(each)) {
    for (const role of each.roles) {
      ledger.show(`websocket/${role}/written/${kind}`, unit, each.id);
    }
  }
}

/** Returns the kind of a header that is a message of its own; whether a payload follows is not known here. */
function kindOf(
  letter: string,
  size: number,
): readonly [MessageKind, "header-alone"] | undefined {
  const kind = KIND_OF_LETTER.get(letter);
  if (kind === undefined || fieldsOf(kind).includes("payload")) {
    return undefined;
  }
  return size > 0 ? [kind, "header-alone"] : undefined;
}

const KIND_OF_LETTER = new Map<string, MessageKind>([
  ["r", "SingleRequest"],
  ["s", "StreamRequest"],
  ["p", "StreamRequestPart"],
  ["R", "SingleResult"],
  ["S", "StreamResult"],
  ["E", "ErrorResult"],
  ["e", "RetryResult"],
  ["n", "Notification"],
  ["h", "Heartbeat"],
  ["f", "ProtocolError"],
]);

/** Returns the headers that are compared as frames, each with what follows it. */
function framedOf(
  { steps }: SessionCase,
): { kind: MessageKind; unit: "header-and-payload" | "header-alone" }[] {
  const found: {
    kind: MessageKind;
    unit: "header-and-payload" | "header-alone";
  }[] = [];
  for (const step of steps) {
    const expectations = "expect" in step
      ? step.expect
      : "all" in step
      ? step.all
      : [];
    const frames = expectations.flatMap((expected) =>
      "frame" in expected && expected.frame.type === "binary"
        ? [expected.frame]
        : []
    );
    for (const [at, frame] of frames.entries()) {
      const { data, begins = data } = frame;
      if (begins === undefined) continue;
      const kind = KIND_OF_LETTER.get(
        String.fromCharCode(toBytes(begins)[0] ?? 0),
      );
      if (kind === undefined || !fieldsOf(kind).includes("payload")) continue;
      const next = frames[at + 1];
      const payload = next?.data === undefined ? undefined : toBytes(next.data);
      const header = data === undefined ? "" : new TextDecoder("latin1").decode(
        toBytes(data),
      );
      const isEmpty = frame.begins !== undefined
        ? payload === undefined
        : header.endsWith("00000000");
      found.push({
        kind,
        unit: isEmpty ? "header-alone" : "header-and-payload",
      });
    }
  }
  return found;
}

function valuesOf(message: object & { kind: MessageKind }): Carried[] {
  const { kind } = message;
  return MESSAGE_FIELDS.flatMap((field) => {
    const value = (message as Record<string, unknown>)[field];
    if (typeof value === "number") {
      return [{ kind, field, bytes: numberBytes(value) }];
    }
    if (typeof value === "string" || Array.isArray(value)) {
      const bytes = value as Bytes;
      return hasVariable(bytes) ? [] : [{ kind, field, bytes: toBytes(bytes) }];
    }
    return [];
  });
}

function hasVariable(bytes: Bytes): boolean {
  return typeof bytes !== "string" &&
    bytes.some((part) => "var" in part || "counter" in part);
}

/** Returns what the runner sends in a step. */
function sentOf(step: Step): Carried[] {
  if (!("send" in step)) return [];
  return step.send.flatMap((item) =>
    "kind" in item && item.first === undefined ? valuesOf(item) : []
  );
}

/** Returns what a step requires the implementation to write. */
function expectedOf(step: Step): Carried[] {
  const expectations = "expect" in step
    ? step.expect
    : "all" in step
    ? step.all
    : "outcomes" in step
    ? step.outcomes.flatMap((each) => "expect" in each ? each.expect : [])
    : [];
  return expectations.flatMap((expected) => {
    if ("message" in expected) return valuesOf(expected.message);
    if (!("parts" in expected)) return [];
    const { kind, joined } = expected.parts;
    return [{ kind, field: "payload", bytes: toBytes(joined) }];
  });
}

/** Returns the keys of all bytes that a case compares. */
function comparedOf(steps: readonly Step[]): ReadonlySet<string> {
  const compared = new Set<string>();
  const add = (bytes: Bytes) => {
    if (!hasVariable(bytes)) compared.add(keyOf(toBytes(bytes)));
  };
  const isBytes = (value: unknown): value is Bytes =>
    typeof value === "string" || Array.isArray(value);
  for (const step of steps) {
    for (const { bytes } of expectedOf(step)) compared.add(keyOf(bytes));
    if (!("report" in step) || Array.isArray(step.is)) continue;
    const { payload, parts, joined, notes, heartbeats, wait, code } = step
      .is as Exclude<typeof step.is, readonly unknown[]>;
    if (isBytes(payload)) add(payload);
    if (isBytes(joined)) {
      add(joined);
      addPieces(joined, compared);
    }
    for (const part of parts ?? []) if (isBytes(part)) add(part);
    for (const { name, payload } of notes ?? []) {
      compared.add(keyOf(new TextEncoder().encode(name)));
      if (isBytes(payload)) add(payload);
    }
    const numbers = [
      wait,
      code,
      ...(heartbeats ?? []).flatMap(({ load, time }) => [load, time]),
    ];
    for (const number of numbers) {
      if (typeof number === "number") compared.add(keyOf(numberBytes(number)));
    }
  }
  return compared;
}

/** Adds the segments of joined bytes, each of which was a part. */
function addPieces(joined: Bytes, compared: Set<string>): void {
  if (typeof joined === "string") return;
  for (const segment of joined) compared.add(keyOf(toBytes([segment])));
}

/** Returns a short text that differs for different bytes. */
function keyOf(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${bytes.length}:${hash >>> 0}`;
}
