import { assertEquals } from "@std/assert";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";

const SIZE = 0x10000;

/** A payload that is told from others by its character. */
function large(character: string): string {
  return character.repeat(SIZE);
}

/** Says a message with a large payload, of which the last byte comes later. */
async function sayInTwo(
  script: ScriptedPeer,
  header: string,
  character: string,
): Promise<void> {
  await script.say(`${header}00010000${character.repeat(SIZE - 1)}`);
  await script.say(character);
}

Deno.test("the memory of an answer that is given back is detached, and the next answer is right", async () => {
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

Deno.test("memory that is small, or a part of some, stays its owner's", async () => {
  await using script = await ScriptedPeer.open();
  const small = new Uint8Array(SIZE - 1);
  const part = new Uint8Array(SIZE * 2).subarray(0, SIZE);
  script.peer.recycle(small);
  script.peer.recycle(part);
  await settled();
  assertEquals([small.byteLength, part.byteLength], [SIZE - 1, SIZE]);
});

Deno.test("memory that is given back twice, or after the end, is of no use and does no harm", async () => {
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

Deno.test("a handler's input is taken back once the answer has been written, be it the answer itself", async () => {
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
