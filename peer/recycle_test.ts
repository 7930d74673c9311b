import { assertEquals } from "@std/assert";
import type { ScriptedChannel } from "./testing/scripted_channel.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";

const SIZE = 0x10000;

/** Returns a large payload of one character. */
function large(character: string): string {
  return character.repeat(SIZE);
}

/** Sends a message with a large payload, whose last byte arrives separately. */
async function sayInTwo(
  script: ScriptedPeer,
  header: string,
  character: string,
): Promise<void> {
  await script.say(`${header}00010000${character.repeat(SIZE - 1)}`);
  await script.say(character);
}

Deno.test("a recycled result is detached, and the next result is correct", async () => {
  await using script = await ScriptedPeer.open();
  const { peer } = script;
  const ask = async (character: string) => {
    const answer = watch(peer.requestBytes("get", new Uint8Array()));
    await settled();
    const [, id] = /^r(....)003get00000000$/.exec(script.heard())!;
    await sayInTwo(script, `R${id}`, character);
    return answer.value!;
  };
  const first = await ask("a");
  peer.recycle(first);
  await settled();
  assertEquals(first.byteLength, 0);
  const second = await ask("b");
  assertEquals(second, new TextEncoder().encode(large("b")));
});

Deno.test("a small buffer, or a view of a part of one, is not recycled", async () => {
  await using script = await ScriptedPeer.open();
  const small = new Uint8Array(SIZE - 1);
  const part = new Uint8Array(SIZE * 2).subarray(0, SIZE);
  script.peer.recycle(small);
  script.peer.recycle(part);
  await settled();
  assertEquals([small.byteLength, part.byteLength], [SIZE - 1, SIZE]);
});

Deno.test("recycling memory twice, or after the end, has no effect", async () => {
  await using script = await ScriptedPeer.open();
  const memory = new Uint8Array(SIZE);
  script.peer.recycle(memory);
  script.peer.recycle(memory);
  await settled();
  assertEquals(script.peer.state, "open");
  await script.peer.close();
  const late = new Uint8Array(SIZE);
  script.peer.recycle(late);
  await settled();
  assertEquals(late.byteLength, SIZE);
});

Deno.test("a handler's input is recycled once the result has been written, also if it is the result", async () => {
  const inputs: Uint8Array[] = [];
  const handlers = new Handlers().handleBytes("echo", (input, context) => {
    inputs.push(input);
    context.recycle(input);
    return input;
  });
  await using script = await ScriptedPeer.open({ handlers });
  script.channel.stall();
  await sayInTwo(script, "r0001004echo", "a");
  await sayInTwo(script, "r0002004echo", "b");
  assertEquals(inputs.map(({ byteLength }) => byteLength), [SIZE, SIZE]);
  script.channel.resume();
  await settled();
  assertEquals(
    script.heard(),
    `R000100010000${large("a")}R000200010000${large("b")}`,
  );
  assertEquals(inputs.map(({ byteLength }) => byteLength), [0, 0]);
  await sayInTwo(script, "r0003004echo", "c");
  assertEquals(script.heard(), `R000300010000${large("c")}`);
});

/** Has a channel read to where it should, and calls back with each place. */
function readInPlace(
  channel: ScriptedChannel,
  observe: (buffer: ArrayBuffer) => void,
): void {
  const read = channel.read.bind(channel);
  Object.assign(channel, {
    async read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
      if (into !== undefined) observe(into.buffer);
      const chunk = await read();
      if (chunk === null || into === undefined) return chunk;
      into.set(chunk);
      return into.subarray(0, chunk.byteLength);
    },
  });
}

Deno.test("a chunk is recycled once it was copied, also if the channel did not read to where it should", async () => {
  for (const isInPlace of [false, true]) {
    const inputs: number[] = [];
    const handlers = new Handlers().handleBytes("put", (input) => {
      inputs.push(input.byteLength);
      return new Uint8Array();
    });
    await using script = await ScriptedPeer.open({ handlers });
    const recycled: ArrayBufferLike[] = [];
    const places: ArrayBufferLike[] = [];
    Object.assign(script.channel, {
      recycle: ({ buffer }: Uint8Array) => recycled.push(buffer),
    });
    if (isInPlace) {
      readInPlace(script.channel, (buffer) => places.push(buffer));
    }
    await script.say("r0001003put00030000" + large("x"));
    // By now the payload has its place.
    const chunk = new Uint8Array(SIZE);
    script.channel.send(chunk);
    await settled();
    assertEquals(recycled.includes(chunk.buffer), !isInPlace);
    assertEquals(recycled.some((buffer) => places.includes(buffer)), false);
    await script.say(large("x"));
    assertEquals(script.heard(), "R000100000000");
    assertEquals(inputs, [3 * SIZE]);
  }
});

Deno.test("what has arrived of a message is freed when the connection ends", async () => {
  for (const end of ["reset", "abort", "end"] as const) {
    await using script = await ScriptedPeer.open();
    const places: ArrayBuffer[] = [];
    readInPlace(script.channel, (buffer) => places.push(buffer));
    await script.say("r0001004none00400000" + large("x"));
    await script.say(large("x"));
    await script.say(large("x"));
    const held = places.at(-1)!;
    assertEquals(held.byteLength >= 3 * SIZE, true);
    if (end === "end") await script.end();
    else if (end === "reset") script.channel.reset();
    else script.peer.abort();
    await script.peer.closed;
    await settled();
    assertEquals(held.byteLength, 0, end);
  }
});
