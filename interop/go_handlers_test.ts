/**
 * Our peer and the plain handlers of a Go server.
 *
 * @module
 */

import { connect, type Remote, type StreamPair } from "@gotalk/gotalk";
import { text } from "@gotalk/gotalk/codec";
import { assertEquals, assertLess } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { needing } from "../scripts/find_program.ts";
import { GO, goPrograms } from "./_go.ts";

const SERVER = new URL("go_handlers/", import.meta.url);

/** The ways in which programs begin a stream. */
const STREAMS: Readonly<
  Record<string, (stream: StreamPair) => Promise<Uint8Array[]>>
> = {
  "piped before it is read": async ({ readable, writable }) => {
    const upload = hello().pipeTo(writable);
    const answer = await Array.fromAsync(readable);
    await upload;
    return answer;
  },
  "read before it is piped": async ({ readable, writable }) => {
    const answer = Array.fromAsync(readable);
    const [parts] = await Promise.all([answer, hello().pipeTo(writable)]);
    return parts;
  },
  "read before it is written, a little later": async (
    { readable, writable },
  ) => {
    const answer = Array.fromAsync(readable);
    await Promise.resolve();
    const writer = writable.getWriter();
    await writer.write(text.encode("hello "));
    await writer.write(text.encode("world"));
    await writer.close();
    return await answer;
  },
  "piped through": async (stream) =>
    await Array.fromAsync(hello().pipeThrough(stream)),
};

for (const [name, exchange] of Object.entries(STREAMS)) {
  goTest(`echoes a stream that is ${name} (stream/open)`, async (peer) => {
    const parts = await exchange(peer.stream("echo"));
    const answer = parts.map((part) => text.decode(part)).join("");
    assertEquals(answer, "hello world");
  });
}

goTest(
  "with a limit of 10 refuses none of the calls after the first burst (limits/requests)",
  async (peer, events) => {
    await Promise.all(burst(peer, 256));
    const first = events.filter((type) => type === "retry").length;
    assertLess(first, 256);
    await Promise.all(burst(peer, 500));
    const later = events.filter((type) => type === "retry").length - first;
    assertLess(later, 10);
  },
);

function hello(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new Blob(["hello ", "world"]).stream();
}

function burst(peer: Remote, count: number): Promise<unknown>[] {
  return Array.from({ length: count }, () => peer.requestText("wait", ""));
}

function goTest(
  name: string,
  test: (peer: Remote, events: string[]) => Promise<void>,
): void {
  Deno.test(needing({ go: GO }, {
    name: `a Go server ${name}`,
    timeout: 60_000,
    fn: async () => {
      const programs = await goPrograms(SERVER);
      const server = new Deno.Command(`${programs}/go-handlers`, {
        stdout: "piped",
      }).spawn();
      const lines = server.stdout
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new TextLineStream())
        .getReader();
      try {
        const { value: address } = await lines.read();
        const events: string[] = [];
        await using peer = await connect(address!, {
          onEvent: ({ type }) => void events.push(type),
        });
        await test(peer, events);
      } finally {
        server.kill("SIGTERM");
        await server.status;
        await lines.cancel();
      }
    },
  }));
}
