import { assertEquals } from "@std/assert";
import { TLSSocket } from "node:tls";
import { nodeTlsChannel, secureContext } from "./_node_tls.ts";
import type { Channel } from "./channel.ts";
import { memoryPair } from "./memory.ts";

const cert = await testdata("localhost.crt");
const key = await testdata("localhost.key");

function testdata(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`./testing/${name}`, import.meta.url));
}

/** Makes a channel, and returns it with its socket of Node. */
function channelAndSocket(below: Channel): [Channel, TLSSocket] {
  const sockets: TLSSocket[] = [];
  const { on } = TLSSocket.prototype;
  TLSSocket.prototype.on = function (this: TLSSocket, ...args: unknown[]) {
    sockets.push(this);
    return Reflect.apply(on, this, args);
  } as never;
  try {
    const context = secureContext({ cert, key });
    return [nodeTlsChannel(below, context, undefined), sockets.at(-1)!];
  } finally {
    // It is inherited again.
    delete (TLSSocket.prototype as Partial<TLSSocket>).on;
  }
}

/** Reads a number of chunks that a socket decrypts in one turn. */
async function readBurst(count: number, isReading: boolean): Promise<number[]> {
  const [below, remote] = memoryPair();
  const [channel, socket] = channelAndSocket(below);
  const first = isReading ? channel.read() : undefined;
  for (let value = 0; value < count; value++) {
    socket.emit("data", Uint8Array.of(value));
  }
  socket.emit("end");
  const received = [...await first ?? []];
  for (let chunk; (chunk = await channel.read()) !== null;) {
    received.push(...chunk);
  }
  channel.abort();
  remote.abort();
  await channel.closed;
  return received;
}

Deno.test("node:tls loses none of the chunks that are decrypted in one turn", async () => {
  for (const isReading of [true, false]) {
    assertEquals(await readBurst(4, isReading), [0, 1, 2, 3]);
  }
});

Deno.test("node:tls returns the last chunk before an end or a failure in the same turn", async () => {
  const endings: [event: string, error?: Error][] = [
    ["end"],
    ["error", new Error("broken")],
  ];
  for (const [event, error] of endings) {
    const [below, remote] = memoryPair();
    const [channel, socket] = channelAndSocket(below);
    const first = channel.read();
    socket.emit("data", Uint8Array.of(1));
    socket.emit(event, error);
    assertEquals(await first, Uint8Array.of(1));
    const next = await channel.read().catch(({ message }) => message);
    assertEquals(next, error?.message ?? null);
    channel.abort();
    remote.abort();
    await channel.closed;
  }
});
