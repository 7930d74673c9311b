import {
  assert,
  assertEquals,
  assertMatch,
  assertStrictEquals,
} from "@std/assert";
import { concat } from "@std/bytes";
import fc from "fast-check";
import {
  anyConversation,
  anyCuts,
  anyLimits,
  anyWire,
  check,
  cut,
  wireOf,
} from "./testing/arbitrary.ts";
import { oracleDecode } from "./testing/oracle.ts";
import { decodeChunks, oracleShape } from "./testing/oracle_shape.ts";
import { Decoder } from "./decoder.ts";
import { encode } from "./encoder.ts";
import { isProtocolError } from "./protocol_error.ts";

const MISUSE = /^TypeError: Cannot (push|read a header|end): /;

/** Cuts that leave one byte a chunk. */
const everywhere = Array.from({ length: 60 }, (_, at) => at);

Deno.test("property: encoded messages decode to the same messages (wire/payload-opaque, wire/any-order)", () => {
  check(fc.property(anyConversation, ({ version, messages }) => {
    const units = messages.flatMap((message) => encode(message, { version }));
    assertEquals(decodeChunks(units, { version }), { messages: [...messages] });
    assertEquals(decodeChunks([concat(units)], { version }), {
      messages: [...messages],
    });
  }));
});

Deno.test("property: the encoder writes the oracle's bytes (wire/hex-lowercase)", () => {
  check(fc.property(anyConversation, ({ version, messages }) => {
    const units = messages.flatMap((message) => encode(message, { version }));
    assertEquals(concat(units), wireOf({ version, messages }));
  }));
});

Deno.test("property: the decoder reads the oracle's messages, and finds the same faults (wire/hex-strict)", () => {
  check(fc.property(anyWire, anyLimits, (bytes, limits) => {
    assertEquals(
      oracleShape(decodeChunks([bytes], limits)),
      oracleDecode(bytes, limits),
    );
  }));
});

Deno.test("property: any division into chunks yields the same messages and the same error (wire/chunking)", () => {
  check(fc.property(anyWire, anyLimits, anyCuts, (bytes, limits, cuts) => {
    const whole = decodeChunks([bytes], limits);
    const parts = decodeChunks(cut(bytes, cuts), limits);
    assertEquals(parts.messages, whole.messages);
    assertEquals(oracleShape(parts), oracleShape(whole));
    assertEquals(parts.error?.message, whole.error?.message);
  }));
});

Deno.test("property: the decoder reads any beginning of a conversation, byte by byte, as the oracle does", () => {
  check(fc.property(anyWire, anyLimits, fc.nat(60), (bytes, limits, length) => {
    const beginning = bytes.subarray(0, length);
    assertEquals(
      oracleShape(decodeChunks(cut(beginning, everywhere), limits)),
      oracleDecode(beginning, limits),
    );
  }));
});

Deno.test("property: the pieces of a payload, joined, are the payload", () => {
  check(fc.property(anyConversation, anyCuts, (conversation, cuts) => {
    const decoder = new Decoder({
      version: conversation.version,
      maxPayloadBytes: 0,
    });
    const payloads: number[][] = [];
    for (const chunk of cut(wireOf(conversation), cuts)) {
      decoder.push(chunk);
      do {
        for (let piece; (piece = decoder.readPiece()) !== undefined;) {
          payloads.at(-1)!.push(...piece);
        }
        if (decoder.remaining > 0) break;
      } while (decoder.readHeader() !== undefined && payloads.push([]));
    }
    decoder.end();
    assertEquals(
      payloads,
      conversation.messages.map((message) =>
        "payload" in message ? [...message.payload] : []
      ),
    );
  }));
});

Deno.test("property: any calls on any bytes throw only ProtocolErrors, except for misuse (error/isolation)", () => {
  const calls = fc.array(
    fc.constantFrom(
      "read",
      "readHeader",
      "readPayload",
      "readPiece",
      "skip",
      "end",
    ),
    { minLength: 1, maxLength: 20 },
  );
  check(
    fc.property(
      anyWire,
      anyCuts,
      anyLimits,
      calls,
      (bytes, cuts, limits, calls) => {
        const decoder = new Decoder(limits);
        for (const chunk of cut(bytes, cuts)) {
          for (const call of ["push", ...calls] as const) {
            const { offset, remaining, failure } = decoder;
            try {
              if (call === "push") decoder.push(chunk);
              else decoder[call]();
              assert(decoder.offset >= offset);
              assertEquals(failure, undefined);
            } catch (error) {
              if (isProtocolError(error)) {
                assertStrictEquals(decoder.failure, error);
                assertEquals(error.code, 2);
              } else {
                assertMatch(String(error), MISUSE);
                assertEquals(decoder.offset, offset);
                assertEquals(decoder.remaining, remaining);
              }
            }
          }
        }
      },
    ),
  );
});
