/**
 * Carries out the commands `encode` and `decode` with the codec of the library.
 *
 * @module
 */

import { concat } from "@std/bytes";
import {
  decodeName,
  Decoder,
  encode,
  encodeVersion,
  isLimitError,
  isProtocolError,
  type Message,
  type Name,
  type ProtocolVersion,
  requestId,
  requestIdBytes,
  VersionReader,
} from "@gotalk/gotalk/codec";
import type { Commands, RawMessage } from "../../../runner/implementation.ts";

/** The largest payload that a message can carry, in bytes. */
export const LARGEST_PAYLOAD = 0xffffffff;

const NOTHING = new Uint8Array(0);
const utf8 = new TextEncoder();

/** Encodes a message, or the version. */
export function encodeRaw(
  { version = "01", message }: Commands["encode"]["args"],
): Commands["encode"]["answer"] {
  if (message === undefined) return { bytes: encodeVersion(version) };
  try {
    return { bytes: concat(encode(ofRaw(message, version), { version })) };
  } catch (error) {
    if (!isLimitError(error)) throw error;
    return { refused: { reason: error.message } };
  }
}

/** Decodes chunks of bytes. */
export function decodeRaw(
  args: Commands["decode"]["args"],
): Commands["decode"]["answer"] {
  const { version = "01", chunks, end = false } = args;
  const messages: { chunk: number; message: RawMessage }[] = [];
  const reading = new Reading(args);
  let chunk = 0;
  try {
    for (; chunk < chunks.length; chunk++) {
      for (const message of reading.push(chunks[chunk]!)) {
        messages.push({ chunk, message: rawOf(message, version) });
      }
    }
    if (end) reading.end();
    return { messages };
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    const { reason, code } = error;
    const last = Math.max(0, chunks.length - 1);
    return {
      messages,
      refused: { chunk: Math.min(chunk, last), reason, code },
    };
  }
}

/** Reads the version, if the bytes begin with it, and the messages. */
class Reading {
  readonly #version: VersionReader | undefined;
  readonly #decoder: Decoder;

  constructor(
    { version = "01", handshake = false, limits }: Commands["decode"]["args"],
  ) {
    if (handshake) this.#version = new VersionReader([version]);
    this.#decoder = new Decoder({
      version,
      maxNameBytes: limits?.name ?? 4095,
      maxPayloadBytes: limits?.payload ?? LARGEST_PAYLOAD,
      offset: handshake ? 2 : 0,
    });
  }

  /** Yields the messages that a chunk completes. */
  *push(chunk: Uint8Array): Generator<Message> {
    const taken = this.#version?.push(chunk) ?? 0;
    if (this.#version?.error) throw this.#version.error;
    this.#decoder.push(chunk.subarray(taken));
    for (let message; (message = this.#decoder.read()) !== undefined;) {
      yield message;
    }
  }

  end(): void {
    this.#version?.end();
    this.#decoder.end();
  }
}

function ofRaw(message: RawMessage, version: ProtocolVersion): Message {
  const { id, operation, name, payload } = message;
  const fields: Record<string, unknown> = { ...message };
  if (id !== undefined) fields.id = requestId(id, version);
  if (operation !== undefined) fields.operation = decodeName(operation);
  if (name !== undefined) fields.name = decodeName(name);
  if (message.kind !== "Heartbeat" && message.kind !== "ProtocolError") {
    fields.payload = payload ?? NOTHING;
  }
  return fields as unknown as Message;
}

function rawOf(message: Message, version: ProtocolVersion): RawMessage {
  const fields: Record<string, unknown> = { ...message };
  if ("id" in message) fields.id = requestIdBytes(message.id, version);
  if ("operation" in message) fields.operation = bytesOfName(message.operation);
  if ("name" in message) fields.name = bytesOfName(message.name);
  return fields as unknown as RawMessage;
}

function bytesOfName(name: Name): Uint8Array {
  return typeof name === "string" ? utf8.encode(name) : name;
}
