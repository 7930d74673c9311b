import { assertEquals } from "@std/assert";
import { Inbox, type InboxItem, type InboxOffset } from "./inbox.ts";
import { describeItem } from "./wording.ts";

const text = new TextEncoder();
const bytes = (written: string) => text.encode(written);

/** Creates an inbox and a list of the items that it reports. */
function inbox(): { readonly box: Inbox; readonly items: string[] } {
  const items: string[] = [];
  const box = new Inbox((item: InboxItem) => items.push(describeItem(item)));
  return { box, items };
}

function at(item: number, skip = 0): InboxOffset {
  return { item, skip };
}

Deno.test("an inbox reports messages with their last byte, however they are cut", () => {
  const whole = "01h040065bb87c0R000100000002hif00000002";
  const wanted = [
    "version 01",
    "Heartbeat load 1024 time 2024-02-01T12:00:00Z",
    'SingleResult 0001 2 bytes "hi"',
    "ProtocolError code 2 (invalid message)",
  ];
  for (const size of [1, 3, 7, whole.length]) {
    const { box, items } = inbox();
    for (let start = 0; start < whole.length; start += size) {
      const part = bytes(whole.slice(start, start + size));
      box.push({ type: "bytes", bytes: part });
    }
    assertEquals(items, wanted);
    assertEquals(box.partial.length, 0);
    assertEquals(box.isOver, true);
    assertEquals(box.ended, false);
  }
});

Deno.test("an inbox has the bytes of an incomplete message, malformed once the end arrives", () => {
  const { box, items } = inbox();
  box.push({ type: "bytes", bytes: bytes("01R0001") });
  assertEquals(box.partial, bytes("R0001"));
  assertEquals(box.byteOffset(at(1, 2)), 4);
  box.push({ type: "end", how: "reset" });
  assertEquals(items, [
    "version 01",
    "5 malformed bytes: R0001 (cut by the end)",
    "the end: reset",
  ]);
  assertEquals(box.ended, true);
});

Deno.test("an inbox keeps malformed bytes and all after them as they are", () => {
  const { box, items } = inbox();
  box.push({ type: "bytes", bytes: bytes("01n001a00000000xyz") });
  box.push({ type: "bytes", bytes: bytes("n001a00000000") });
  assertEquals(items.length, 4);
  const [broken, behind] = [box.at(at(2)), box.at(at(3))];
  assertEquals([broken?.type, behind?.type], ["malformed", "malformed"]);
  assertEquals(box.byteOffset(at(3)), 18);
});

Deno.test("an inbox finds WebSocket messages by their offset", () => {
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
  assertEquals(box.byteOffset(at(1)), 2);
});

Deno.test("an item with upper-case digits in its header is described with the header", () => {
  const { box, items } = inbox();
  box.push({ type: "bytes", bytes: bytes("01R00010000000A0123456789") });
  assertEquals(
    items[1],
    'SingleResult 0001 10 bytes "0123456789", its header written "R00010000000A"',
  );
});

Deno.test("an inbox drops examined items and keeps the numbers of the others", () => {
  const { box } = inbox();
  box.push({ type: "bytes", bytes: bytes("01" + "n001a00000000".repeat(600)) });
  box.drop(at(500));
  assertEquals(box.at(at(499)), undefined);
  assertEquals(box.byteOffset(at(500)), 2 + 499 * 13);
  assertEquals(box.length, 601);
});

Deno.test("an inbox knows that the connection has ended also when all items are dropped", () => {
  const { box } = inbox();
  box.push({ type: "bytes", bytes: bytes("01") });
  box.push({ type: "end", how: "end of file" });
  box.drop(at(2));
  assertEquals(box.at(at(1)), undefined);
  assertEquals([box.ended, box.isOver], [true, true]);
});

Deno.test("waiting for an inbox ends with an arrival, with the time, or with the signal", async () => {
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
