/**
 * Checks of an implementation of WebSocket framing by the rules of RFC 6455,
 * each in both roles and wherever the connection cuts the bytes.
 *
 * @module
 */

import { assert, assertEquals, AssertionError } from "@std/assert";
import { concat, equals, startsWith } from "@std/bytes";
import type { Channel } from "../channel.ts";
import { WriteUnits } from "../write_units.ts";
import { type Arrival, arrivals } from "./arrivals.ts";
import {
  bytesOf,
  close,
  type EncodedFrame,
  encodeFrame,
  type Payload,
  ping,
  type ReceivedFrame,
  receivedFrames,
  type TestFrame,
  text,
} from "./frames.ts";
import { ScriptedChannel } from "./scripted_channel.ts";
import { TestClock } from "./test_clock.ts";

/** The role of the side under test. */
export type Role = "client" | "server";

/** An end by a close frame, the last frame of the rule. */
export interface ClosedBy {
  /** The code; 1005 for a frame without a code. */
  readonly code: number;
  /** The reason; empty by default. */
  readonly reason?: string | undefined;
}

/** An end because the last frame of the rule breaks the protocol. */
export interface FailedBy {
  /** The code of the close frame that answers it. */
  readonly fails: 1002 | 1007 | 1009;
  /**
   * The byte with which it is found, without waiting for more: the second byte
   * of the frame, the last one of its length, that of its header, that of the
   * frame, or the byte of the payload with this number, counted from 1.
   */
  readonly found: "start" | "length" | "header" | "end" | number;
}

/** What happens to a sequence of frames. */
export interface FramingRule {
  /** The rule in a few words. */
  readonly title: string;
  /** The section of RFC 6455 that states it, or that leaves it open. */
  readonly rfc: string;
  /** What the remote side sends. */
  readonly frames: readonly TestFrame[];
  /** The whole messages that arrive: text, or binary. */
  readonly messages?: readonly Payload[] | undefined;
  /** The data of a message that does not end. */
  readonly unfinished?: Payload | undefined;
  /** The payloads of all pings. */
  readonly pings?: readonly Payload[] | undefined;
  /** How the conversation ends; stays open by default. */
  readonly end?: ClosedBy | FailedBy | undefined;
  /** The limit of the reader; none by default. */
  readonly maxMessageBytes?: number | undefined;
}

/** A rule after which the conversation has ended. */
type EndingRule = FramingRule & { readonly end: ClosedBy | FailedBy };

/** A reader of frames. */
export interface EventReader {
  push(chunk: Uint8Array): void;
  read():
    | {
      readonly kind: "data";
      readonly bytes: Uint8Array;
      readonly text: boolean;
      readonly end: boolean;
    }
    | { readonly kind: "ping" | "pong"; readonly bytes: Uint8Array }
    | { readonly kind: "close"; readonly code: number; readonly reason: string }
    | undefined;
}

/** How to open a channel with own framing. */
export interface OpenOptions {
  readonly role: Role;
  /** The bytes that arrive together with the handshake. */
  readonly rest: Uint8Array;
  readonly maxMessageBytes: number | undefined;
  readonly clock: TestClock;
}

/** An implementation of framing. */
export interface Framing {
  reader(role: Role, maxMessageBytes: number | undefined): EventReader;
  channel(below: Channel, options: OpenOptions): Channel;
}

/** Frames after the end: they neither arrive nor are answered. */
const LATE: readonly TestFrame[] = [text("late"), ping("late"), close(1000)];

/** Frames that end a conversation, and show that it was alive. */
const STILL_OPEN = [ping("alive"), close(1000)];

/** Checks a rule in both roles, alone and after other messages, cut anywhere. */
export async function checkRule(
  framing: Framing,
  rule: FramingRule,
): Promise<void> {
  const alone = withEnd(rule);
  for (const each of [alone, afterOthers(alone)]) {
    for (const role of ["server", "client"] as const) {
      const frames = encoded([...each.frames, ...LATE], remote(role));
      const bytes = concat(frames.map(({ bytes }) => bytes));
      for (const arrival of arrivals(bytes)) {
        try {
          checkEvents(framing, each, role, frames, arrival);
          await checkChannel(framing, each, role, arrival);
        } catch (cause) {
          const which = `${each.title}, as a ${role}, ${arrival.how}`;
          throw new AssertionError(`${which}: ${cause}`, { cause });
        }
      }
    }
  }
}

