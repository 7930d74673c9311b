import { assertEquals } from "@std/assert";
import { type Cursor, Inbox, type Item } from "./_inbox.ts";
import { describeItem } from "./_item_text.ts";

const text = new TextEncoder();
const bytes = (written: string) => text.encode(written);

/** An inbox, and what it tells of. */
function inbox(): { readonly box: Inbox; readonly told: string[] } {
  const told: string[] = [];
  const box = new Inbox((item: Item) => told.push(describeItem(item)));
  return { box, told };
}

function at(item: number, skip = 0): Cursor {
  return { item, skip };
}

Deno.test("messages are told once their last byte is there, however they are cut", () => {
  const whole = "01h040065bb87c0R000100000002hif00000002";
  const wanted = [
    "version 01",
    "Heartbeat load 1024 time 2024-02-01T12:00:00Z",
    'SingleResult 0001 2 bytes "hi"',
    "ProtocolError code 2 (invalid message)",
  ];
  for (const size of [1, 3, 7, whole.length]) {
    const { box, told } = inbox();
    for (let start = 0; start < whole.length; start += size) {
      const part = bytes(whole.slice(start, start + size));
      box.push({ type: "bytes", bytes: part });
    }
    assertEquals(told, wanted);
    assertEquals(box.partial.length, 0);
    assertEquals(box.isOver, true);
    assertEquals(box.ended, false);
  }
});

Deno.test("an incomplete message is seen, and what the end makes of it", () => {
  const { box, told } = inbox();
  box.push({ type: "bytes", bytes: bytes("01R0001") });
  assertEquals(box.partial, bytes("R0001"));
  assertEquals(box.offset(at(1, 2)), 4);
  box.push({ type: "end", how: "reset" });
  assertEquals(told, [
    "version 01",
    "5 bytes that are no message: R0001 (cut by the end)",
    "the end: reset",
  ]);
  assertEquals(box.ended, true);
});

Deno.test("what is no message stays as it is, with all behind it", () => {
  const { box, told } = inbox();
  box.push({ type: "bytes", bytes: bytes("01n001a00000000xyz") });
  box.push({ type: "bytes", bytes: bytes("n001a00000000") });
  assertEquals(told.length, 4);
  const [broken, behind] = [box.at(at(2)), box.at(at(3))];
  assertEquals([broken?.type, behind?.type], ["malformed", "malformed"]);
  assertEquals(box.offset(at(3)), 18);
});

Deno.test("messages of WebSocket are found by where they begin", () => {
  const { box } = inbox();
  const push = (type: "binary" | "text", written: string) =>
    box.push({ type: "bytes", bytes: bytes(written), frame: type });
  push("binary", "01");
  push("text", "R000100000002");
  box.push({ type: "control", frame: "ping", bytes: bytes("") });
  push("binary", "hi");
  const frames = [0, 2, 15].map((from) => box.frameAt(from)?.type);
  assertEquals(frames, ["binary", "text", "binary"]);
  assertEquals(box.frameAt(1), undefined);
  // The control frame came before the last byte of the message.
  assertEquals(box.at(at(1))?.type, "control");
  assertEquals(box.at(at(2))?.type, "message");
  assertEquals(box.offset(at(1)), 2);
});

Deno.test("a header with upper-case digits is shown as it was written", () => {
  const { box, told } = inbox();
  box.push({ type: "bytes", bytes: bytes("01R00010000000A0123456789") });
  assertEquals(
    told[1],
    'SingleResult 0001 10 bytes "0123456789", its header written "R00010000000A"',
  );
});

Deno.test("what was looked at is forgotten, and numbers stay", () => {
  const { box } = inbox();
  box.push({ type: "bytes", bytes: bytes("01" + "n001a00000000".repeat(600)) });
  box.drop(at(500));
  assertEquals(box.at(at(499)), undefined);
  assertEquals(box.offset(at(500)), 2 + 499 * 13);
  assertEquals(box.length, 601);
});

Deno.test("waiting ends with an arrival, with the time, or with the signal", async () => {
  const { box } = inbox();
  const controller = new AbortController();
  const { signal } = controller;
  const arriving = box.wait(performance.now() + 60_000, signal);
  box.push({ type: "bytes", bytes: bytes("01") });
  await arriving;
  await box.wait(performance.now() + 5, signal);
  const waiting = box.wait(performance.now() + 60_000, signal);
  controller.abort("enough");
  assertEquals(await waiting.catch((reason) => reason), "enough");
});
