/**
 * Expands cases into runs: every way to run a case against an implementation, with its full name.
 *
 * @module
 */

import { sizeOf } from "./bytes.ts";
import type {
  Bytes,
  CaseFile,
  CaseMessage,
  CodecCase,
  Role,
  SessionCase,
  Transport,
} from "./case.ts";
import { type ChunkName, chunkNames } from "./chunks.ts";
import { FIELD_FORMS, type FieldForm, MESSAGE_KINDS } from "./message_kinds.ts";
import { hasWebSocketSteps, isPrintable } from "./sent.ts";

/** Bytes to decode, cut in one way. */
export interface DecodeRun {
  /** The kind of run. */
  readonly kind: "decode";
  /** The full name. */
  readonly name: string;
  /** The case. */
  readonly case: CodecCase;
  /** How the bytes are cut. */
  readonly chunk: ChunkName;
  /** The case whose bytes follow, where the chunk is `glued`. */
  readonly next?: CodecCase;
}

/** A message to encode. */
export interface EncodeRun {
  /** The kind of run. */
  readonly kind: "encode";
  /** The full name. */
  readonly name: string;
  /** The case. */
  readonly case: CodecCase;
}

/** What makes one WebSocket message of a conversation. */
export type Unit = "split" | "merged" | "text";

/** A conversation in one role, over one transport. */
export interface ConversationRun {
  /** The kind of run. */
  readonly kind: "session";
  /** The full name. */
  readonly name: string;
  /** The case. */
  readonly case: SessionCase;
  /** The role of the implementation. */
  readonly role: Role;
  /** The transport. */
  readonly over: Transport;
  /** On WebSocket, what makes one message; absent where the case decides that itself. */
  readonly unit?: Unit;
}

/** One run of a case. */
export type CaseRun = DecodeRun | EncodeRun | ConversationRun;

/** The transports of conversations, and whether each carries them in messages. */
const CARRIES_MESSAGES = {
  memory: false,
  tcp: false,
  websocket: true,
} as const satisfies Readonly<Record<Transport, boolean>>;

const TRANSPORTS = Object.keys(CARRIES_MESSAGES) as readonly Transport[];

/** Returns all runs of the cases of a file, in the order of the file; withdrawn cases have none. */
export function expand(file: Pick<CaseFile, "cases">): CaseRun[] {
  const cases = file.cases.filter(({ withdrawn }) => withdrawn === undefined);
  const decoded = cases.filter((each): each is CodecCase =>
    !isSession(each) && each.directions.includes("decode")
  );
  const next = new Map(decoded.map((each, at) => [each, decoded[at + 1]]));
  return cases.flatMap((each) =>
    isSession(each) ? expandSession(each) : expandCodec(each, next.get(each))
  );
}

/** Returns whether a case is a conversation, and not a codec case. */
export function isSession(
  each: CodecCase | SessionCase,
): each is SessionCase {
  return "steps" in each;
}

function expandCodec(each: CodecCase, next: CodecCase | undefined): CaseRun[] {
  const runs: CaseRun[] = [];
  if (each.directions.includes("decode")) {
    for (const chunk of chunkNames(sizeOf(each.wire ?? ""))) {
      if (each.chunks?.includes(chunk) === false) continue;
      const run = {
        kind: "decode",
        name: `${each.id}/chunk:${chunk}`,
        case: each,
        chunk,
      } as const;
      if (chunk !== "glued") runs.push(run);
      else if (next !== undefined && canBeGlued(each, next)) {
        runs.push({ ...run, next });
      }
    }
  }
  if (each.directions.includes("encode")) {
    runs.push({ kind: "encode", name: `${each.id}/encode`, case: each });
  }
  return runs;
}

/** Whether the bytes of the next case can follow those of a case directly, with the same meaning. */
function canBeGlued(each: CodecCase, next: CodecCase): boolean {
  return each.error === undefined && !each.end && !next.handshake &&
    each.messages.every(({ kind }) => kind !== "ProtocolError") &&
    (each.version ?? "01") === (next.version ?? "01") &&
    each.limits?.name === next.limits?.name &&
    each.limits?.payload === next.limits?.payload &&
    (messageEnds(each).at(-1) ?? startOf(each)) === sizeOf(each.wire ?? "");
}

/** Returns for each message of a case the offset after its last byte. */
export function messageEnds(
  each: Pick<CodecCase, "messages" | "handshake">,
): number[] {
  let at = startOf(each);
  return each.messages.map((message) => at += messageSize(message));
}

/** The offset at which the messages of a case begin. */
function startOf({ handshake }: Pick<CodecCase, "handshake">): number {
  return handshake ? 2 : 0;
}

/** The length of a message on the wire, in bytes. */
function messageSize(message: CaseMessage): number {
  return MESSAGE_KINDS[message.kind].fields.reduce((size, field) => {
    const form: FieldForm = FIELD_FORMS[field];
    if (typeof form === "object" && "digits" in form) return size + form.digits;
    const length = sizeOf(message[field] as Bytes | undefined ?? "");
    return size + length + (form === "bytes" ? 0 : form.sizeDigits);
  }, 1);
}

function expandSession(each: SessionCase): ConversationRun[] {
  return each.roles.flatMap((role) =>
    TRANSPORTS.filter((over) => each.over?.includes(over) ?? true)
      .flatMap((over) =>
        unitsOf(each, over).map((unit) => ({
          kind: "session" as const,
          name: `${each.id}/role:${role}/over:${over}` +
            (unit === undefined ? "" : `/unit:${unit}`),
          case: each,
          role,
          over,
          ...unit === undefined ? {} : { unit },
        }))
      )
  );
}

function unitsOf(
  each: SessionCase,
  over: Transport,
): readonly (Unit | undefined)[] {
  if (!CARRIES_MESSAGES[over] || hasWebSocketSteps(each)) return [undefined];
  const units: readonly Unit[] = isPrintable(each)
    ? ["split", "merged", "text"]
    : ["split", "merged"];
  return units.filter((unit) => each.units?.includes(unit) ?? true);
}
