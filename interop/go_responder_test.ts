/**
 * The Go reference responds to requests of our peer.
 *
 * @module
 */

import {
  isLimitError,
  isOperationError,
  OperationError,
  type StreamPair,
} from "@gotalk/gotalk";
import {
  isReservedName,
  json,
  requestIdBytes,
  text,
} from "@gotalk/gotalk/codec";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { concat, equals } from "@std/bytes";
import type { Traced } from "./_connection_pair.ts";
import { goTests } from "./_go.ts";
import { fill } from "@gotalk/conformance";

const NOTHING = new Uint8Array(0);

goTests("returns bytes, text, JSON and empty payloads", async ({ ours }) => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  assertEquals(await ours.requestBytes("echo", bytes), bytes);
  assertEquals(await ours.requestBytes("echo", NOTHING), NOTHING);
  assertEquals(await ours.requestText("echo", "\0 日本 😀"), "\0 日本 😀");
  const value = { "<&>": ["\u2028", "😀", 1e21, null, { deep: [[]] }] };
  assertEquals(await ours.request("echo", value), value);
});

goTests("returns errors, and continues", async ({ ours }) => {
  assertEquals(await refusal(ours.requestText("fail", "bööm")), "bööm");
  assertEquals(await refusal(ours.requestText("fail", "")), "");
  assertEquals(await refusal(ours.requestText("crash", "oops")), "oops");
  const unknown = ours.requestText("no such thing", "hi");
  assertEquals(await refusal(unknown), 'unknown operation "no such thing"');
  assertEquals(await ours.requestText("echo", "still there"), "still there");
});

goTests("accepts and returns large payloads", async ({ ours }) => {
  for (const bytes of [1 << 20, (8 << 20) + 1]) {
    const input = json.encode({ bytes });
    const payload = await ours.requestBytes("size", input);
    assert(equals(payload, fill(bytes)));
    const answer = await ours.requestBytes("echo", payload);
    assert(equals(answer, payload));
  }
});

goTests("answers 200 concurrent requests in any order", async ({ ours }) => {
  const abandoned = new AbortController();
  const held = ours.requestText("hold", "", { signal: abandoned.signal });
  const sizes = Array.from({ length: 200 }, (_, index) => index * 37);
  const answers = await Promise.all(
    sizes.map((bytes) => ours.requestBytes("size", json.encode({ bytes }))),
  );
  assertEquals(answers, sizes.map(fill));
  abandoned.abort(new Error("it never answers"));
  await assertRejects(() => held, Error, "it never answers");
});

goTests(
  "sends requests while it handles one, under IDs that are not text",
  async ({ ours, messages }) => {
    const input = json.encode({ operation: "echo", payload: "hi" });
    for (let count = 0; count <= 0x100; count++) {
      const answer = await ours.requestBytes("call-back", input);
      assertEquals(answer, text.encode("hi"));
    }
    const failing = JSON.stringify({ operation: "fail", payload: "not now" });
    const answer = ours.requestText("call-back", failing);
    assertEquals(await refusal(answer), "not now");

    const ids = idsOf("SingleRequest", "in", messages.items);
    assertEquals(ids[0], Uint8Array.of(0, 0, 0, 0));
    assertEquals(ids[0x80], Uint8Array.of(0x80, 0, 0, 0));
    assertEquals(ids[0x100], Uint8Array.of(0, 1, 0, 0));
  },
);

/** Names of the shortest, an ordinary and the greatest length in bytes. */
const NAMES = ["x", "日本 😀", `${"é".repeat(2047)}x`];

goTests(
  "accepts names of 1 to 4,095 bytes",
  async ({ ours, theirs, messages }) => {
    for (const name of ["", ...NAMES]) {
      const unknown = ours.requestText(name, "hi");
      assertEquals(await refusal(unknown), `unknown operation "${name}"`);
    }
    for (const name of NAMES) {
      await ours.notifyBytes(name, text.encode("hi"));
      const input = { operation: name, payload: "hi" };
      await refusal(ours.request("call-back", input));
    }
    const { notes } = await theirs.received({ notes: NAMES.length });
    const payload = text.encode("hi");
    assertEquals(notes, NAMES.map((name) => ({ name, payload })));
    const operations = messages.items.map(({ direction, message }) =>
      direction === "in" && message.kind === "SingleRequest" &&
      message.operation
    );
    assertEquals(operations.filter((name) => name !== false), NAMES);

    const tooLong = await ours.requestText("x".repeat(4096), "hi")
      .catch((error) => error);
    assert(isLimitError(tooLong));
    assertEquals(await ours.requestText("echo", "still there"), "still there");
  },
);

