/**
 * From cases to runs: every way in which a case is put to an implementation, with its full name.
 *
 * @module
 */

import { sizeOf } from "./bytes.ts";
import type {
  CaseFile,
  CaseMessage,
  CodecCase,
  Role,
  SessionCase,
  Transport,
} from "./case.ts";
import { type ChunkName, chunkNames } from "./chunks.ts";
import { hasWebSocketSteps, isPrintable } from "./sent.ts";

/** Bytes to decode, cut in one of the ways. */
export interface DecodeRun {
  /** Tells runs apart. */
  readonly kind: "decode";
  /** The full name. */
  readonly name: string;
  /** The case. */
  readonly case: CodecCase;
  /** How the bytes are cut. */
  readonly chunk: ChunkName;
  /** Whose bytes come behind, where the chunk is `glued`. */
  readonly next?: CodecCase;
}

/** A message to encode. */
export interface EncodeRun {
  /** Tells runs apart. */
  readonly kind: "encode";
  /** The full name. */
  readonly name: string;
  /** The case. */
  readonly case: CodecCase;
}

/** How a conversation is carried over WebSocket. */
export type Unit = "split" | "merged" | "text";

/** A conversation in one role, over one transport. */
export interface ConversationRun {
  /** Tells runs apart. */
  readonly kind: "session";
  /** The full name. */
  readonly name: string;
  /** The case. */
  readonly case: SessionCase;
  /** What the implementation is. */
  readonly role: Role;
  /** What carries the conversation. */
  readonly over: Transport;
  /** On WebSocket, what is one message; absent where the case says so itself. */
  readonly unit?: Unit;
}

/** One run of a case. */
export type CaseRun = DecodeRun | EncodeRun | ConversationRun;

const TRANSPORTS: readonly Transport[] = ["memory", "tcp", "websocket"];

/** All runs of the cases of a file, in the order of the file; those that were withdrawn have none. */
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

/** Tells the two kinds of case apart. */
export function isSession(
  each: CodecCase | SessionCase,
): each is SessionCase {
  return "steps" in each;
}

/** The first component of an identifier: `codec`, `session`, `websocket` or `hostile`. */
export function suiteOf(id: string): string {
  return id.split("/", 1)[0]!;
}

function expandCodec(each: CodecCase, next: CodecCase | undefined): CaseRun[] {
  const runs: CaseRun[] = [];
  if (each.directions.includes("decode")) {
    for (const chunk of chunkNames(sizeOf(each.wire ?? ""))) {
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

/** Whether the bytes of the next case can come right behind those of a case and mean the same there. */
function canBeGlued(each: CodecCase, next: CodecCase): boolean {
  return each.error === undefined && !each.end && !next.handshake &&
    each.messages.every(({ kind }) => kind !== "ProtocolError") &&
    (each.version ?? "01") === (next.version ?? "01") &&
    each.limits?.name === next.limits?.name &&
    each.limits?.payload === next.limits?.payload &&
    (messageEnds(each).at(-1) ?? startOf(each)) === sizeOf(each.wire ?? "");
}

/** The offset in the bytes of a case behind the last byte of each of its messages. */
export function messageEnds(
  each: Pick<CodecCase, "messages" | "handshake">,
): number[] {
  let at = startOf(each);
  return each.messages.map((message) => at += messageSize(message));
}

/** Where the messages of a case begin. */
function startOf({ handshake }: Pick<CodecCase, "handshake">): number {
  return handshake ? 2 : 0;
}

/** How many bytes a message is on the wire. */
function messageSize(message: CaseMessage): number {
  switch (message.kind) {
    case "Heartbeat":
      return 13;
    case "ProtocolError":
      return 9;
  }
  const { id, operation, name, wait, payload = "" } = message;
  return 1 + (id === undefined ? 0 : sizeOf(id)) +
    (operation === undefined ? 0 : 3 + sizeOf(operation)) +
    (name === undefined ? 0 : 3 + sizeOf(name)) +
    (wait === undefined ? 0 : 8) + 8 + sizeOf(payload);
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
  if (over !== "websocket" || hasWebSocketSteps(each)) return [undefined];
  return isPrintable(each) ? ["split", "merged", "text"] : ["split", "merged"];
}
