import { assert, assertEquals } from "@std/assert";
import { Handlers, upgradeHandler, type UpgradeHandlerOptions } from "./mod.ts";
import { Peer, type PeerOptions } from "./peer/mod.ts";
import { ScriptedPeer } from "./peer/testing/scripted_peer.ts";
import {
  socketChannel,
  type SocketChannelOptions,
} from "./transport/websocket/client.ts";

const REPORT = "n00cgotalk:bytes00000000";

/** Opens a peer whose channel can merge units; returns the merges asked for. */
async function open(options: PeerOptions): Promise<{
  script: ScriptedPeer;
  merges: () => number;
}> {
  let merges = 0;
  const script = await ScriptedPeer.open({
    ...options,
    handshake: false,
    mergeUnits: () => merges++,
  });
  return { script, merges: () => merges };
}

Deno.test("an initiator reports behind its version that it reads merged messages, and merges once the acceptor answers (extension/bytes, extension/bytes-before)", async () => {
  const { script, merges } = await open({});
  await using _ = script;
  await script.say("01");
  assertEquals(script.heard(), `01${REPORT}`);
  assertEquals(merges(), 0);
  await script.say(REPORT);
  assertEquals(merges(), 1);
  assertEquals(script.heard(), "");
});

Deno.test("an acceptor reports nothing before it has read a report, answers one, and ignores others (extension/bytes-answer, extension/bytes-elsewhere)", async () => {
  const { script, merges } = await open({ role: "acceptor" });
  await using _ = script;
  await script.say("01");
  assertEquals(script.heard(), "01");
  await script.say(REPORT);
  await script.say(REPORT);
  assertEquals(script.heard(), REPORT);
  assertEquals(merges(), 1);
});

Deno.test("a report with a payload is malformed, and one on another transport or without extensions is ignored (extension/bytes, extension/bytes-elsewhere)", async () => {
  const { script, merges } = await open({ role: "acceptor" });
  await using _ = script;
  await script.say("01n00cgotalk:bytes00000001x");
  assertEquals(script.heard(), "01");
  assertEquals(merges(), 0);
  const reasons = script.events.map((event) =>
    "reason" in event && event.reason
  );
  assertEquals(reasons, ["malformed"]);
  await using other = await ScriptedPeer.open({ role: "acceptor" });
  await other.say(REPORT);
  assertEquals(other.heard(), "");
  const off = await open({ extensions: false });
  await using __ = off.script;
  await off.script.say(`01${REPORT}`);
  assertEquals(off.script.heard(), "01");
  assertEquals(off.merges(), 0);
});

/** Counts the messages that the runtime's WebSockets at both ends of a connection receive for some calls. */
async function messages(
  { units, extensions }:
    & Pick<SocketChannelOptions, "units">
    & Pick<PeerOptions, "extensions">,
  server: UpgradeHandlerOptions = {},
): Promise<{ toClient: number }> {
  const handlers = new Handlers().handle("echo", (value) => value);
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    upgradeHandler(handlers, server),
  );
  const socket = new WebSocket(`ws://127.0.0.1:${http.addr.port}`);
  let toClient = 0;
  const peer = new Peer(socketChannel(socket, { units }), { extensions });
  await peer.opened;
  // Both know of each other once a call is answered.
  await peer.request("echo", 0);
  socket.addEventListener("message", () => toClient++);
  const values = Array.from({ length: 64 }, (_, index) => index);
  const echoes = await Promise.all(
    values.map((value) => peer.request("echo", value)),
  );
  assertEquals(echoes, values);
  await peer.close();
  await http.shutdown();
  return { toClient };
}

Deno.test("peers that know each other merge what leaves together, and others write a message for each unit (extension/bytes-merged, websocket/units)", async () => {
  assert((await messages({})).toClient < 32);
  for (const units of [{ extensions: false }, { units: "separate" }] as const) {
    assert((await messages({}, units)).toClient >= 128);
    if ("extensions" in units) {
      assert((await messages(units)).toClient >= 128);
    }
  }
});
