/**
 * The standard operations of adapters, answered by our peer.
 *
 * `conformance/adapters/README.md` says what each of them does.
 *
 * @module
 */

import {
  Handlers,
  isOperationError,
  OperationError,
  type Peer,
  RetryError,
  text,
} from "@gotalk/gotalk";

/** The largest answer that `size` and `count` make at a time, in bytes. */
const LARGEST = 64 * 1024 * 1024;

/** Creates the standard operations. They remember the notifications of each peer. */
export function standardOperations(): Handlers {
  const notes = new WeakMap<Peer, { name: string; payload: string }[]>();
  const notesOf = (peer: Peer) => notes.getOrInsertComputed(peer, () => []);
  return new Handlers()
    .handleBytes("echo", (payload) => payload)
    .handleBytes("fail", (payload) => {
      throw new OperationError("told to fail", { payload });
    })
    .handle("retry", ({ wait, text }: { wait: number; text: string }) => {
      throw new RetryError(text, { wait });
    })
    .handleText("delay", async (input, { signal }) => {
      const { ms, payload = "ok" } = JSON.parse(input);
      await pause(ms, signal);
      return payload;
    })
    .handleBytes("hold", (_, { signal }) => until(signal))
    .handleBytes("size", (input) => fill(JSON.parse(text.decode(input)).bytes))
    .handleText("call-back", async (input, { peer }) => {
      const { operation, payload } = JSON.parse(input);
      try {
        return await peer.requestText(operation, payload);
      } catch (error) {
        // What another call was answered goes no further, unless a handler says so.
        if (!isOperationError(error)) throw error;
        throw new OperationError(error.message, { payload: error.payload });
      }
    })
    .handleBytes("crash", () => {
      throw new Error("crash");
    })
    .handle("notes", (_: unknown, { peer }) => notesOf(peer))
    .handleBytes("close-after", (payload, { peer }) => {
      queueMicrotask(() => void peer.close());
      return payload.byteLength > 0 ? payload : text.encode("ok");
    })
    .handleStream("count", count)
    .handleStream("stream-echo", (parts) => parts)
    .handleStream("stream-length", async function* (parts) {
      let length = 0;
      for await (const part of parts) length += part.byteLength;
      yield text.encode(`${length}`);
    })
    .handleStream("fail", async (parts) => {
      throw new OperationError(await joined(parts));
    })
    .onOtherNotification((payload, { operation: name, peer }) => {
      notesOf(peer).push({ name, payload: payload.toHex() });
    });
}

/** The letters a to z again and again. */
export function fill(bytes: number): Uint8Array {
  if (!(bytes >= 0 && bytes <= LARGEST)) {
    throw new OperationError(
      `Cannot make a payload: ${bytes} bytes, wanted 0 to ${LARGEST}`,
    );
  }
  const payload = new Uint8Array(bytes);
  for (let index = 0; index < bytes; index++) payload[index] = 97 + index % 26;
  return payload;
}

async function* count(
  input: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { parts, bytes } = JSON.parse(await joined(input));
  for (let part = 1; part <= parts; part++) {
    yield bytes === undefined ? text.encode(`${part}`) : fill(bytes);
  }
}

async function joined(parts: ReadableStream<Uint8Array>): Promise<string> {
  return await new Response(parts as ReadableStream<Uint8Array<ArrayBuffer>>)
    .text();
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, until(signal)]).finally(() =>
    clearTimeout(timer)
  );
}

/** Rejects when the answer is not wanted any more. */
function until(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}
