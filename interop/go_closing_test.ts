/**
 * How connections with the Go reference end.
 *
 * @module
 */

import { isConnectionClosedError } from "@gotalk/gotalk";
import { json, text } from "@gotalk/gotalk/codec";
import { connectTcp } from "@gotalk/gotalk/transport/tcp";
import { WriteUnits } from "@gotalk/gotalk/transport";
import { assertEquals, assertRejects } from "@std/assert";
import { failureOf } from "./_connection_pair.ts";
import { goTest, goTests } from "./_go.ts";
import type { CallReport } from "@gotalk/conformance";

const HI = text.encode("hi");
const CUT: CallReport = { outcome: "closed", message: "socket closed" };

goTests(
  "closes while both sides have pending calls",
  async ({ ours, theirs }) => {
    const held = cut(ours.requestText("hold", ""));
    const { readable, writable } = ours.stream("stream-echo");
    const writer = writable.getWriter();
    await writer.write(HI);
    const reader = readable.getReader();
    assertEquals((await reader.read()).value, HI);
    const heldHere = await theirs.request("hold", HI);
    const streamHere = await theirs.openStream("stream-echo");
    await streamHere.write(HI);
    await streamHere.partsReceived(1);
    assertEquals(ours.stats.running, 2);

    const ends = [held, cut(reader.read()), cut(writer.closed)];
    await theirs.close();
    assertEquals(await Promise.all(ends), ["unknown", "unknown", "unknown"]);
    await ours.closed;
    assertEquals(ours.stats.running, 0);
    assertEquals(await heldHere.settled(), CUT);
    assertEquals(await streamHere.settled(), { ...CUT, parts: [HI] });
    // Over TCP only a failed write, here of a heartbeat, distinguishes a full
    // close from a half-close.
  },
  { ours: { limits: { heartbeatInterval: 20 } } },
);

goTests(
  "is closed while both sides have pending calls",
  async ({ ours, theirs }) => {
    const held = cut(ours.requestText("hold", ""));
    const heldHere = await theirs.request("hold", HI);
    const streamHere = await theirs.openStream("stream-echo");
    await streamHere.write(HI);
    await streamHere.partsReceived(1);

    await ours.close();
    assertEquals(await held, "unknown");
    assertEquals((await ours.closed).clean, true);
    assertEquals((await theirs.closed()).code, 0);
    assertEquals(await heldHere.settled(), CUT);
    assertEquals(await streamHere.settled(), { ...CUT, parts: [HI] });
  },
);

goTests(
  "sends a result before it closes",
  async ({ ours, theirs, transport }) => {
    assertEquals(await ours.requestText("close-after", "bye"), "bye");
    const { clean, channel } = await ours.closed;
    assertEquals(clean, true);
    assertEquals(channel.code, transport === "websocket" ? 1000 : undefined);
    assertEquals((await theirs.closed()).code, 0);
  },
);

goTests(
  "receives a result before our peer closes",
  async ({ ours, theirs }) => {
    const call = await theirs.request("close-after", text.encode("bye"));
    assertEquals(await call.settled(), {
      outcome: "result",
      payload: text.encode("bye"),
    });
    assertEquals((await theirs.closed()).code, 0);
    assertEquals((await ours.closed).clean, true);
  },
);

goTests("is drained by our peer", async ({ ours, theirs, messages }) => {
  const running = ours.requestText("delay", '{"ms":40}');
  const runningHere = await theirs.request("delay", json.encode({ ms: 40 }));
  await messages.find(({ direction, message }) =>
    direction === "in" && message.kind === "SingleRequest"
  );
  await ours.drain();
  assertEquals(await running, "ok");
  assertEquals((await runningHere.settled()).payload, text.encode("ok"));
  assertEquals((await ours.closed).clean, true);
  assertEquals((await theirs.closed()).code, 0);
});

goTests(
  "ends a stream without opening it, if there is no data",
  async ({ ours, theirs }) => {
    const call = await theirs.openStream("stream-echo");
    await call.end();
    const { code, side } = await failureOf(ours);
    assertEquals([code, side], [2, "local"]);
    assertEquals((await call.settled()).outcome, "closed");
    assertEquals((await theirs.closed()).code, 3);
  },
);

goTest(
  "ends the connection at a half-close, so our peer does not half-close",
  async (go) => {
    const { address } = await go.listen("tcp");
    const channel = await connectTcp({ port: Number(new URL(address).port) });
    const units = new WriteUnits();
    units.add(text.encode("01r0001004hold00000000"));
    await channel.write(units);
    await channel.closeWrite();
    let received = "";
    for await (const chunk of channel.readable) received += text.decode(chunk);
    assertEquals(received, "01");
    await channel.closed;
  },
);

/**
 * Waits until the end of the connection rejects a call, and returns the
 * outcome.
 */
async function cut(call: Promise<unknown>): Promise<"not-sent" | "unknown"> {
  const error: unknown = await assertRejects(() => call);
  if (isConnectionClosedError(error)) return error.outcome;
  throw error;
}
