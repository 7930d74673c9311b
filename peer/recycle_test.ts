import { assertEquals } from "@std/assert";
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
