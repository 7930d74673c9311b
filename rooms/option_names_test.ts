import { assertRejects } from "@std/assert";
import { Rooms } from "@gotalk/gotalk/rooms";
import { broadcastChannelBackPlane } from "@gotalk/gotalk/rooms/broadcast-channel";
import { natsBackPlane } from "@gotalk/gotalk/rooms/nats";
import { redisBackPlane } from "@gotalk/gotalk/rooms/redis";

// deno-lint-ignore no-explicit-any -- the types would refuse what is tested
type Any = any;

async function inRoom(use: (room: Any) => unknown): Promise<void> {
  await using rooms = new Rooms();
  await use(rooms.room("lobby"));
}

/** What takes options, a name that is misspelt, and the one that it stands for. */
const CASES: Readonly<
  Record<string, readonly [(options: Any) => unknown, string, string]>
> = {
  Rooms: [(options) => new Rooms(options), "backplane", "backPlane"],
  "Room.notify": [
    (options) => inRoom((room) => room.notify("x", 1, options)),
    "expect",
    "except",
  ],
  "Room.notifications": [
    (options) => inRoom((room) => room.notifications("x", options)),
    "maxQueue",
    "maxQueued",
  ],
  "Room.changes": [
    (options) => inRoom((room) => room.changes(options)),
    "maxQueue",
    "maxQueued",
  ],
  "Room.request": [
    (options) => inRoom((room) => room.request("a", "x", 1, options)),
    "timeOut",
    "timeout",
  ],
  broadcastChannelBackPlane: [broadcastChannelBackPlane, "nam", "name"],
  natsBackPlane: [natsBackPlane, "server", "servers"],
  redisBackPlane: [redisBackPlane, "URL", "url"],
};

for (const [name, [use, misspelt, meant]] of Object.entries(CASES)) {
  Deno.test(`${name} refuses a misspelt option, and names the one that was meant`, async () => {
    await assertRejects(
      // Some throw, and some reject.
      async () => await use({ [misspelt]: 1 }),
      TypeError,
      `Cannot set ${misspelt}: there is no such option, the nearest is ${meant}`,
    );
  });
}

/** A back-plane, its option that is text, and values of it that are refused. */
const TEXTS: readonly [(options: Any) => unknown, string, unknown[]][] = [
  [broadcastChannelBackPlane, "name", [5, null]],
  [redisBackPlane, "prefix", [5, null]],
  // With these, `publish` would return true, and nothing would arrive.
  [natsBackPlane, "prefix", [5, null, "", "a..b", ".a", "a.", "my app", "*"]],
];

for (const [backPlane, option, values] of TEXTS) {
  Deno.test(`${backPlane.name} refuses a ${option} that it cannot use, and options that are none`, async () => {
    for (const value of values) {
      await assertRejects(
        async () => await backPlane({ [option]: value }),
        TypeError,
        `Cannot set ${option}: got ${JSON.stringify(value)}, wanted `,
      );
    }
    await assertRejects(
      async () => await backPlane(null),
      TypeError,
      "Cannot set options: got null, wanted an object",
    );
  });
}