/** The rule, or else one with an end that shows that the conversation goes on. */
function withEnd(rule: FramingRule): EndingRule {
  const { end } = rule;
  if (end !== undefined) return { ...rule, end };
  return {
    ...rule,
    frames: [...rule.frames, ...STILL_OPEN],
    pings: [...rule.pings ?? [], "alive"],
    end: { code: 1000 },
  };
}

/** The rule after a message and a ping, which arrive and are answered. */
function afterOthers(rule: EndingRule): EndingRule {
  return {
    ...rule,
    title: `${rule.title}, after a message and a ping`,
    frames: [text("one"), ping("early"), ...rule.frames],
    messages: ["one", ...rule.messages ?? []],
    pings: ["early", ...rule.pings ?? []],
  };
}

/** The remote side of a role. */
export function remote(role: Role): Role {
  return role === "client" ? "server" : "client";
}

/** Encodes the frames of the remote side. */
export function encoded(
  frames: readonly TestFrame[],
  sender: Role,
): EncodedFrame[] {
  return frames.map((frame, index) => encodeFrame(frame, sender, index));
}

/** Checks the events of the reader, and the byte with which it throws. */
function checkEvents(
  framing: Framing,
  rule: EndingRule,
  role: Role,
  frames: readonly EncodedFrame[],
  { rest, chunks }: Arrival,
): void {
  const messages: Payload[] = [];
  const pings: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  let end: unknown;
  let pushed = 0;
  const reader = framing.reader(role, rule.maxMessageBytes);
  try {
    for (const chunk of rest.length > 0 ? [rest] : chunks) {
      pushed += chunk.length;
      reader.push(chunk.slice());
      for (let event; (event = reader.read()) !== undefined;) {
        if (event.kind === "ping") pings.push(event.bytes);
        if (event.kind === "close") {
          end = { code: event.code, reason: event.reason };
        }
        if (event.kind !== "data") continue;
        parts.push(event.bytes.slice());
        if (!event.end) continue;
        const bytes = concat(parts);
        messages.push(event.text ? strictText(bytes) : bytes);
        parts = [];
      }
    }
  } catch (error) {
    end = (error as { closeCode?: number }).closeCode ?? error;
    const wanted = foundAfter(rule, frames);
    if (chunks.every((chunk) => chunk.length === 1) && rest.length === 0) {
      assertEquals(pushed, wanted, "the byte with which it fails");
    } else {
      assert(pushed >= wanted, `${pushed} bytes, wanted ${wanted}`);
    }
  }
  assertEquals(end, endOf(rule));
  assertSame(messages, rule.messages ?? []);
  assertEquals(pings, (rule.pings ?? []).map(bytesOf));
  assertUnfinished(rule, concat(parts), chunks);
}

/** Like `assertEquals`, which takes seconds for a mebibyte. */
function assertSame(
  actual: readonly Payload[],
  wanted: readonly Payload[],
): void {
  assertEquals(actual.length, wanted.length, "the number of messages");
  for (const [index, each] of actual.entries()) {
    const other = wanted[index]!;
    const isSame = typeof each === "string" || typeof other === "string"
      ? each === other
      : equals(each, other);
    assert(isSame, `message ${index} differs`);
  }
}

