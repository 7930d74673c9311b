/**
 * Streams whose data an implementation writes as credits let it.
 *
 * @module
 */

import type { Bytes, Expectation, SendItem, Step } from "../cases/case.ts";
import { begun } from "./_session_parts.ts";
import { joined } from "./writing.ts";

/** The data of each part: an offset between two multiples of its size lets one more part begin. */
export const PART = "abcdefgh";

/** The digits of an offset. */
export const DIGITS = 16;

/** The largest offset, as digits. */
export const LARGEST = "f".repeat(DIGITS);

/** Which data of a stream. */
export type Direction = "answer" | "request";

/** The letters of the two directions. */
export const LETTERS = { answer: "S", request: "p" } as const satisfies Record<
  Direction,
  string
>;

/** An ID as it stands in the payload of a credit. */
export type Id = Bytes | { readonly var: string };

/** Returns an offset as digits. */
export function hex(offset: bigint): string {
  return offset.toString(16).padStart(DIGITS, "0");
}

/** Returns a credit with a payload. */
export function creditOf(payload: Bytes): SendItem {
  return { kind: "Notification", name: "gotalk:credit", payload };
}

/** Joins the fields of the payload of a credit. */
export function payloadOf(letter: string, id: Id, digits: string): Bytes {
  if (typeof id === "string") return `${letter}${id}${digits}`;
  if (!("var" in id)) return joined(letter, id, digits);
  return [
    ...letter === "" ? [] : [{ ascii: letter }],
    id,
    ...digits === "" ? [] : [{ ascii: digits }],
  ] as Bytes;
}

/** A stream whose data the implementation writes, with the steps in which it does. */
export interface Writing {
  /** The ID, as it stands in credits. */
  readonly id: Id;
  /** It has written one part, and has credit for no other one. */
  readonly begin: readonly Step[];
  /** It is given another part to write, which may have to wait for credit. */
  readonly more: readonly Step[];
  /** What another part looks like. */
  readonly part: Expectation;
  /** It is given nothing more: the data ends. */
  readonly end: readonly Step[];
}

/** The answer of `count` to a request with some parts. */
function answer(id: string, parts: number): Writing {
  const part: Expectation = {
    message: { kind: "StreamResult", id, payload: PART },
  };
  const payload = `{"parts":${parts},"bytes":${PART.length}}`;
  return {
    id,
    part,
    begin: [
      {
        send: [
          { kind: "StreamRequest", id, operation: "count", payload },
          creditOf(payloadOf("S", id, hex(BigInt(PART.length)))),
          { kind: "StreamRequestPart", id, payload: "" },
        ],
      },
      { expect: [part] },
      { quiet: {} },
    ],
    more: [],
    end: [{ expect: [{ message: { kind: "StreamResult", id, payload: "" } }] }],
  };
}

/** A stream request that the implementation is told to make. */
function request(name: string): Writing {
  const id = { var: name };
  const write: Step = { do: "write", call: name, payload: PART };
  return {
    id,
    part: { message: { kind: "StreamRequestPart", id, payload: PART } },
    begin: [
      { do: "open-stream", operation: "upload", as: name },
      write,
      begun(name, "upload", PART),
      { send: [creditOf(payloadOf("p", id, hex(BigInt(PART.length))))] },
      { echo: "begun" },
    ],
    more: [{ ...write, meanwhile: true }],
    end: [
      { do: "end", call: name },
      { expect: [{ message: { kind: "StreamRequestPart", id, payload: "" } }] },
      { send: [{ kind: "StreamResult", id, payload: "" }] },
      { report: name, is: { outcome: "stream", parts: [], ended: true } },
    ],
  } as Writing;
}

/** Returns a stream in which the implementation writes data of a direction, the next one at each `at`. */
export function writing(
  direction: Direction,
  at: number,
  parts: number,
): Writing {
  return direction === "answer"
    ? answer(`000${at.toString(36)}`, parts)
    : request(`call${at}`);
}
