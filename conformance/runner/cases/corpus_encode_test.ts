/**
 * Checks the codec cases against two encoders that share no code, the shipping one and the naive
 * one, and the two against each other.
 */

import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import {
  oracleEncode,
  oracleName,
  textOf,
} from "../../../codec/testing/oracle.ts";
import {
  type Message,
  type ProtocolVersion,
  requestId,
} from "@gotalk/gotalk/codec";
import { encodeRaw } from "../../implementations/adapters/deno/codec.ts";
import { joinBytes, sameBytes, toBytes } from "./bytes.ts";
import type { CaseMessage, CodecCase } from "./case.ts";
import { casesOf, CORPUS } from "./corpus.ts";
import { isSession, messageEnds } from "./expand.ts";
import { toRawMessage } from "./show_message.ts";

const cases = casesOf(CORPUS).filter((each): each is CodecCase =>
  !isSession(each)
);

/** What most headers have at least. */
const SHORT_HEADER = 13;

Deno.test("both encoders write each codec case, and the shipping one refuses what does not fit", () => {
  for (
    const { id, directions, version = "01", messages, wire, error } of cases
  ) {
    if (!directions.includes("encode")) continue;
    const pieces: Uint8Array[] = [];
    for (const message of messages.length > 0 ? messages : [undefined]) {
      const answer = encodeRaw(
        message === undefined
          ? { version }
          : { version, message: toRawMessage(message) },
      );
      if (error !== undefined) {
        assert("refused" in answer && wire === undefined, id);
        continue;
      }
      if (!("bytes" in answer)) throw new Error(`${id} was refused`);
      pieces.push(answer.bytes);
      if (message === undefined) continue;
      assert(sameBytes(writeNaively(message, version), answer.bytes), id);
    }
    assert(sameBytes(joinBytes(pieces), toBytes(wire ?? "")), id);
  }
});

Deno.test("refused bytes are long enough for a decoder that waits for whole headers", () => {
  for (const each of cases) {
    const { id, level, error, wire } = each;
    if (wire === undefined) continue;
    if (level !== "must" || error === undefined) continue;
    if (!["unknown-kind", "bad-hex"].includes(error.reason)) continue;
    const begin = messageEnds(each).at(-1) ?? (each.handshake ? 2 : 0);
    assertGreaterOrEqual(toBytes(wire).length - begin, SHORT_HEADER, id);
  }
});

Deno.test("no two codec cases are the same", () => {
  const seen = new Map<string, string>();
  for (const each of cases) {
    const { wire, messages, directions, handshake, version, end } = each;
    const { limits, error } = each;
    const asked = JSON.stringify([
      wire === undefined ? messages : [...toBytes(wire).subarray(0, 5000)],
      [directions, handshake, version, end, limits, error],
    ]);
    assertEquals(seen.get(asked), undefined, each.id);
    seen.set(asked, each.id);
  }
});

/** What the naive codec writes, which refuses nothing. */
function writeNaively(
  message: CaseMessage,
  version: ProtocolVersion,
): Uint8Array {
  return oracleEncode(toMessage(message, version), version);
}

function toMessage(message: CaseMessage, version: ProtocolVersion): Message {
  const { id, operation, name, ...rest } = toRawMessage(message);
  return {
    ...rest,
    ...id === undefined ? {} : { id: requestId(id, version) },
    ...operation === undefined ? {} : { operation: nameOf(operation) },
    ...name === undefined ? {} : { name: nameOf(name) },
  } as unknown as Message;
}

function nameOf(bytes: Uint8Array) {
  return oracleName(textOf(bytes));
}
