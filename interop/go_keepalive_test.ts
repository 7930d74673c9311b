/**
 * Heartbeats and receive timeouts between the Go reference and our peer.
 *
 * @module
 */

import { isConnectionClosedError } from "@gotalk/gotalk";
import { text } from "@gotalk/gotalk/codec";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { failureOf } from "./_connection_pair.ts";
import { goTests } from "./_go.ts";

/**
 * The code that the library's close handler receives for a timeout: one more
 * than that of the protocol.
 */
const TIMEOUT_CODE = 4;

goTests("sends heartbeats, which our peer receives", async ({ events }) => {
  for (let count = 0; count < 3; count++) {
    const beat = await events.find(({ type }) => type === "heartbeat", count);
    assert(beat.type === "heartbeat" && isNow(beat.time));
  }
}, { theirs: { heartbeatInterval: 20 } });

goTests("receives the heartbeats of our peer", async ({ theirs }) => {
  const { heartbeats } = await theirs.received({ heartbeats: 3 });
  for (const { load, time } of heartbeats) {
    assertEquals(load, 0x8000);
    assert(isNow(time));
  }
}, { ours: { limits: { heartbeatInterval: 20 }, load: () => 0.5 } });

goTests(
  "keeps the connection while our peer sends heartbeats",
  async ({ ours, theirs }) => {
    // Ten heartbeats take twice its read timeout.
    const { state } = await theirs.received({ heartbeats: 10 });
    assertEquals(state, "open");
    assertEquals(await ours.requestText("echo", "hi"), "hi");
  },
  {
    ours: { limits: { heartbeatInterval: 60 } },
    theirs: { readTimeout: 300 },
  },
);

goTests(
  "ends the connection when our peer is silent",
  async ({ ours, theirs, transport }) => {
    const held = ours.requestText("hold", "");
    const cut = await assertRejects(() => held);
    assert(isConnectionClosedError(cut) && cut.outcome === "unknown");

    const { code: protocolCode, side } = await failureOf(ours);
    assertEquals([protocolCode, side], [3, "remote"]);
    const { channel } = await ours.closed;
    assertEquals(channel.code, transport === "websocket" ? 1000 : undefined);
    const { code } = await theirs.closed();
    assertEquals(code, TIMEOUT_CODE);
  },
  {
    ours: { limits: { heartbeatInterval: Infinity } },
    theirs: { readTimeout: 100 },
  },
);

goTests(
  "receives a ProtocolError after it was silent for too long",
  async ({ ours, theirs }) => {
    const held = await theirs.request("hold", text.encode(""));
    const { code: protocolCode, side } = await failureOf(ours);
    assertEquals([protocolCode, side], [3, "local"]);
    const { code } = await theirs.closed();
    assertEquals(code, TIMEOUT_CODE);
    assertEquals((await held.settled()).outcome, "closed");
  },
  {
    ours: { limits: { receiveTimeout: 100 } },
    // Its first heartbeat is immediate; an end that has connected waits for
    // one.
    theirs: { heartbeatInterval: 60_000 },
  },
);

function isNow(seconds: number): boolean {
  return Math.abs(Date.now() / 1000 - seconds) < 5;
}