goTests("receives notifications in order", async ({ ours, theirs }) => {
  const notes = Array.from({ length: 200 }, (_, index) => ({
    name: "note",
    payload: json.encode({ index }),
  }));
  await ours.notifyBytes("empty", NOTHING);
  for (const { name, payload } of notes) await ours.notifyBytes(name, payload);
  const received = await theirs.received({ notes: notes.length + 1 });
  assertEquals(received.notes, [{ name: "empty", payload: NOTHING }, ...notes]);
  const names = (await ours.request("notes") as { name: string }[])
    .map(({ name }) => name)
    // Go hands notifications of extensions to its fallback handler as well.
    .filter((name) => !isReservedName(name));
  assertEquals(names[0], "empty");
});

goTests("answers stream requests with stream results", async ({ ours }) => {
  const parts = ["one", "two", "three"];
  assertEquals(await texts(ours.stream("stream-echo"), parts), parts);
  assertEquals(await texts(ours.stream("stream-echo"), []), []);
  const ten = Array.from({ length: 10 }, (_, index) => `${index + 1}`);
  assertEquals(await texts(ours.stream("count"), ['{"parts":10}']), ten);
  assertEquals(await texts(ours.stream("count"), ['{"parts":0}']), []);

  const large = Array.from({ length: 64 }, () => fill(65_537));
  const length = await exchange(ours.stream("stream-length"), large);
  assertEquals(text.decode(concat(length)), `${64 * 65_537}`);
  const input = json.encode({ parts: 64, bytes: 65_537 });
  const answer = await exchange(ours.stream("count"), [input]);
  assertEquals(answer, large);
});

goTests("answers each part before it receives the next", async ({ ours }) => {
  const { readable, writable } = ours.stream("stream-echo");
  const writer = writable.getWriter();
  const reader = readable.getReader();
  for (const part of ["ping", "pong", "ping"]) {
    await writer.write(text.encode(part));
    const { value } = await reader.read();
    assertEquals(value && text.decode(value), part);
  }
  await writer.close();
  assertEquals(await reader.read(), { done: true, value: undefined });
});

goTests(
  "returns errors for stream requests, and continues",
  async ({ ours, events }) => {
    const failing = texts(ours.stream("fail"), ["not ", "now"]);
    assertEquals(await refusal(failing), "not now");
    // The library also sends the end of the stream after the ErrorResult.
    await events.find((event) =>
      event.type === "drop" && event.kind === "StreamResult"
    );

    const { readable, writable } = ours.stream("no such thing");
    const writer = writable.getWriter();
    await writer.write(text.encode("hi"));
    const answer = refusal(Array.fromAsync(readable));
    assertEquals(await answer, 'unknown operation "no such thing"');
    await assertRejects(() => writer.write(text.encode("hi")), OperationError);
    await assertRejects(() => writer.closed, OperationError);
    // The library closes the connection if it receives another part of that
    // stream.
    assertEquals(await ours.requestText("echo", "still there"), "still there");
  },
);

goTests(
  "survives 1,000 streams, since no ID is reused",
  async ({ ours, messages }) => {
    for (let count = 0; count < 1000; count++) {
      const answer = await texts(ours.stream("stream-echo"), [`${count}`]);
      assertEquals(answer, [`${count}`]);
    }
    const ids = idsOf("StreamRequest", "out", messages.items);
    assertEquals(new Set(ids.map((id) => id.toHex())).size, 1000);
  },
);

goTests(
  "answers an abandoned call, and the answer is dropped",
  async ({ ours, events }) => {
    const abandoned = new AbortController();
    const { signal } = abandoned;
    const late = ours.requestText("delay", '{"ms":20}', { signal });
    abandoned.abort(new Error("too slow"));
    await assertRejects(() => late, Error, "too slow");
    await events.find((event) =>
      event.type === "drop" && event.kind === "SingleResult"
    );
    assertEquals(ours.stats.pending, 0);
  },
);

/** Sends parts and returns all parts of the result. */
async function exchange(
  { readable, writable }: StreamPair,
  parts: readonly Uint8Array[],
): Promise<Uint8Array[]> {
  const [answer] = await Promise.all([
    Array.fromAsync(readable),
    ReadableStream.from(parts).pipeTo(writable),
  ]);
  return answer;
}

/** Sends texts and returns all parts of the result as texts. */
async function texts(
  stream: StreamPair,
  parts: readonly string[],
): Promise<string[]> {
  const encoder = new TextEncoder();
  const answer = await exchange(
    stream,
    parts.map((part) => encoder.encode(part)),
  );
  return answer.map((part) => text.decode(part));
}

/** Waits for the ErrorResult of a call and returns its text. */
async function refusal(call: Promise<unknown>): Promise<string> {
  const error: unknown = await assertRejects(() => call);
  if (isOperationError(error)) return text.decode(error.payload);
  throw error;
}

/** Returns the IDs of the requests in one direction. */
function idsOf(
  kind: "SingleRequest" | "StreamRequest",
  from: "in" | "out",
  messages: readonly Traced[],
): Uint8Array[] {
  const ids: Uint8Array[] = [];
  for (const { direction, message } of messages) {
    if (direction === from && message.kind === kind) {
      ids.push(requestIdBytes(message.id));
    }
  }
  return ids;
}
