import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { bytesOf } from "./testing/oracle.ts";
import { decodeChunks, type Decoded } from "./testing/oracle_shape.ts";
import { Decoder } from "./decoder.ts";
import type { DecoderOptions } from "./decoder_options.ts";

/** Decodes text with one character a byte, whole and byte by byte, to the same end. */
function decode(wire: string, options: DecoderOptions = {}): Decoded {
  const bytes = bytesOf(wire);
  const whole = decodeChunks([bytes], options);
  const single = decodeChunks(
    Array.from(bytes, (byte) => Uint8Array.of(byte)),
    options,
  );
  assertEquals(single.messages, whole.messages);
  assertEquals(single.error?.message, whole.error?.message);
  return whole;
}

/** Refuses text for one reason at one byte, and gives the error's message. */
function refuse(
  wire: string,
  reason: string,
  offset: number,
  options: DecoderOptions = {},
): string {
  const { error } = decode(wire, options);
  assertEquals(
    [error?.reason, error?.offset, error?.code, error?.side],
    [reason, offset, 2, "local"],
    wire,
  );
  return error!.message;
}

Deno.test("any byte that is not the letter of a kind is refused at once (wire/kind, error/at-once, version00/kinds)", () => {
  for (
    const [version, letters] of [["01", "rspRSEenhf"], [
      "00",
      "rspRSEn",
    ]] as const
  ) {
    for (let byte = 0; byte < 256; byte++) {
      const letter = String.fromCharCode(byte);
      if (letters.includes(letter)) {
        refuse(letter, "truncated", 1, { version });
      } else {
        refuse(letter, "unknown-kind", 0, { version });
      }
    }
  }
});

Deno.test("the error for an unknown kind lists the letters of the version", () => {
  assertEquals(
    refuse("x000100000000", "unknown-kind", 0),
    'Cannot decode a message: its kind is "x", wanted one of E R S e f h n p r s, at byte 0',
  );
  assertEquals(
    refuse("R00000000000\nf00000001", "unknown-kind", 12, { version: "00" }),
    'Cannot decode a message: its kind is "\\x0a", wanted one of E R S n p r s, at byte 12',
  );
  assertEquals(
    refuse("\x9b", "unknown-kind", 0),
    'Cannot decode a message: its kind is "\\x9b", wanted one of E R S e f h n p r s, at byte 0',
  );
});

/**
 * Where the numbers of every kind stand in a valid header, and what the refusal
 * calls them.
 */
const NUMBERS = [
  ["r0001004echo00000002", 5, 3, "SingleRequest: operation length"],
  ["r0001004echo00000002", 12, 8, "SingleRequest: payload size"],
  ["s0001004echo00000002", 5, 3, "StreamRequest: operation length"],
  ["s0001004echo00000002", 12, 8, "StreamRequest: payload size"],
  ["p000100000002", 5, 8, "StreamRequestPart: payload size"],
  ["R000100000002", 5, 8, "SingleResult: payload size"],
  ["S000100000002", 5, 8, "StreamResult: payload size"],
  ["E000100000002", 5, 8, "ErrorResult: payload size"],
  ["e00010000000a00000002", 5, 8, "RetryResult: wait"],
  ["e00010000000a00000002", 13, 8, "RetryResult: payload size"],
  ["n004ping00000002", 1, 3, "Notification: name length"],
  ["n004ping00000002", 8, 8, "Notification: payload size"],
  ["h000100000002", 1, 4, "Heartbeat: load"],
  ["h000100000002", 5, 8, "Heartbeat: time"],
  ["f00000002", 1, 8, "ProtocolError: code"],
] as const;

for (const [header, at, digits, field] of NUMBERS) {
  Deno.test(`${field} refuses any byte that is not a digit, at that byte (wire/hex-strict)`, () => {
    for (let place = at; place < at + digits; place++) {
      for (let byte = 0; byte < 256; byte++) {
        const letter = String.fromCharCode(byte);
        if (/[0-9a-fA-F]/.test(letter)) continue;
        const wire = header.slice(0, place) + letter;
        const whole = wire + header.slice(place + 1);
        const { error: early } = decodeChunks([bytesOf(wire)]);
        const { error } = decodeChunks([bytesOf(whole)]);
        assertEquals([error?.reason, error?.offset], ["bad-hex", place]);
        assertEquals(early?.message, error?.message);
      }
    }
  });

  Deno.test(`${field} is named if a digit is wrong`, () => {
    const wire = header.slice(0, at + 1) + "x" + header.slice(at + 2);
    assertEquals(
      refuse(wire, "bad-hex", at + 1),
      `Cannot decode ${field} is "${
        header[at]
      }x", wanted ${digits} hexadecimal digits, at byte ${at + 1}`,
    );
  });
}

Deno.test("numbers are read in upper, lower and mixed case (wire/hex)", () => {
  assertEquals(
    decode("n00A0123456789000000aB" + "x".repeat(0xab)).error,
    undefined,
  );
  assertEquals(decode("hABcdEFabCDeF").messages, [
    { kind: "Heartbeat", load: 0xabcd, time: 0xefabcdef },
  ]);
});

Deno.test("offsets of faults count from the start of the conversation, over several chunks", () => {
  const chunks = ["n001x0000", "0003a", "bcR0001000", "0000z"].map(bytesOf);
  const { messages, error } = decodeChunks(chunks, { offset: 2 });
  assertEquals(messages.length, 1);
  assertEquals(error?.offset, 2 + 28);
  assertEquals(
    error?.message,
    'Cannot decode SingleResult: payload size is "0000000z", wanted 8 hexadecimal digits, at byte 30',
  );
});

