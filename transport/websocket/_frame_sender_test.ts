import { assert, assertEquals } from "@std/assert";
import { concat, equals } from "@std/bytes";
import type { FrameEvent } from "./_frame_event.ts";
import { FrameReader } from "./_frame_reader.ts";
import { FrameSender } from "./_frame_sender.ts";
import type { Channel } from "../channel.ts";
import { memoryPair } from "../memory.ts";
import { WriteUnits } from "../write_units.ts";

const ROLES = ["client", "server"] as const;

function batch(...sizes: number[]): WriteUnits {
  const units = new WriteUnits();
  for (const size of sizes) units.add(pattern(size));
  return units;
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 8));
}

/** The whole messages and control frames that arrive, to the end. */
async function received(
  channel: Channel,
  role: "client" | "server",
): Promise<(Uint8Array | FrameEvent)[]> {
  const reader = new FrameReader(role);
  const all: (Uint8Array | FrameEvent)[] = [];
  let parts: Uint8Array[] = [];
  for (let chunk; (chunk = await channel.read()) !== null;) {
    reader.push(chunk);
    for (let event; (event = reader.read()) !== undefined;) {
      if (event.kind !== "data") {
        all.push(event);
        continue;
      }
      parts.push(event.bytes);
      if (!event.end) continue;
      all.push(concat(parts));
      parts = [];
    }
  }
  return all;
}

for (const role of ROLES) {
  const other = role === "client" ? "server" : "client";

  for (
    const sizes of [
      [2, 0, 13, 5],
      [0],
      [16_384, 16_385],
      [65_500],
      [65_536, 13, 100_000, 1],
      Array.from({ length: 5_000 }, (_, index) => index % 40),
      [1_000_003],
    ]
  ) {
    const which = sizes.length > 9
      ? `${sizes.length} units`
      : `units of ${sizes.join(", ")} bytes`;

    Deno.test(`a ${role} sends ${which} (websocket/binary, websocket/units)`, async () => {
      const [here, there] = memoryPair();
      const sender = new FrameSender(here, role);
      const arriving = received(there, other);
      await sender.send(batch(...sizes), false);
      await sender.send(batch(...sizes), true);
      await here.close();
      const bodies = sizes.filter((size) => size > 0).map(pattern);
      const whole = concat(bodies);
      const expected = whole.length === 0 ? [] : [...bodies, whole];
      const actual = await arriving;
      assertEquals(actual.length, expected.length);
      for (const [index, bytes] of actual.entries()) {
        assert(bytes instanceof Uint8Array && equals(bytes, expected[index]!));
      }
      await there.close();
    });
  }

  Deno.test(`a ${role} answers the latest of several pings, between messages (websocket/ping)`, async () => {
    const [here, there] = memoryPair({ capacity: 100 });
    const sender = new FrameSender(here, role);
    const sending = sender.send(batch(1_000), false);
    for (const payload of [1, 2, 3]) sender.pong(Uint8Array.of(payload));
    const closing = sender.close(4002, "né");
    sender.pong(Uint8Array.of(4));
    const arriving = received(there, other);
    await Promise.all([sending, closing]);
    await here.close();
    assertEquals(await arriving, [
      pattern(1_000),
      { kind: "pong", bytes: Uint8Array.of(3) },
      { kind: "close", code: 4002, reason: "né" },
    ]);
    await there.close();
  });

  for (const merged of [false, true]) {
    const how = merged ? "merged" : "separate";
    Deno.test(`a ${role} answers pings within a large message and between large ones, ${how} (websocket/ping)`, async () => {
      const [here, there] = memoryPair({ capacity: 100 });
      const sender = new FrameSender(here, role);
      const sizes = [1_000_000, 300_001, 300_002];
      const sending = sender.send(batch(...sizes), merged);
      sender.pong(Uint8Array.of(1));
      sender.pong(Uint8Array.of(2));
      const reader = new FrameReader(other);
      const parts: Uint8Array[] = [];
      const pongs: string[] = [];
      let length = 0, messages = 0, answered = 0;
      const read = async () => {
        for (let chunk; (chunk = await there.read()) !== null;) {
          reader.push(chunk);
          for (let event; (event = reader.read()) !== undefined;) {
            if (event.kind === "pong") {
              pongs.push(`${event.bytes[0]} in message ${messages}`);
            } else if (event.kind === "data") {
              parts.push(event.bytes);
              length += event.bytes.byteLength;
              if (event.end) messages++;
              // One ping in each message.
              if (messages < answered || length < 1_000) continue;
              sender.pong(Uint8Array.of(10 + answered++));
            }
          }
        }
      };
      const reading = read();
      await sending;
      await here.close();
      await reading;
      assert(equals(concat(parts), concat(sizes.map(pattern))));
      assertEquals(messages, merged ? 1 : 3);
      assertEquals(pongs[0], "2 in message 0");
      assert(pongs.includes("10 in message 0"), String(pongs));
      await there.close();
    });
  }

  Deno.test(`a ${role} closes without a code`, async () => {
    const [here, there] = memoryPair();
    const arriving = received(there, other);
    await new FrameSender(here, role).close(1005, "");
    await here.close();
    assertEquals(await arriving, [{ kind: "close", code: 1005, reason: "" }]);
    await there.close();
  });
}

Deno.test("a batch of small units leaves in one write", async () => {
  for (const role of ROLES) {
    const writes: number[] = [];
    const [here, there] = memoryPair({ capacity: 1_000_000 });
    const counting = {
      write(units: WriteUnits) {
        writes.push(Array.from(units.segments()).length);
        return here.write(units);
      },
    } as Channel;
    const sizes = Array.from({ length: 2_000 }, (_, index) => index % 30);
    await new FrameSender(counting, role).send(batch(...sizes), false);
    assertEquals(writes, [1]);
    await Promise.all([here.close(), there.close()]);
  }
});