/** Checks what a channel delivers and answers. */
async function checkChannel(
  framing: Framing,
  rule: EndingRule,
  role: Role,
  { rest, chunks }: Arrival,
): Promise<void> {
  const clock = new TestClock();
  const { maxMessageBytes } = rule;
  const below = new ScriptedChannel({ chunks });
  const options = { role, rest: rest.slice(), maxMessageBytes, clock };
  const channel = framing.channel(below, options);
  const pieces: Uint8Array[] = [];
  let failure: unknown;
  try {
    for (let piece; (piece = await channel.read()) !== null;) {
      pieces.push(piece.slice());
    }
  } catch (error) {
    failure = error;
  }
  const end = await channel.closed;

  const delivered = concat(pieces);
  const whole = concat((rule.messages ?? []).map(bytesOf));
  assert(startsWith(delivered, whole), "the messages do not arrive");
  assertUnfinished(rule, delivered.subarray(whole.length), chunks);

  const wanted = endOf(rule);
  const code = typeof wanted === "number" ? wanted : wanted.code;
  // A close that rejects what the remote side received is an error.
  const orderly = typeof wanted !== "number" &&
    ([1000, 1001, 1005].includes(code) || code >= 3000);
  assertEquals([end.clean, end.code], [orderly, code]);
  assertEquals(end.error, failure);
  assertEquals(failure === undefined, orderly);
  if (!orderly) {
    assertEquals((failure as { closeCode: number }).closeCode, code);
  }
  if (typeof wanted !== "number") assertEquals(end.reason, wanted.reason);

  const sent = receivedFrames(below.written, role);
  assertCloses(sent.pop(), code, typeof wanted === "number");
  assertPongs(sent, rule.pings ?? [], chunks.length <= 1);
  assertEquals(below.endedBy, "close");
  assertEquals(clock.pending, 0);
  const late = new WriteUnits();
  late.add(bytesOf("late"));
  const written = await channel.write(late).then(() => "written", () => "");
  assertEquals(written, "", "a write after the end");
}

/** The last frame: the same code, and a reason only for a failure. */
function assertCloses(
  frame: ReceivedFrame | undefined,
  code: number,
  failed: boolean,
): void {
  assertEquals(frame?.opcode, 8, "the opcode of the last frame");
  const payload = frame!.payload;
  if (code === 1005) return assertEquals(payload.length, 0);
  assertEquals(payload[0]! << 8 | payload[1]!, code);
  assertEquals(strictText(payload.subarray(2)) !== "", failed);
}

/**
 * Of pings that wait together only the latest is answered, as section 5.5.3
 * allows; the last ping always is.
 */
function assertPongs(
  sent: readonly ReceivedFrame[],
  pings: readonly Payload[],
  together: boolean,
): void {
  const left = pings.map(bytesOf);
  for (const { opcode, payload } of sent) {
    assertEquals(opcode, 10, "the opcode of a frame before the close");
    while (left.length > 0 && left[0]!.toHex() !== payload.toHex()) {
      left.shift();
    }
    assert(left.shift() !== undefined, "a pong that no ping precedes");
  }
  assertEquals(left, [], "pings after the last pong");
  if (together) assertEquals(sent.length, Math.min(1, pings.length));
}

/** All data before the failure arrives; of a chunk with bad text, maybe less. */
function assertUnfinished(
  { unfinished = "", end }: EndingRule,
  actual: Uint8Array,
  chunks: readonly Uint8Array[],
): void {
  const wanted = bytesOf(unfinished);
  const isText = "fails" in end && end.fails === 1007;
  const bytewise = chunks.length > 1 &&
    chunks.every((chunk) => chunk.length === 1);
  if (isText && !bytewise) assert(startsWith(wanted, actual), "other data");
  else assertSame([actual], [wanted]);
}

/** A code that it fails with, or code and reason of the close. */
function endOf(
  { end }: EndingRule,
): number | { code: number; reason: string } {
  if ("fails" in end) return end.fails;
  return { code: end.code, reason: end.reason ?? "" };
}

/** The number of bytes with which the last frame must fail. */
function foundAfter(
  { frames, end }: EndingRule,
  encoded: readonly EncodedFrame[],
): number {
  if (!("fails" in end)) throw new AssertionError("It fails");
  const index = frames.length - 1;
  const { lengthEnd, headerEnd, bytes } = encoded[index]!;
  let before = 0;
  for (const frame of encoded.slice(0, index)) before += frame.bytes.length;
  switch (end.found) {
    case "start":
      return before + 2;
    case "length":
      return before + lengthEnd;
    case "header":
      return before + headerEnd;
    case "end":
      return before + bytes.length;
    default:
      return before + headerEnd + end.found;
  }
}

function strictText(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
    .decode(bytes);
}
