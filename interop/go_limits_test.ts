/**
 * Limits of the Go reference and of our peer.
 *
 * @module
 */

import { OperationError, RetryError } from "@gotalk/gotalk";
import { json, text } from "@gotalk/gotalk/codec";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { goTests } from "./_go.ts";

const HI = text.encode("hi");

goTests(
  "sends a RetryResult, and our peer retries",
  async ({ ours, messages, events }) => {
    const running = ours.requestText("delay", '{"ms":40}');
    const refused = ours.requestText("echo", "hi");
    assertEquals(await Promise.all([running, refused]), ["ok", "hi"]);

    const answer = await messages.find(({ message }) =>
      message.kind === "RetryResult"
    );
    const again = await messages.find(({ message, at }) =>
      message.kind === "SingleRequest" && at > answer.at
    );
    const wait = "wait" in answer.message ? answer.message.wait : NaN;
    assert(wait >= 100 && wait < 110);
    assert(again.at - answer.at >= wait - 1);
    assertIdsDiffer(answer.message, again.message);
    const { length } = events.items.filter(({ type }) => type === "retry");
    assertEquals(length, 1);
  },
  { theirs: { maxConcurrentRequests: 1, overloadWait: [100, 110] } },
);

goTests(
  "sends a RetryResult, which rejects a call of our peer with `retry: false`",
  async ({ ours }) => {
    const running = ours.requestText("delay", '{"ms":40}');
    const options = { retry: false };
    const refused = ours.requestText("echo", "hi", options);
    const error = await assertRejects(() => refused, RetryError);
    assertEquals(
      text.decode((error as RetryError).payload),
      "request rate limit",
    );
    assertEquals(await running, "ok");
    assertEquals(await ours.requestText("echo", "hi"), "hi");
  },
  { theirs: { maxConcurrentRequests: 1, overloadWait: [100, 110] } },
);

goTests("refuses streams beyond its limit", async ({ ours }) => {
  const first = ours.stream("stream-echo");
  const writer = first.writable.getWriter();
  await writer.write(HI);
  const reader = first.readable.getReader();
  assertEquals((await reader.read()).value, HI);

  const second = ours.stream("stream-echo");
  await assertRejects(() => Array.fromAsync(second.readable), RetryError);
  await writer.close();
  assertEquals((await reader.read()).done, true);
  const third = ours.stream("stream-echo");
  await third.writable.close();
  assertEquals(await Array.fromAsync(third.readable), []);
}, { theirs: { maxConcurrentStreams: 1 } });

goTests("refuses all streams by default", async ({ ours }) => {
  const { readable, writable } = ours.stream("stream-echo");
  const writer = writable.getWriter();
  await writer.write(HI);
  const error = await assertRejects(
    () => Array.fromAsync(readable),
    OperationError,
  );
  assertEquals(
    text.decode((error as OperationError).payload),
    "stream requests not supported",
  );
  await assertRejects(() => writer.closed, OperationError);
  // The library closes the connection if it receives another part of that
  // stream.
  assertEquals(await ours.requestText("echo", "hi"), "hi");
}, { theirs: { streams: false } });

goTests(
  "retries after a RetryResult of our peer",
  async ({ theirs, messages }) => {
    const running = await theirs.request("delay", json.encode({ ms: 40 }));
    const call = await theirs.request("echo", HI, { retry: true });
    assertEquals((await call.settled()).payload, HI);
    assertEquals((await running.settled()).payload, text.encode("ok"));

    const answer = await messages.find(({ message }) =>
      message.kind === "RetryResult"
    );
    const again = await messages.find(({ direction, message, at }) =>
      direction === "in" && message.kind === "SingleRequest" && at > answer.at
    );
    assert(again.at - answer.at >= 100 - 1);
    assertIdsDiffer(answer.message, again.message);
  },
  { ours: { limits: { maxConcurrentRequests: 1, overloadWait: [100, 100] } } },
);

goTests(
  "receives RetryResults beyond the limits of our peer",
  async ({ theirs }) => {
    const held = await theirs.request("hold", HI);
    const beyond = await theirs.request("echo", HI);
    assertEquals(await beyond.settled(), {
      outcome: "retry",
      wait: 100,
      payload: text.encode("request rate limit"),
    });
    assertEquals(await held.now(), { outcome: "pending" });

    const first = await theirs.openStream("stream-echo");
    await first.write(HI);
    await first.partsReceived(1);
    const second = await theirs.openStream("stream-echo");
    for (let part = 0; part < 10; part++) await second.write(HI);
    await second.end();
    assertEquals(await second.settled(), {
      outcome: "retry",
      wait: 100,
      payload: text.encode("stream rate limit"),
      parts: [],
    });
    await first.end();
    assertEquals((await first.settled()).outcome, "stream");
  },
  {
    ours: {
      limits: {
        maxConcurrentRequests: 1,
        maxConcurrentStreams: 1,
        overloadWait: [100, 100],
      },
    },
  },
);

goTests(
  "receives an error for a payload that is too large",
  async ({ theirs }) => {
    const large = await theirs.request("echo", new Uint8Array(2000));
    assertEquals(await large.settled(), {
      outcome: "error",
      payload: text.encode("payload too large"),
    });
    const small = await theirs.request("echo", HI);
    assertEquals((await small.settled()).payload, HI);
  },
  { ours: { limits: { maxPayloadBytes: 1000 } } },
);

function assertIdsDiffer(first: object, second: object): void {
  assert("id" in first && "id" in second && first.id !== second.id);
}
