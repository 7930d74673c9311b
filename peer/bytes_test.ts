/**
 * Every place that takes bytes takes all that are bytes, and refuses all else.
 */
import { Buffer } from "node:buffer";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  bytes,
  type ByteSource,
  Decoder,
  Encoder,
  MessageDecoderStream,
  MessageEncoderStream,
  VersionReader,
} from "../codec/mod.ts";
import { memoryPair } from "../transport/memory.ts";
import { streamsChannel } from "../transport/streams.ts";
import { WriteUnits } from "../transport/write_units.ts";
import { ConnectionClosedError } from "./connection_closed_error.ts";
import type { PeerEvent } from "./events.ts";
import { Handlers } from "./handlers.ts";
import { OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import { ReconnectingPeer } from "./reconnecting/reconnecting_peer.ts";
import type { Remote } from "./remote.ts";
import { RetryError } from "./retry_error.ts";

const LARGE = 100_000;

/** The bytes `count` times 1, 2, 3, 4, in all that can hold them. */
function sources(count: number): Record<string, ByteSource> {
  const all = Uint8Array.from({ length: count }, (_, at) => at % 4 + 1);
  const framed = new Uint8Array(count + 16);
  framed.set(all, 8);
  const shared = new SharedArrayBuffer(count);
  new Uint8Array(shared).set(all);
  const resizable = new ArrayBuffer(count, { maxByteLength: count * 2 });
  new Uint8Array(resizable).set(all);
  return {
    "a Uint8Array": all,
    "a view": framed.subarray(8, 8 + count),
    "a Uint8ClampedArray": new Uint8ClampedArray(all),
    "an Int8Array": new Int8Array(all.buffer),
    "a Uint16Array": new Uint16Array(framed.buffer, 8, count / 2),
    "a Float64Array": new Float64Array(framed.buffer, 8, count / 8),
    "a BigUint64Array": new BigUint64Array(all.buffer),
    "a DataView": new DataView(framed.buffer, 8, count),
    "a Buffer": Buffer.from(all),
    "an ArrayBuffer": all.slice().buffer,
    "a SharedArrayBuffer": shared,
    "a view of shared memory": new Uint8Array(shared),
    "a resizable ArrayBuffer": resizable,
    "a view of resizable memory": new Uint8Array(resizable),
  };
}

function gone(): Uint8Array {
  const array = new Uint8Array(8);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

function outOfBounds(): DataView {
  const buffer = new ArrayBuffer(8, { maxByteLength: 8 });
  const view = new DataView(buffer, 4, 4);
  buffer.resize(2);
  return view;
}

function tooSmall(): Uint8Array {
  const buffer = new ArrayBuffer(8, { maxByteLength: 8 });
  const view = new Uint8Array(buffer, 4, 4);
  buffer.resize(2);
  return view;
}

/** What is not bytes, and what the message says of it. */
const REFUSED: readonly [value: unknown, found: string][] = [
  [
    "hello",
    "got a string, wanted bytes (a Uint8Array or another buffer source), such as new TextEncoder().encode(text)",
  ],
  [null, "got null"],
  [undefined, "got undefined"],
  [5, "got 5"],
  [1n, "got a BigInt"],
  [true, "got true"],
  [[1, 2], "got an array"],
  [{ length: 2 }, "got an object"],
  [{ byteLength: 2 }, "got an object"],
  [new Blob(["x"]), "such as await blob.bytes()"],
  [new Response("x"), "such as await response.bytes()"],
  [new Map(), "got a Map"],
  [() => 1, "got a function"],
  [gone(), "got a Uint8Array whose memory is gone"],
  [gone().buffer.slice, "got a function"],
  [outOfBounds(), "got a DataView whose memory is gone"],
  [tooSmall(), "got a Uint8Array whose memory is gone"],
  [new Proxy(new Uint8Array(2), {}), "got a proxy of bytes"],
];

const EMPTY = new Uint8Array(0);

/** What the tests get from a peer whose handlers answer with `given`. */
interface Session extends AsyncDisposable {
  readonly peer: Remote;
  readonly events: PeerEvent[];
  /** The payload of the next notification. */
  readonly notified: Promise<Uint8Array>;
}

function session(given: unknown, reconnecting = false): Session {
  const events: PeerEvent[] = [];
  const { promise: notified, resolve } = Promise.withResolvers<Uint8Array>();
  const output = given as Uint8Array;
  const payload = output;
  const handlers = new Handlers()
    .handleBytes("echo", (input) => input)
    .handleBytes("now", () => output)
    .handleBytes("later", () => Promise.resolve(output))
    .handleOther(() => output)
    .handleStream("upload", (parts) => parts)
    .handleStream("part", () => [output])
    .handleStream("parts", async function* () {
      yield await output;
    })
    .handleStream("stream", () => ReadableStream.from([output]))
    .handleStream("whole", () => output)
    .handleBytes("error", () => {
      throw new OperationError("no", { payload });
    })
    .handleBytes("retry", () => {
      throw new RetryError("no", { payload, wait: 1 });
    })
    .onNotificationBytes("note", (payload) => resolve(payload));
  const remote: Peer[] = [];
  const open = () => {
    const [near, far] = memoryPair();
    remote.push(
      new Peer(far, {
        handlers,
        role: "acceptor",
        onEvent: (event) => events.push(event),
      }),
    );
    return near;
  };
  const peer = reconnecting ? new ReconnectingPeer(open) : new Peer(open());
  return {
    peer,
    events,
    notified,
    [Symbol.asyncDispose]: async () => {
      await peer.close();
      await Promise.all(remote.map(({ closed }) => closed));
    },
  };
}

/** Every place that takes bytes from a handler. */
const OUTPUTS: Readonly<
  Record<string, (peer: Remote) => Promise<Uint8Array>>
> = {
  "a handler returns": (peer) => peer.requestBytes("now", EMPTY),
  "a handler resolves to": (peer) => peer.requestBytes("later", EMPTY),
  "the handler of all others returns": (peer) =>
    peer.requestBytes("other", EMPTY),
  "a stream handler returns a list of": (peer) => download(peer, "part"),
  "a stream handler yields": (peer) => download(peer, "parts"),
  "a stream handler streams": (peer) => download(peer, "stream"),
  "a stream handler returns": (peer) => download(peer, "whole"),
  "an OperationError has": (peer) => failure(peer, "error"),
  "a RetryError has": (peer) => failure(peer, "retry"),
};

/** Every place that takes bytes of a call. */
const INPUTS: Readonly<
  Record<string, (session: Session, given: Uint8Array) => Promise<Uint8Array>>
> = {
  "requestBytes takes": ({ peer }, given) => peer.requestBytes("echo", given),
  "notifyBytes takes": async ({ peer, notified }, given) => {
    await peer.notifyBytes("note", given);
    return await notified;
  },
  "the writable of a stream takes": async ({ peer }, given) => {
    const { readable, writable } = peer.stream("upload");
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    const received = new Response(readable).bytes();
    received.catch(() => {});
    await writer.write(given);
    await writer.close();
    return await received;
  },
};

async function download(peer: Remote, operation: string): Promise<Uint8Array> {
  const { readable, writable } = peer.stream(operation);
  writable.close().catch(() => {});
  return await new Response(readable).bytes();
}

async function failure(peer: Remote, operation: string): Promise<Uint8Array> {
  const error = await assertRejects(() =>
    peer.requestBytes(operation, EMPTY, { retry: false })
  ) as OperationError | RetryError;
  if (new TextDecoder().decode(error.payload) === "internal error") throw error;
  return error.payload;
}

for (const [place, call] of Object.entries(OUTPUTS)) {
  Deno.test(`whatever bytes ${place}, they arrive`, async () => {
    for (const count of [8, LARGE]) {
      for (const [what, given] of Object.entries(sources(count))) {
        await using open = session(given);
        assertEquals(sum(await call(open.peer)), count / 4 * 10, what);
      }
    }
  });

  Deno.test(`what is not bytes and ${place} is refused by its name`, async () => {
    for (const [given, found] of REFUSED) {
      // Nothing at all is an empty answer, and text the default of an error.
      const isWhole = place === "a stream handler returns";
      if (isWhole && (given == null || isChunks(given))) continue;
      if (given === undefined && place.includes("Error")) continue;
      await using open = session(given);
      await assertRejects(() => call(open.peer), OperationError, "internal");
      const event = open.events.find(({ type }) => type === "handler-error");
      const error = event?.type === "handler-error" ? event.error : undefined;
      assertEquals(error instanceof TypeError, true, `${found}: ${error}`);
      assertEquals(String(error).includes(found), true, `${error} ${found}`);
    }
  });
}

/** Whether a stream handler that returns it returns chunks. */
function isChunks(given: unknown): boolean {
  return given instanceof Map || Array.isArray(given);
}

for (const reconnecting of [false, true]) {
  const kind = reconnecting ? "a reconnecting peer" : "a peer";
  for (const [place, call] of Object.entries(INPUTS)) {
    Deno.test(`whatever bytes ${place}, ${kind} sends them`, async () => {
      for (const count of [8, LARGE]) {
        for (const [what, given] of Object.entries(sources(count))) {
          await using open = session(EMPTY, reconnecting);
          const received = await call(open, given as Uint8Array);
          assertEquals(sum(received), count / 4 * 10, what);
        }
      }
    });

    Deno.test(`what is not bytes and ${place} is refused by its name, ${kind}`, async () => {
      for (const [given, found] of REFUSED) {
        await using open = session(EMPTY, reconnecting);
        await assertRejects(
          () => call(open, given as Uint8Array),
          TypeError,
          found,
        );
        assertEquals(await open.peer.requestText("echo", "still"), "still");
      }
    });
  }
}

function sum(array: Uint8Array): number {
  return array.reduce((total, byte) => total + byte, 0);
}

/** A SingleRequest for "echo", as a remote peer sends it. */
const REQUEST = new TextEncoder().encode("01r0001004echo00000002hi");

Deno.test("the codec takes whatever bytes, and refuses the rest by its name", async () => {
  const message = {
    kind: "Notification",
    name: "a",
    payload: EMPTY,
  } as const;
  for (const given of [REQUEST.buffer, new DataView(REQUEST.buffer)]) {
    const reader = new VersionReader();
    assertEquals(reader.push(given), 2);
    const decoder = new Decoder({ offset: 2 });
    decoder.push(new DataView(REQUEST.buffer, 2));
    assertEquals(decoder.read()?.kind, "SingleRequest");
    const stream = ReadableStream.from([given])
      .pipeThrough(new MessageDecoderStream());
    assertEquals((await Array.fromAsync(stream)).length, 1);
    assertEquals(bytes.encode(given).byteLength, REQUEST.byteLength);
    const units = new WriteUnits();
    units.add(given as unknown as Uint8Array);
    assertEquals(units.toBytes(), REQUEST);
  }
  for (const [given, found] of REFUSED) {
    const payload = given as Uint8Array;
    assertThrows(() => new Decoder().push(payload), TypeError, found);
    assertThrows(() => new VersionReader().push(payload), TypeError, found);
    assertThrows(() => bytes.encode(payload), TypeError, found);
    assertThrows(() => new WriteUnits().add(payload), TypeError);
    await assertRejects(
      () =>
        Array.fromAsync(
          ReadableStream.from([payload])
            .pipeThrough(new MessageDecoderStream()),
        ),
      TypeError,
    );
  }
  for (const given of [REQUEST.buffer, "text", undefined, 1]) {
    const payload = given as unknown as Uint8Array;
    const wrong = { ...message, payload };
    assertThrows(
      () => new Encoder().encode(wrong),
      TypeError,
      "Cannot encode Notification: payload is",
    );
    assertThrows(
      () => new Encoder().writeHeader(wrong, new Uint8Array(99), 0),
      TypeError,
      "wanted a Uint8Array",
    );
    await assertRejects(
      () =>
        Array.fromAsync(
          ReadableStream.from([wrong]).pipeThrough(new MessageEncoderStream()),
        ),
      TypeError,
      "wanted a Uint8Array",
    );
    if (typeof given === "string") continue;
    assertThrows(
      () =>
        new Encoder().encode({ ...message, name: given as unknown as string }),
      TypeError,
      "Cannot encode Notification: name is",
    );
  }
});

Deno.test("a channel of streams reads whatever bytes, and refuses the rest by its name", async () => {
  for (const given of [REQUEST.buffer, "hello"]) {
    const readable = ReadableStream.from([given as unknown as Uint8Array]);
    const channel = streamsChannel({
      readable,
      writable: new WritableStream(),
    });
    const read = channel.read();
    if (typeof given !== "string") assertEquals(await read, REQUEST);
    else await assertRejects(() => read, TypeError, "got a string");
    channel.abort();
  }
});

Deno.test("shared or resizable memory that changes while it is queued is sent as it was", async () => {
  const [near, far] = memoryPair({ capacity: 1 });
  const handlers = new Handlers().handleBytes("echo", (input) => input);
  await using server = new Peer(far, { handlers, role: "acceptor" });
  await using peer = new Peer(near);
  const memory = new ArrayBuffer(LARGE, { maxByteLength: LARGE });
  const call = peer.requestBytes("echo", memory);
  memory.resize(0);
  assertEquals((await call).byteLength, LARGE);
  assertEquals(server.state, "open");
});

Deno.test("a payload that is transferred before it is sent ends the conversation, since what follows would be misread", async () => {
  const [near, far] = memoryPair();
  await using server = new Peer(far, { role: "acceptor" });
  await using peer = new Peer(near);
  const payload = new Uint8Array(LARGE);
  const call = peer.requestBytes("echo", payload);
  structuredClone(payload.buffer, { transfer: [payload.buffer] });
  await assertRejects(() => call, ConnectionClosedError);
  const { error } = await peer.closed;
  assertEquals(String(error).includes("was transferred"), true);
  await server.closed;
});
