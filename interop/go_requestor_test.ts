/**
 * The Go reference sends requests to our peer.
 *
 * @module
 */

import { json, text } from "@gotalk/gotalk/codec";
import { assert, assertEquals } from "@std/assert";
import { equals } from "@std/bytes";
import type { AdapterConnection } from "./_adapter.ts";
import { goTests } from "./_go.ts";
import { type CallReport, fill } from "@gotalk/conformance";

const NOTHING = new Uint8Array(0);

goTests(
  "receives bytes, JSON and empty payloads as results",
  async ({ theirs }) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    for (const payload of [bytes, NOTHING]) {
      assertEquals(await ask(theirs, "echo", payload), result(payload));
    }
    await theirs.notify("日本", text.encode("😀"));
    const notes = await ask(theirs, "notes");
    assertEquals(notes.outcome, "result");
    assertEquals(json.decode(notes.payload ?? NOTHING), [
      { name: "日本", payload: text.encode("😀").toHex() },
    ]);
  },
);

goTests("receives errors, and continues", async ({ theirs }) => {
  assertEquals(await ask(theirs, "fail", "bööm"), refusal("bööm"));
  assertEquals(await ask(theirs, "fail"), refusal(""));
  assertEquals(await ask(theirs, "crash"), refusal("internal error"));
  const unknown = refusal('unknown operation "no such thing"');
  assertEquals(await ask(theirs, "no such thing"), unknown);
  assertEquals(await ask(theirs, "echo", "hi"), result("hi"));
});

goTests("receives a RetryResult", async ({ theirs }) => {
  assertEquals(
    await ask(theirs, "retry", '{"wait":1234,"text":"too many"}'),
    { outcome: "retry", wait: 1234, payload: text.encode("too many") },
  );
});

goTests("sends and receives large payloads", async ({ theirs }) => {
  for (const bytes of [1 << 20, (8 << 20) + 1]) {
    const payload = fill(bytes);
    const made = await ask(theirs, "size", JSON.stringify({ bytes }));
    assert(equals(made.payload ?? NOTHING, payload));
    const answer = await ask(theirs, "echo", payload);
    assert(equals(answer.payload ?? NOTHING, payload));
  }
});

goTests(
  "sends 200 concurrent requests, whose results arrive in any order",
  async ({ theirs }) => {
    const held = await theirs.request("hold", NOTHING);
    const sizes = Array.from({ length: 200 }, (_, index) => index * 37);
    const calls = await Promise.all(
      sizes.map((bytes) => theirs.request("size", json.encode({ bytes }))),
    );
    const answers = await Promise.all(calls.map((call) => call.settled()));
    assertEquals(answers, sizes.map((bytes) => result(fill(bytes))));
    assertEquals(await held.now(), { outcome: "pending" });
  },
);

goTests("handles a request while its own is pending", async ({ theirs }) => {
  const back = JSON.stringify({ operation: "echo", payload: "hi 😀" });
  assertEquals(await ask(theirs, "call-back", back), result("hi 😀"));
  const failing = JSON.stringify({ operation: "fail", payload: "not now" });
  assertEquals(await ask(theirs, "call-back", failing), refusal("not now"));
});

goTests("sends notifications in order", async ({ theirs, messages }) => {
  const payloads = Array.from(
    { length: 200 },
    (_, index) => json.encode({ index }),
  );
  for (const payload of payloads) await theirs.notify("note", payload);
  assertEquals(await ask(theirs, "echo", "done"), result("done"));
  const received = messages.items.map(({ direction, message }) =>
    direction === "in" && message.kind === "Notification" && message.payload
  );
  assertEquals(received.filter((payload) => payload !== false), payloads);
});

goTests("receives stream results for stream requests", async ({ theirs }) => {
  const parts = ["one", "two", "three"];
  assertEquals(await stream(theirs, "stream-echo", parts), streamed(parts));
  assertEquals(await stream(theirs, "stream-echo", [""]), streamed([]));
  const ten = Array.from({ length: 10 }, (_, index) => `${index + 1}`);
  assertEquals(await stream(theirs, "count", ['{"parts":10}']), streamed(ten));

  const large = await stream(theirs, "stream-length", [
    ...Array.from({ length: 16 }, () => fill(65_537)),
  ]);
  assertEquals(large, streamed([`${16 * 65_537}`]));
  const { parts: answer = [] } = await stream(theirs, "count", [
    '{"parts":16,"bytes":65537}',
  ]);
  const length = answer.reduce((sum, part) => sum + part.byteLength, 0);
  assertEquals(length, 16 * 65_537);
});

goTests(
  "receives a result for each part before it sends the next",
  async ({ theirs }) => {
    const call = await theirs.openStream("stream-echo");
    for (const [index, part] of ["ping", "pong", "ping"].entries()) {
      await call.write(text.encode(part));
      const { parts } = await call.partsReceived(index + 1);
      assertEquals(parts?.at(-1), text.encode(part));
    }
    await call.end();
    assertEquals(await call.settled(), streamed(["ping", "pong", "ping"]));
  },
);

goTests("receives errors for streams, and continues", async ({ theirs }) => {
  const failed = await stream(theirs, "fail", ["not ", "now"]);
  assertEquals(failed, { ...refusal("not now"), parts: [] });

  // Our peer discards parts that arrive after its ErrorResult.
  const call = await theirs.openStream("no such thing");
  for (let part = 0; part < 10; part++) await call.write(text.encode("hi"));
  await call.end();
  const unknown = refusal('unknown operation "no such thing"');
  assertEquals(await call.settled(), { ...unknown, parts: [] });
  assertEquals(await ask(theirs, "echo", "hi"), result("hi"));
});

goTests("opens 100 streams one after another", async ({ ours, theirs }) => {
  for (let count = 0; count < 100; count++) {
    const answer = await stream(theirs, "stream-echo", [`${count}`]);
    assertEquals(answer, streamed([`${count}`]));
  }
  assertEquals(ours.stats.running, 0);
});

/** Sends a single request and waits for its outcome. */
async function ask(
  connection: AdapterConnection,
  operation: string,
  payload: string | Uint8Array = "",
): Promise<CallReport> {
  const call = await connection.request(operation, bytes(payload));
  return await call.settled();
}

/** Sends a stream request with some parts and waits for its outcome. */
async function stream(
  connection: AdapterConnection,
  operation: string,
  parts: readonly (string | Uint8Array)[],
): Promise<CallReport> {
  const call = await connection.openStream(operation);
  for (const part of parts) await call.write(bytes(part));
  await call.end();
  return await call.settled();
}

function result(payload: string | Uint8Array): CallReport {
  return { outcome: "result", payload: bytes(payload) };
}

function refusal(payload: string): CallReport {
  return { outcome: "error", payload: bytes(payload) };
}

function streamed(parts: readonly string[]): CallReport {
  return { outcome: "stream", parts: parts.map(bytes), ended: true };
}

function bytes(payload: string | Uint8Array): Uint8Array {
  return typeof payload === "string" ? text.encode(payload) : payload;
}
