import { assert, assertEquals } from "@std/assert";
import { ScriptedChannel } from "../../transport/testing/scripted_channel.ts";
import { turns } from "../../transport/turns.ts";
import { settled } from "../testing/virtual_clock.ts";
import { Crowding } from "./crowding.ts";

const MIB = 1024 * 1024;

/** The state of a channel that has chunks of these sizes queued. */
function crowding(...sizes: number[]): Crowding {
  const channel = Object.assign(new ScriptedChannel({ chunks: [] }), {
    readQueued: () => {
      const size = sizes.shift();
      return size === undefined ? undefined : new Uint8Array(size);
    },
  });
  return new Crowding(channel, () => turns.next());
}

/** Whether a promise settles without a round of the event loop. */
async function settlesAtOnce(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  void promise.then(() => isSettled = true);
  for (let count = 0; count < 10; count++) await undefined;
  return isSettled;
}

Deno.test("a channel is crowded until all that is queued has been read", async () => {
  const crowd = crowding(1, 2);
  assertEquals([crowd.isUrgent, crowd.next()], [false, undefined]);
  crowd.begin();
  assert(crowd.isUrgent);
  assertEquals([crowd.next()?.byteLength, crowd.next()?.byteLength], [1, 2]);
  assert(crowd.isUrgent);
  assertEquals([crowd.next(), crowd.isUrgent], [undefined, false]);
  await settled();
});

Deno.test("a wait ends with the turn, or once the channel is crowded", async () => {
  const crowd = crowding();
  const first = crowd.wait();
  assert(!await settlesAtOnce(first));
  await first;
  const second = crowd.wait();
  crowd.begin();
  assert(await settlesAtOnce(second));
  await settled();
});

Deno.test("64 MiB are read without a turn until the system is polled, on all channels together", async () => {
  const one = crowding(40 * MIB);
  const other = crowding(40 * MIB);
  one.begin();
  one.next();
  other.begin();
  assert(other.isUrgent);
  other.next();
  assertEquals([one.isUrgent, other.isUrgent], [false, false]);
  const wait = other.wait();
  other.begin();
  assert(!await settlesAtOnce(wait));
  await wait;
  await settled();
  one.begin();
  assert(one.isUrgent);
  await settled();
});

Deno.test("a message that begins work counts as much as a mebibyte of data", async () => {
  const crowd = crowding();
  crowd.handled("SingleRequest");
  crowd.begin();
  for (let count = 0; count < 64; count++) {
    assert(crowd.isUrgent);
    crowd.handled("SingleRequest");
  }
  assert(!crowd.isUrgent);
  await settled();
});

Deno.test("any other message counts 4 KiB in addition to its bytes", async () => {
  const crowd = crowding();
  crowd.begin();
  for (let count = 0; count < 16 * 1024; count++) {
    assert(crowd.isUrgent);
    crowd.handled("StreamRequestPart");
  }
  assert(!crowd.isUrgent);
  await settled();
});
