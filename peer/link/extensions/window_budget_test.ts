import { assertEquals } from "@std/assert";
import { decodeCredit, type Message, requestId } from "../../../codec/mod.ts";
import { DEFAULT_LIMITS } from "../../limits.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import type { MemoryLimit } from "../memory_account.ts";
import { ReceiveWindow } from "./receive_window.ts";
import { WindowBudget } from "./window_budget.ts";

const KIB = 1024;

/** A budget of windows of 256 KiB, which together may grow to 768 KiB. */
class Budget extends WindowBudget {
  /** What refuses further memory. */
  readonly #limit: { name: MemoryLimit | undefined };
  /** The offsets that were granted. */
  readonly offsets: number[];

  constructor() {
    const limit: { name: MemoryLimit | undefined } = { name: undefined };
    const offsets: number[] = [];
    super({
      clock: new VirtualClock(),
      limits: {
        ...DEFAULT_LIMITS,
        maxUnreadBytesPerStream: 256 * KIB,
        maxUnreadBytes: 1024 * KIB,
      },
      roundTrip: { time: undefined },
      memory: {
        get exceededLimit() {
          return limit.name;
        },
        refuses: () => limit.name,
      },
      send(message: Message) {
        if (message.kind !== "Notification") return;
        offsets.push(decodeCredit(message.payload)!.offset);
      },
    });
    this.#limit = limit;
    this.offsets = offsets;
  }

  /** Says whether too much memory is held. */
  set isShort(isShort: boolean) {
    this.#limit.name = isShort ? "maxHeldBytes" : undefined;
  }
}

Deno.test("windows grow within the share of all of them, and not while too much memory is held", () => {
  const budget = new Budget();
  assertEquals(budget.open(), 256 * KIB);
  assertEquals(budget.grow(256 * KIB), 256 * KIB);
  budget.isShort = true;
  assertEquals(budget.grow(KIB), 0);
  budget.isShort = false;
  assertEquals(budget.grow(512 * KIB), 256 * KIB);
  assertEquals(budget.grow(1), 0);
  // The least, so that the stream goes on.
  assertEquals(budget.open(), 64 * KIB);
  budget.close(512 * KIB);
  assertEquals(budget.windowBytes, 320 * KIB);
});

Deno.test("while too much memory is held, little of a window is granted", () => {
  const budget = new Budget();
  const window = new ReceiveWindow(budget, "p", requestId("0001"), 0);
  window.unreadChanged(0);
  budget.isShort = true;
  window.arrived(256 * KIB, 0, 0);
  budget.isShort = false;
  window.unreadChanged(0);
  assertEquals(budget.offsets, [256 * KIB, 320 * KIB, 512 * KIB]);
});

Deno.test("a window that is closed grants nothing, whatever arrives, and gives its size back once", () => {
  const budget = new Budget();
  const window = new ReceiveWindow(budget, "S", requestId("0002"), 64 * KIB);
  window.grantAll();
  assertEquals(budget.offsets, [Number.MAX_SAFE_INTEGER]);
  window.arrived(1024 * KIB, 0, 0);
  window.unreadChanged(0);
  window.grantAll();
  window.close();
  assertEquals([budget.offsets.length, budget.windowBytes], [1, 0]);
});
