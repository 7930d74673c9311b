import { assert, assertEquals } from "@std/assert";
import { VirtualClock } from "../testing/virtual_clock.ts";
import { WriteStretch } from "./_write_stretch.ts";

const KIB = 1024;

Deno.test("writes give way to others once they have followed each other for 8 ms, and begin anew afterwards", async () => {
  const clock = new VirtualClock();
  const stretch = new WriteStretch(clock);
  for (let time = 0; time < 2; time++) {
    for (let elapsed = 0; elapsed < 8; elapsed++) {
      assertEquals(stretch.written(64 * KIB, 1), undefined);
      await clock.advance(1);
    }
    const turn = stretch.written(64 * KIB, 1);
    assert(turn !== undefined);
    await turn;
  }
});

Deno.test("a stretch begins anew with what arrives, and small writes take long", async () => {
  const clock = new VirtualClock();
  const stretch = new WriteStretch(clock);
  const write = async (bytes: number, units: number) => {
    await clock.advance(10);
    return stretch.written(bytes, units) !== undefined;
  };
  assertEquals(await write(64 * KIB, 2), false);
  stretch.restart();
  assertEquals(await write(64 * KIB, 2), false);
  assertEquals(await write(1, 1), true);
  // 512 units are as much as 64 KiB.
  for (let count = 0; count < 8; count++) {
    assertEquals(await write(1, 64), false);
  }
  assertEquals(await write(1, 64), true);
});
