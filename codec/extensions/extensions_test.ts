import { assertEquals } from "@std/assert";
import { describe, type Message, requestId } from "../mod.ts";
import { bytesOf } from "../testing/oracle.ts";
import { decodeCancel, encodeCancel } from "./cancel.ts";
import { BYTES_PAYLOAD, isBytesPayload } from "./bytes.ts";
import { decodeCredit, encodeCredit } from "./credit.ts";
import { decodeDrain, encodeDrain } from "./drain.ts";
import { isReservedName } from "./reserved_name.ts";

const id = requestId("0001");

function notification(name: string, payload: Uint8Array): Message {
  return { kind: "Notification", name, payload };
}

Deno.test("a cancel has a request ID and a reason, and is malformed without the ID (extension/cancel)", () => {
  for (const reason of ["", "left", "späť", "\u{1f600}"]) {
    assertEquals(decodeCancel(encodeCancel({ id, reason })), { id, reason });
  }
  for (const payload of ["", "0", "000"]) {
    assertEquals(decodeCancel(bytesOf(payload)), undefined);
  }
});

Deno.test("of a reason, 256 bytes of whole characters are sent and kept (extension/cancel, extension/drain)", () => {
  const long = "ä".repeat(200);
  assertEquals(encodeCancel({ id, reason: long }).byteLength, 4 + 256);
  assertEquals(encodeDrain(`a${long}`).byteLength, 255);
  const sent = new TextEncoder().encode(`a${long}`);
  assertEquals(decodeDrain(sent), `a${"ä".repeat(127)}`);
  assertEquals(decodeDrain(new Uint8Array(300)).length, 256);
});

Deno.test("a reason that is not UTF-8 is read nevertheless (extension/cancel, extension/drain)", () => {
  const payload = bytesOf("0001a\xffb");
  assertEquals(decodeCancel(payload), { id, reason: "a\ufffdb" });
  assertEquals(decodeDrain(payload.subarray(4)), "a\ufffdb");
});

Deno.test("a credit has a direction, a request ID and an offset of any size (extension/credit)", () => {
  const offsets = [0, 1, 0x50000, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
  for (const direction of ["p", "S"] as const) {
    for (const offset of offsets) {
      const credit = { direction, id, offset };
      assertEquals(decodeCredit(encodeCredit(credit)), credit);
    }
  }
  const credit = { direction: "p", id, offset: 0x50000 } as const;
  assertEquals(encodeCredit(credit), bytesOf("p00010000000000050000"));
  for (
    const digits of ["0020000000000000", "8000000000000000", "FFFFffffFFFFffff"]
  ) {
    const { offset } = decodeCredit(bytesOf(`p0001${digits}`))!;
    assertEquals(offset, Number.MAX_SAFE_INTEGER);
  }
});

Deno.test("a credit of another size, with another letter or without digits is malformed (extension/credit-malformed)", () => {
  const good = "S00010000000000050000";
  const bad = [
    "",
    good.slice(1),
    good.slice(0, -1),
    `${good}0`,
    good.toLowerCase(),
    good.replace("S", "P"),
    good.replace("5", "g"),
    `S0001+${good.slice(6)}`,
    `S0001 ${good.slice(6)}`,
    good.replace(/0$/, ":"),
  ];
  for (const payload of bad) {
    assertEquals(decodeCredit(bytesOf(payload)), undefined, payload);
  }
});

Deno.test("the payload of gotalk:bytes is empty (extension/bytes)", () => {
  assertEquals(isBytesPayload(BYTES_PAYLOAD), true);
  assertEquals(isBytesPayload(bytesOf("1")), false);
});

Deno.test("notifications of extensions are described by what they mean", () => {
  const cases: [Message, string][] = [
    [
      notification("gotalk:cancel", encodeCancel({ id, reason: "left\n" })),
      'Notification "gotalk:cancel" request 0001 reason 5 bytes "left\\x0a"',
    ],
    [
      notification("gotalk:cancel", bytesOf("\x000\x011")),
      'Notification "gotalk:cancel" request \\x000\\x011 reason 0 bytes',
    ],
    [
      notification("gotalk:cancel", bytesOf("01")),
      'Notification "gotalk:cancel" 2 bytes "01"',
    ],
    [
      notification("gotalk:drain", encodeDrain("deploy")),
      'Notification "gotalk:drain" reason 6 bytes "deploy"',
    ],
    [
      notification(
        "gotalk:credit",
        encodeCredit({ direction: "p", id, offset: 0x50000 }),
      ),
      'Notification "gotalk:credit" request 0001 p up to byte 327680',
    ],
    [
      notification("gotalk:credit", bytesOf("p0001")),
      'Notification "gotalk:credit" 5 bytes "p0001"',
    ],
    [
      notification("gotalk:bytes", BYTES_PAYLOAD),
      'Notification "gotalk:bytes" messages may be merged',
    ],
    [
      notification("gotalk:bytes", bytesOf("1")),
      'Notification "gotalk:bytes" 1 byte "1"',
    ],
    [
      notification("gotalk:trace", bytesOf("0001")),
      'Notification "gotalk:trace" 4 bytes "0001"',
    ],
    [
      notification(
        "gotalk:trace",
        bytesOf("000100-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
      ),
      'Notification "gotalk:trace" request 0001 trace 55 bytes "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"',
    ],
    [
      notification("gotalk:none", bytesOf("0001")),
      'Notification "gotalk:none" 4 bytes "0001"',
    ],
    [
      {
        kind: "SingleRequest",
        id,
        operation: "gotalk:cancel",
        payload: bytesOf("0001"),
      },
      'SingleRequest 0001 "gotalk:cancel" 4 bytes "0001"',
    ],
  ];
  for (const [message, line] of cases) assertEquals(describe(message), line);
  assertEquals(
    describe(cases[0]![0], { maxPayloadBytes: 2 }),
    'Notification "gotalk:cancel" request 0001 reason 5 bytes "le"…',
  );
});

Deno.test("reserved names are those with the prefix, as text and as bytes that are not UTF-8 (extension/reserved)", () => {
  for (
    const [name, isReserved] of [
      ["gotalk:cancel", true],
      ["gotalk:", true],
      ["gotalk", false],
      ["Gotalk:cancel", false],
      ["a gotalk:cancel", false],
      ["", false],
    ] as const
  ) {
    assertEquals(isReservedName(name), isReserved, name);
    assertEquals(isReservedName(bytesOf(`${name}\xff`)), isReserved, name);
  }
});
