/**
 * The standard operations of adapters, as handlers of the library.
 *
 * `conformance/implementations/adapters/README.md` defines them.
 *
 * @module
 */

import { concat } from "@std/bytes";
import {
  Handlers,
  isOperationError,
  isRetryError,
  type Login,
  OperationError,
  type Remote,
  RetryError,
} from "@gotalk/gotalk";
import { text } from "@gotalk/gotalk/codec";
import { type Clock, systemClock } from "@gotalk/gotalk/peer";

export { OPERATIONS } from "../../../runner/cases/vocabulary.ts";

/** A received notification. */
export interface Note {
  /** Its name. */
  readonly name: string;
  /** Its payload. */
  readonly payload: Uint8Array;
}

/** Options of the standard operations. */
export interface OperationOptions {
  /** Whether to include the operations with streams; `true` by default. */
  readonly streams?: boolean | undefined;
  /** The set that receives them; a new one by default. */
  readonly handlers?: Handlers | undefined;
  /** The clock of the operation `delay`; the system clock by default. */
  readonly clock?: Clock | undefined;
  /** Called with each notification that is remembered. */
  readonly onNote?: ((note: Note, peer: Remote) => void) | undefined;
}

/** The largest payload that `size` and `count` create, in bytes. */
const MAX_FILL = 64 * 1024 * 1024;

const ALPHABET = text.encode("abcdefghijklmnopqrstuvwxyz");

const NOTHING = new Uint8Array(0);

/** How many notifications are remembered for each peer. */
const MAX_NOTES = 1_000;

/**
 * Creates the standard operations. They remember the last 1,000 notifications
 * of each peer.
 */
export function standardOperations(options: OperationOptions = {}): Handlers {
  const { streams = true, clock = systemClock, onNote } = options;
  const notes = new WeakMap<Remote, Note[]>();
  const notesOf = (peer: Remote) => notes.getOrInsertComputed(peer, () => []);
  const remember: Remember = (note, peer) => {
    const list = notesOf(peer);
    list.push(note);
    if (list.length > MAX_NOTES) list.shift();
    onNote?.(note, peer);
  };

  const handlers = options.handlers ?? new Handlers();
  addAnswers(handlers);
  addWaits(handlers, remember, clock);
  addBackOperations(handlers);
  addNotifications(handlers, remember);
  handlers.handle(
    "notes",
    (_: unknown, { peer }) =>
      notesOf(peer).map(({ name, payload }) => ({
        name,
        payload: payload.toHex(),
      })),
  );
  return streams ? addStreams(handlers, remember, clock) : handlers;
}

/** Keeps a notification that a peer has sent, or what stands for one. */
type Remember = (note: Note, peer: Remote) => void;

/** Adds the operations that answer at once, in each way that there is. */
function addAnswers(handlers: Handlers): void {
  handlers
    .handleBytes("echo", (payload) => payload)
    .handleBytes("fail", (payload) => {
      throw new OperationError("this operation always fails", { payload });
    })
    .handleText("retry", (input) => {
      const { wait, text } = JSON.parse(input);
      throw new RetryError(text, { wait });
    })
    .handleBytes("size", (input) => fill(JSON.parse(text.decode(input)).bytes))
    .handleBytes("crash", (payload) => crash(text.decode(payload)))
    .handleBytes("close-after", (payload, { peer }) => {
      queueMicrotask(() => void peer.close());
      return payload.byteLength > 0 ? payload : text.encode("ok");
    });
}

/** Adds the operations that take time, or never answer. */
function addWaits(handlers: Handlers, remember: Remember, clock: Clock): void {
  handlers
    .handleText("delay", async (input, { signal }) => {
      const { ms, payload = "ok" } = JSON.parse(input);
      if (typeof ms !== "number" || typeof payload !== "string") {
        throw new OperationError(
          `Cannot wait: got ${input}, wanted {"ms":n,"payload":text}`,
        );
      }
      await pause(ms, clock, signal);
      return payload;
    })
    .handleBytes("echo-later", async (payload, { signal }) => {
      const digits = text.decode(payload.subarray(0, 4));
      if (!/^\d{4}$/.test(digits)) {
        throw new OperationError(
          `Cannot wait: got "${digits}", wanted four digits`,
        );
      }
      await pause(Number(digits), clock, signal);
      return payload.subarray(4);
    })
    .handleBytes("hold", (_, { signal }) => until(signal))
    .handleText("persist", (input) => persist(input, clock))
    .handleBytes("watch", async (_, { signal, peer }) => {
      await until(signal).catch(() => {
        remember({ name: "cancelled", payload: NOTHING }, peer);
      });
      throw signal.reason;
    });
}

/** Adds the operations that send something back to the peer that asks. */
function addBackOperations(handlers: Handlers): void {
  handlers
    .handleBytes("call-back", (input, { peer }) => callBack(peer, input))
    .handleText("notify-back", async (input, { peer }) => {
      const argument = JSON.parse(input);
      await peer.notifyBytes(argument.name, payloadOf(argument));
      return "ok";
    })
    .handleBytes("stream-back", (input, { peer }) => streamBack(peer, input));
}

/** Has each notification remembered, and adds what two of them do besides. */
function addNotifications(handlers: Handlers, remember: Remember): void {
  handlers
    .onNotificationBytes("crash", (payload, { peer }) => {
      remember({ name: "crash", payload }, peer);
      crash("crash");
    })
    .onNotificationBytes("ask", async (payload, { peer }) => {
      remember({ name: "ask", payload }, peer);
      const answer = await callBack(peer, payload);
      remember({ name: "asked", payload: answer }, peer);
    })
    .onOtherNotification((payload, { operation: name, peer }) => {
      remember({ name, payload }, peer);
    });
}