Deno.test("offsets of faults are exact beyond 4 GiB", () => {
  const offset = 2 ** 40;
  refuse("f00000001x", "unknown-kind", offset + 9, { offset });
});

Deno.test("maxNameBytes refuses a longer name as soon as its length has arrived (limits/name)", () => {
  for (const maxNameBytes of [0, 1, 4, 4094]) {
    const fits = maxNameBytes.toString(16).padStart(3, "0");
    const next = (maxNameBytes + 1).toString(16).padStart(3, "0");
    const name = "x".repeat(maxNameBytes);
    assertEquals(
      decode(`r0001${fits}${name}00000000n${fits}${name}00000000`, {
        maxNameBytes,
      })
        .messages.length,
      2,
    );
    assertEquals(
      refuse(`s0001${next}`, "over-limit", 5, { maxNameBytes }),
      `Cannot decode StreamRequest: operation length is ${
        maxNameBytes + 1
      } bytes, wanted at most ${maxNameBytes}, at byte 5`,
    );
    refuse(`n${next}`, "over-limit", 1, { maxNameBytes });
  }
  const longest = "x".repeat(4095);
  assertEquals(decode(`nfff${longest}00000000`).messages.length, 1);
});

Deno.test("maxPayloadBytes refuses a larger payload as soon as its size has arrived", () => {
  for (const maxPayloadBytes of [0, 1, 255]) {
    const fits = maxPayloadBytes.toString(16).padStart(8, "0");
    const next = (maxPayloadBytes + 1).toString(16).padStart(8, "0");
    const payload = "x".repeat(maxPayloadBytes);
    assertEquals(
      decode(`R0001${fits}${payload}`, { maxPayloadBytes }).error,
      undefined,
    );
    assertEquals(
      refuse(`R0001${next}`, "over-limit", 5, { maxPayloadBytes }),
      `Cannot decode SingleResult: payload size is ${
        maxPayloadBytes + 1
      } bytes, wanted at most ${maxPayloadBytes}, at byte 5`,
    );
    refuse(`n001x${next}`, "over-limit", 5, { maxPayloadBytes });
  }
});

Deno.test("the rest of a payload that is too large is refused at its size, after any pieces", () => {
  const decoder = new Decoder({ maxPayloadBytes: 2, offset: 100 });
  decoder.push(bytesOf("R000100000009abc"));
  decoder.readHeader();
  decoder.readPiece();
  const error = assertThrows(() => decoder.readPayload());
  assertStrictEquals(decoder.failure, error);
  assertEquals(decoder.failure?.offset, 105);
  assertEquals(
    decoder.failure?.message,
    "Cannot decode SingleResult: payload size is 9 bytes, wanted at most 2, at byte 105",
  );
});

Deno.test("messages before a fault are delivered first (error/delivered-before)", () => {
  const { messages, error } = decode(
    "f00000001R000100000002hif0000000Xf00000002",
  );
  assertEquals(messages.length, 2);
  assertEquals([error?.reason, error?.offset], ["bad-hex", 32]);
});

Deno.test("end throws if the conversation ends within a header, at any byte of it (close/inside)", () => {
  for (const [wire] of NUMBERS) {
    for (let length = 1; length < wire.length; length++) {
      assertEquals(
        refuse(wire.slice(0, length), "truncated", length),
        `Cannot decode a message: it ends after ${length} bytes, at byte ${length}`,
      );
    }
  }
});

Deno.test("end throws if the conversation ends within a payload (close/inside)", () => {
  for (const payload of ["", "a", "ab"]) {
    assertEquals(
      refuse(
        `f00000001R000100000003${payload}`,
        "truncated",
        22 + payload.length,
      ),
      `Cannot decode SingleResult: payload ends after ${payload.length} of 3 bytes, at byte ${
        22 + payload.length
      }`,
    );
  }
});

Deno.test("end throws if the conversation ends within a payload that is skipped or read in pieces", () => {
  for (const read of ["skip", "readPiece"] as const) {
    const decoder = new Decoder();
    decoder.push(bytesOf("R000100000003ab"));
    decoder.readHeader();
    decoder[read]();
    const error = assertThrows(
      () => decoder.end(),
      Error,
      "after 2 of 3 bytes",
    );
    assertStrictEquals(decoder.failure, error);
  }
});

Deno.test("end accepts a conversation that ends without or between messages (close/between)", () => {
  assertEquals(decode(""), { messages: [] });
  assertEquals(decode("f00000000"), {
    messages: [{ kind: "ProtocolError", code: 0 }],
  });
});

Deno.test("a decoder that has failed throws the same error at every call (error/invalid)", () => {
  const failures: (readonly [string, (decoder: Decoder) => unknown])[] = [
    ["x", (decoder) => decoder.read()],
    ["f0000000x", (decoder) => decoder.readHeader()],
    ["R000100000009", (decoder) => decoder.read()],
    ["R00010000", (decoder) => (decoder.read(), decoder.end())],
    ["R000100000002h", (decoder) => (decoder.read(), decoder.end())],
  ];
  for (const [wire, fail] of failures) {
    const decoder = new Decoder({ maxPayloadBytes: 4 });
    assertEquals(decoder.failure, undefined);
    decoder.push(bytesOf(wire));
    const error = assertThrows(() => fail(decoder));
    const { offset } = decoder;
    for (
      const call of [
        () => decoder.push(bytesOf("f00000001")),
        () => decoder.read(),
        () => decoder.readHeader(),
        () => decoder.readPayload(),
        () => decoder.readPiece(),
        () => decoder.skip(),
        () => decoder.end(),
      ]
    ) {
      assertStrictEquals(assertThrows(call), error);
    }
    assertStrictEquals(decoder.failure, error);
    assertEquals(decoder.offset, offset);
  }
});
