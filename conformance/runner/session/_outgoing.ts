/**
 * Converts the items of a `send` step to what is written to a wire.
 *
 * @module
 */

import {
  describe,
  encode,
  encodeVersion,
  type Message,
  requestId,
} from "@gotalk/gotalk/codec";
import { joinBytes, showBytes, toBytes } from "../cases/bytes.ts";
import type { Bytes, Frame, SendItem, SentMessage } from "../cases/case.ts";
import type { Unit } from "../cases/expand.ts";
import { type Bindings, valueOf, withBound } from "./expectation/pattern.ts";
import type { OutgoingFrame, Wire } from "./wire/wire.ts";

/** Something to write, with a description. */
export type Outgoing =
  /** Write units that belong together. */
  | { readonly units: readonly Uint8Array[]; readonly text: () => string }
  | { readonly frame: OutgoingFrame; readonly text: () => string }
  | { readonly raw: Uint8Array; readonly text: () => string };

/** What is written to a wire at once. */
export type Piece = Uint8Array | OutgoingFrame | { readonly raw: Uint8Array };

/** How outgoing items are divided into pieces. */
export interface PieceOptions {
  /** What one WebSocket message is. */
  readonly unit: Unit;
  /** The transport of the wire. */
  readonly over: Wire["transport"];
  /** Where to cut the bytes: after each byte, or into pieces of this size. */
  readonly cut?: "bytewise" | number | undefined;
}

/** The version that the runner sends. */
export const VERSION: Outgoing = {
  units: [encodeVersion("01")],
  text: () => "version 01",
};

/**
 * Converts an item of a `send` step.
 *
 * @param counter The number of the repetition in a flood.
 */
export function outgoing(
  item: SendItem,
  bindings: Bindings,
  counter = 0,
): Outgoing {
  if ("frame" in item) return outgoingFrame(item.frame, counter);
  if ("raw" in item) {
    const raw = toBytes(withBound(item.raw, bindings), counter);
    return { raw, text: () => `raw bytes "${showBytes(raw)}"` };
  }
  if ("bytes" in item) {
    const bytes = toBytes(item.bytes, counter);
    return { units: [bytes], text: () => `bytes "${showBytes(bytes)}"` };
  }
  const message = messageOf(item, bindings, counter);
  const units = encode(message);
  const text = () => describe(message);
  if (item.first === undefined) return { units, text };
  return {
    units: firstOf(units, item.first),
    text: () => `the first ${item.first} bytes of ${text()}`,
  };
}

/** Returns the number of bytes that an outgoing item writes. */
export function sizeOf(part: Outgoing): number {
  if ("raw" in part) return part.raw.length;
  return "frame" in part
    ? part.frame.bytes.length
    : part.units.reduce((sum, { length }) => sum + length, 0);
}

/** Divides outgoing items into pieces, as few as the options allow. */
export function pieces(
  parts: readonly Outgoing[],
  options: PieceOptions,
): readonly Piece[] {
  const written: Piece[] = [];
  let units: Uint8Array[] = [];
  const flush = () => {
    written.push(...cutUnits(units, options));
    units = [];
  };
  for (const part of parts) {
    if ("units" in part) {
      units.push(...part.units);
      continue;
    }
    flush();
    written.push("raw" in part ? part : part.frame);
  }
  flush();
  return written;
}

/** Writes a piece to a wire. */
export function writePiece(wire: Wire, piece: Piece): Promise<void> {
  if (piece instanceof Uint8Array) return wire.write(piece);
  if (!("raw" in piece)) return wire.frame!(piece);
  if (wire.raw !== undefined) return wire.raw(piece.raw);
  throw new TypeError("Cannot send raw bytes: the case has no step raw");
}

function cutUnits(
  units: readonly Uint8Array[],
  { unit, over, cut }: PieceOptions,
): Piece[] {
  if (units.length === 0) return [];
  const isApart = units.length === 1 ||
    over === "websocket" && unit !== "merged";
  const whole = isApart && cut === undefined ? units : [joinBytes(units)];
  const cuts = cut === undefined
    ? whole
    : whole.flatMap((bytes) => cutBytes(bytes, cut === "bytewise" ? 1 : cut));
  if (over !== "websocket" || unit !== "text") return [...cuts];
  return cuts.map((bytes) => ({ type: "text", bytes, fin: true }));
}

function cutBytes(bytes: Uint8Array, size: number): Uint8Array[] {
  const cuts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    cuts.push(bytes.subarray(at, at + size));
  }
  return cuts;
}

function firstOf(units: readonly Uint8Array[], size: number): Uint8Array[] {
  const first: Uint8Array[] = [];
  let left = size;
  for (const unit of units) {
    if (left <= 0) break;
    first.push(unit.subarray(0, left));
    left -= unit.length;
  }
  return first;
}

function outgoingFrame(frame: Frame, counter: number): Outgoing {
  const { type, data = "", fin = true } = frame;
  const bytes = toBytes(data, counter);
  const part = fin ? "" : ", more to follow";
  return {
    frame: { type, bytes, fin },
    text: () => `WebSocket ${type} "${showBytes(bytes)}"${part}`,
  };
}

function messageOf(
  item: SentMessage,
  bindings: Bindings,
  counter: number,
): Message {
  const { first: _, id, operation, name, payload, ...numbers } = item;
  const fields: Record<string, unknown> = { ...numbers };
  if (id !== undefined) {
    fields.id = requestId(
      typeof id === "object" && "var" in id
        ? valueOf(id, bindings)
        : toBytes(id as Bytes, counter),
    );
  }
  if (operation !== undefined) fields.operation = toBytes(operation, counter);
  if (name !== undefined) fields.name = toBytes(name, counter);
  if (payload !== undefined) {
    fields.payload = toBytes(withBound(payload, bindings), counter);
  }
  return fields as unknown as Message;
}