/** Returns the standard login; its clock is that of the pause in front of the answer. */
export function standardLogin(clock: Clock = systemClock): Login {
  return {
    operation: "login",
    async authenticate(
      { token, ms = 0 }: { token: string; ms?: number },
      { signal },
    ) {
      await pause(ms, clock, signal);
      return token === "opensesame";
    },
  };
}

/**
 * Returns a payload of the letters a to z, repeated.
 *
 * @throws {OperationError} If the size is negative or above 64 MiB.
 */
export function fill(bytes: number): Uint8Array {
  if (!(bytes >= 0 && bytes <= MAX_FILL)) {
    throw new OperationError(
      `Cannot create a payload: got ${bytes} bytes, wanted 0 to ${MAX_FILL}`,
    );
  }
  const payload = new Uint8Array(bytes);
  payload.set(ALPHABET.subarray(0, bytes));
  // Each copy doubles the filled part.
  for (let done = ALPHABET.length; done < bytes; done *= 2) {
    payload.copyWithin(done, 0, Math.min(done, bytes - done));
  }
  return payload;
}

function addStreams(
  handlers: Handlers,
  remember: Remember,
  clock: Clock,
): Handlers {
  return handlers
    .handleStream("persist", async function* (parts) {
      const input = text.decode(await joined(parts));
      yield text.encode(await persist(input, clock));
    })
    .handleStream("watch", async (parts, { signal, peer }) => {
      const how = await joined(parts).then(() => "ended", () => "cut");
      remember({ name: how, payload: NOTHING }, peer);
      return await until(signal);
    })
    .handleStream("fail", async (parts) => {
      throw new OperationError("this operation always fails", {
        payload: await joined(parts),
      });
    })
    .handleStream("hold", (_, { signal }) => until(signal))
    .handleStream("ignore", () => [text.encode("ok")])
    .handleStream("crash", () => crash("inside-of-the-program"))
    .handleStream("count", count)
    .handleStream("count-fail", countFail)
    .handleStream("stream-back", (parts, { peer }) => relay(parts, peer))
    .handleStream("stream-echo", (parts) => parts)
    .handleStream("stream-length", async function* (parts) {
      let length = 0;
      for await (const part of parts) length += part.byteLength;
      yield text.encode(`${length}`);
    });
}

/** Goes on until its time is over, also if its request is cancelled. */
async function persist(input: string, clock: Clock): Promise<string> {
  const never = new AbortController().signal;
  await pause(JSON.parse(input).ms, clock, never);
  return "ok";
}

async function* count(
  input: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { parts, bytes } = JSON.parse(text.decode(await joined(input)));
  for (let part = 1; part <= parts; part++) {
    yield bytes === undefined ? text.encode(`${part}`) : fill(bytes);
  }
}

async function* countFail(
  input: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const argument = await joined(input);
  const { text: reason } = JSON.parse(text.decode(argument));
  yield* count(ReadableStream.from([argument]));
  throw new OperationError(reason, { payload: text.encode(reason) });
}

/** Sends a stream request to the remote peer, and returns or throws its result. */
async function streamBack(
  peer: Remote,
  input: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const argument = JSON.parse(text.decode(input));
  const { readable, writable } = peer.stream(argument.operation);
  const writer = writable.getWriter();
  const writing = (async () => {
    await writer.write(payloadOf(argument));
    await writer.close();
  })();
  writing.catch(() => {});
  return await forwarded(joined(readable));
}

/** Sends a request to the remote peer, and returns or throws its result. */
async function callBack(
  peer: Remote,
  input: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const argument = JSON.parse(text.decode(input));
  const { operation, retry = false } = argument;
  const bytes = payloadOf(argument);
  return await forwarded(peer.requestBytes(operation, bytes, { retry }));
}

/** Returns the payload of an argument, which is text or hexadecimal digits. */
function payloadOf(
  { payload = "", hex }: { readonly payload?: string; readonly hex?: string },
): Uint8Array {
  return hex === undefined ? text.encode(payload) : Uint8Array.fromHex(hex);
}

/**
 * Sends the parts behind the first one as a stream request to the remote peer,
 * and yields the parts of its result.
 */
async function* relay(
  input: ReadableStream<Uint8Array>,
  peer: Remote,
): AsyncGenerator<Uint8Array> {
  const reader = input.getReader();
  const { value = NOTHING } = await reader.read();
  const { operation } = JSON.parse(text.decode(value));
  // The request has the first part if the stream is not read before that is written.
  let next = await reader.read();
  const { readable, writable } = peer.stream(operation);
  const writing = (async () => {
    const writer = writable.getWriter();
    for (; !next.done; next = await reader.read()) {
      await writer.write(next.value);
    }
    await writer.close();
  })();
  writing.catch(() => {});
  const parts = readable.getReader();
  for (;;) {
    const { value, done } = await forwarded(parts.read());
    if (done) return;
    yield value;
  }
}

/** Returns a result of the remote peer, or throws it as the result of a handler. */
async function forwarded<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    // An error of another call is sent on only if the handler throws a new one.
    if (isOperationError(error)) {
      throw new OperationError(error.message, { payload: error.payload });
    }
    if (!isRetryError(error)) throw error;
    const { message, wait, payload } = error;
    throw new RetryError(message, { wait, payload });
  }
}

function crash(message: string): never {
  throw new Error(message);
}

async function joined(
  parts: ReadableStream<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  return concat(await Array.fromAsync(parts));
}

async function pause(
  ms: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.schedule(resolve, ms);
  await Promise.race([promise, until(signal)])
    .finally(() => clock.cancel(timer));
}

/** Rejects when the signal is aborted. */
function until(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}
