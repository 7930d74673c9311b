/**
 * What the generators of session cases share.
 *
 * @module
 */

import { toBytes } from "../cases/bytes.ts";
import type {
  Bytes,
  CaseFile,
  Expectation,
  SessionCase,
  Step,
  Transport,
} from "../cases/case.ts";
import { SINCE } from "./writing.ts";

/** How many requests are in flight at the same time. */
export const TOGETHER = 12;

export const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** What differs between cases. */
export interface Parts {
  readonly id: string;
  readonly title: string;
  readonly spec: readonly string[];
  readonly needs?: readonly string[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly over?: readonly Transport[];
  readonly units?: SessionCase["units"];
}

/** What differs between more transports is for other cases: these are long. */
const TRANSPORTS: readonly Transport[] = ["tcp", "websocket"];

/** Returns a case for both roles; streams are turned on if it needs them. */
export function session(
  { id, title, spec, needs, options, over = TRANSPORTS, units = ["split"] }:
    Parts,
  steps: readonly Step[],
  level: SessionCase["level"] = "must",
): SessionCase {
  const streams = needs?.includes("streams") ? { streams: true } : {};
  const all = { ...streams, ...options };
  return {
    id,
    since: SINCE,
    level,
    title,
    spec,
    roles: ["acceptor", "initiator"],
    over,
    ...over.includes("websocket") ? { units } : {},
    ...needs === undefined ? {} : { needs },
    ...Object.keys(all).length === 0 ? {} : { options: all },
    steps: [{ handshake: {} }, ...steps],
  };
}

/** Returns the four bytes of a request ID. */
export function idAt(at: number): string {
  return at.toString(36).padStart(4, "0");
}

export function inGroups<T>(values: readonly T[], size: number): T[][] {
  return Array.from(
    { length: Math.ceil(values.length / size) },
    (_, at) => values.slice(at * size, (at + 1) * size),
  );
}

export function message(
  expected: Expectation & { message: unknown },
): Expectation {
  return expected;
}

/** Returns what data of a stream looks like: parts, of which there may be any number. */
export function streamed(
  kind: "StreamRequestPart" | "StreamResult",
  id: Bytes | { readonly var: string },
  payload: Bytes,
): Expectation[] {
  return payload === "" ? [] : [{ parts: { kind, id, joined: payload } }];
}

/** Returns the pattern of an ID that is bound to a name, and differs from another one if that is given. */
export function idBound(
  name: string,
  unlike?: string,
): { bind: string; unlike?: string } {
  return unlike === undefined ? { bind: name } : { bind: name, unlike };
}

/** Returns the step that expects the first data of a stream: in its request, or in a part behind it. */
export function begun(
  call: string,
  operation: string,
  payload: Bytes,
  unlike?: string,
): Step {
  const id = idBound(call, unlike);
  const request = (payload: Bytes): Expectation => ({
    message: { kind: "StreamRequest", id, operation, payload },
  });
  const part: Expectation = {
    message: { kind: "StreamRequestPart", id: { var: call }, payload },
  };
  return {
    outcomes: [
      { grade: "pass", expect: [request(payload)] },
      { grade: "pass", expect: [request(""), part] },
    ],
  };
}

export function textOf(bytes: Bytes): string {
  return utf8.decode(toBytes(bytes));
}

export function fileOf(about: string, cases: readonly SessionCase[]): CaseFile {
  return {
    about,
    notes: {},
    cases: cases.toSorted((a, b) => a.id < b.id ? -1 : 1),
  };
}
