import { assertEquals } from "@std/assert";
import { settled, VirtualClock } from "../peer/testing/virtual_clock.ts";
import { SendQueue } from "./_send_queue.ts";

/** A WebSocket that takes all at once. */
const socket = { OPEN: 1, readyState: 1, bufferedAmount: 0, send() {} };

Deno.test("a page that sends without an end lets its other tasks have turns, however little it sends", async () => {
  const clock = new VirtualClock();
  const queue = new SendQueue(
    socket as unknown as WebSocket,
    clock,
    () => false,
  );
  let sent = 0;
  void (async () => {
    for (;;) {
      queue.add(new Uint8Array(2));
      await queue.ready(() => true);
      sent++;
    }
  })();
  for (let turns = 0; turns < 3; turns++) {
    await settled();
    // All but the one that waits.
    assertEquals(sent, (turns + 1) * 1024 - 1);
    await clock.advance(2);
  }
});
