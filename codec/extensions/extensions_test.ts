import { assertEquals } from "@std/assert";
import { describe, type Message, requestId } from "../mod.ts";
import { bytesOf } from "../testing/oracle.ts";
import { decodeCancel, encodeCancel } from "./cancel.ts";
import { decodeDrain, encodeDrain } from "./drain.ts";

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
