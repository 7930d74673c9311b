/**
 * Makes cases of payloads above the limit by construction: for each kind of
 * message, however it is cut, exactly its payload is dropped.
 *
 * @module
 */

import type {
  Bytes,
  CaseFile,
  Expectation,
  MessageKind,
  SendItem,
  SessionCase,
  Step,
} from "../cases/case.ts";
import { KIND_NAMES } from "../cases/message_kinds.ts";
import { SKIPS } from "./skip_cells.ts";
import { fileOf, session } from "./_session_parts.ts";

/** The largest payload. */
const LARGEST = 100;

/** A message that would be acted on if it were not within a payload, with a payload that would not be. */
const WITHIN = "r00ff004echo00000005inner";

/** How a message is cut, the size of its payload, and whether that is the largest that is dropped. */
const CUTS = {
  // Each byte but the last leaves one more to drop.
  bytewise: [LARGEST + 1, "bytewise"],
  // Pieces begin and end at all distances from the end of the payload.
  pieces: [LARGEST + 60, 7],
  // More than is read at once.
  large: [150_001, 65_536],
  // One more would be refused.
  "at-limit": [LARGEST + 200, 64, "largest"],
} as const satisfies Readonly<
  Record<
    string,
    readonly [size: number, cut: "bytewise" | number, limit?: "largest"]
  >
>;

/** A name in {@linkcode CUTS}. */
type Cut = keyof typeof CUTS;

/** Bytes of a size that look like messages. */
function misleading(size: number): Bytes {
  const times = Math.floor(size / WITHIN.length);
  const rest = size - times * WITHIN.length;
  return [
    { repeat: WITHIN, times },
    ...rest === 0 ? [] : [{ ascii: WITHIN.slice(0, rest) }],
  ];
}

/** What precedes a message of a kind, and what comes of it. */
interface Situation {
  readonly before: readonly Step[];
  readonly message: SendItem;
  readonly behind: readonly Step[];
  readonly isStream?: true;
  readonly statement: string;
}

function failed(id: string): Expectation {
  return { message: { kind: "ErrorResult", id } };
}

/** A call that the implementation is told to make, whose answer is too large. */
function answered(
  kind: "SingleResult" | "StreamResult" | "ErrorResult" | "RetryResult",
  payload: Bytes,
): Situation {
  const id = { var: "call" };
  return {
    before: [
      { do: "request", operation: "ask", payload: "hi", as: "call" },
      {
        expect: [{
          message: {
            kind: "SingleRequest",
            id: { bind: "call" },
            operation: "ask",
            payload: "hi",
          },
        }],
      },
    ],
    message: {
      kind,
      id,
      ...kind === "RetryResult" ? { wait: 5 } : {},
      payload,
    },
    behind: [
      ...kind === "StreamResult"
        ? [{ send: [{ kind, id, payload: "" } as SendItem] }]
        : [],
      {
        report: "call",
        is: [{ outcome: "failed" }, { outcome: "error" }, {
          outcome: "closed",
        }],
      },
    ],
    statement: "limits/other-payload",
  };
}

function situationOf(kind: MessageKind, payload: Bytes): Situation | undefined {
  const id = "0001";
  switch (kind) {
    case "SingleRequest":
    case "StreamRequest":
      return {
        before: [],
        message: {
          kind,
          id,
          operation: kind === "SingleRequest" ? "echo" : "stream-echo",
          payload,
        },
        behind: [{ expect: [failed(id)] }],
        ...kind === "StreamRequest" ? { isStream: true } : {},
        statement: "limits/request-payload",
      };
    case "StreamRequestPart":
      return {
        before: [{
          send: [{
            kind: "StreamRequest",
            id,
            operation: "stream-length",
            payload: "abc",
          }],
        }],
        message: { kind, id, payload },
        behind: [{ expect: [failed(id)] }],
        isStream: true,
        statement: "limits/part-payload",
      };
    case "SingleResult":
    case "StreamResult":
    case "ErrorResult":
    case "RetryResult":
      return answered(kind, payload);
    case "Notification":
      return {
        before: [],
        message: { kind, name: "note", payload },
        behind: [],
        statement: "limits/other-payload",
      };
    default:
      return undefined; // Has no payload.
  }
}

/** Returns the case of a kind and a way to cut it, if the kind has a payload. */
function skipCase(kind: MessageKind, cut: Cut): SessionCase | undefined {
  const [size, pieces, limit] = CUTS[cut];
  const situation = situationOf(kind, misleading(size));
  if (situation === undefined) return undefined;
  const { before, message, behind, isStream, statement } = situation;
  const echo: SendItem = {
    kind: "SingleRequest",
    id: "0002",
    operation: "echo",
    payload: "behind",
  };
  const echoed: Expectation = {
    message: { kind: "SingleResult", id: "0002", payload: "behind" },
  };
  const [first] = behind;
  // An answer and that of the message behind it can overtake each other.
  const together: Step[] = first !== undefined && "expect" in first
    ? [{ all: [...first.expect, echoed] }, ...behind.slice(1)]
    : [{ expect: [echoed] }, ...behind];
  return session(
    {
      id: `${SKIPS}${nameOf(kind)}-${cut}`,
      title:
        `A payload above the limit is dropped to its last byte, and no further: ${kind}`,
      spec: [statement, ...limit === undefined ? [] : ["limits/skip"]],
      needs: ["limits", ...isStream ? ["streams"] : []],
      options: {
        maxPayload: LARGEST,
        ...limit === undefined ? {} : { maxSkip: size },
      },
      // On WebSocket, a message for each byte shows no more than some pieces.
      ...cut === "bytewise" ? { over: ["tcp"] } : {},
    },
    [
      ...before,
      {
        send: [message, echo],
        cut: pieces,
        // So that pieces arrive apart, also on a byte stream.
        ...cut === "large" ? {} : { pace: 1 },
      },
      ...together,
      { echo: "ping" },
    ],
    "should",
  );
}

function nameOf(kind: MessageKind): string {
  return kind.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}

/** The cases of payloads above the limit. */
export function skipCases(): CaseFile {
  return fileOf(
    "Generated: payloads above the limit, of each kind, which are dropped to their last byte however they are cut.",
    KIND_NAMES.flatMap((kind) =>
      (Object.keys(CUTS) as Cut[]).map((cut) => skipCase(kind, cut))
        .filter((each) => each !== undefined)
    ),
  );
}
