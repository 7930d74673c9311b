import { assertEquals } from "@std/assert";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";

const handlers = new Handlers().handleText("echo", (value) => value);

Deno.test("a peer sends its version first, without waiting for the remote one (handshake/version, handshake/version-first, handshake/at-once)", async () => {
  for (const role of ["initiator", "acceptor"] as const) {
    await using script = await ScriptedPeer.open({ handshake: false, role });
    await settled();
    assertEquals(script.heard(), "01");
    assertEquals(script.peer.state, "opening");
  }
});

Deno.test("a peer may send messages right after its version (handshake/messages-at-once, handshake/version-first)", async () => {
  await using script = await ScriptedPeer.open({ handshake: false });
  const call = watch(script.peer.requestText("x", ""));
  await settled();
  assertEquals(script.heard(), "01r0000001x00000000");
  await script.say("01R000000000002ok");
  assertEquals(call.value, "ok");
});

Deno.test("a version is accepted in two pieces and with messages behind it (handshake/chunking)", async () => {
  const request = "r0001004echo00000002hi";
  for (
    const chunks of [["0", "1", request], ["0", `1${request}`], [
      `01${request}`,
    ]]
  ) {
    await using script = await ScriptedPeer.open({
      handlers,
      handshake: false,
    });
    for (const chunk of chunks) await script.say(chunk);
    assertEquals(script.heard(), "01R000100000002hi");
  }
});

Deno.test("a second version, or a line end after the version, is an unknown kind of message (handshake/once)", async () => {
  for (const bytes of ["0101", "01\n", "01\r\n"]) {
    await using script = await ScriptedPeer.open({
      handlers,
      handshake: false,
    });
    await script.say(`${bytes}r0001004echo00000002hi`);
    assertEquals(script.heard(), "01f00000002");
  }
});
