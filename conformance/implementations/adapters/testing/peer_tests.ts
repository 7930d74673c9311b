/**
 * The tests of a small peer that was written from the pages of this project: it
 * supports TCP, in both roles, and nothing but version 01.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { needing } from "../../../../scripts/find_program.ts";
import { text } from "@gotalk/gotalk/codec";
import { startAdapter } from "../../../runner/adapter_protocol/start_adapter.ts";
import {
  type CommandName,
  type Implementation,
  SkippedError,
} from "../../../runner/implementation.ts";
import {
  ask,
  codeAll,
  connectEnds,
  notifyAll,
  reportOf,
  requestAll,
  result,
  settled,
  TIMEOUT,
} from "./adapter_checks.ts";
import { GotalkImplementation } from "../deno/implementation.ts";

/** How to test a small peer. */
export interface PeerTestOptions {
  /** The language of the peer, for the names of the tests. */
  readonly language: string;
  /** The programs that it needs, as for {@linkcode needing}. */
  readonly needs: Readonly<Record<string, string | undefined>>;
  /** Prepares the adapter if need be, and returns the command that starts it. */
  readonly command: () => Promise<string> | string;
}

/** Registers the tests of a small peer. */
export function testPeer({ language, needs, command }: PeerTestOptions): void {
  function peerTest(
    name: string,
    test: (peer: Implementation) => Promise<void>,
  ): void {
    Deno.test(needing(needs, {
      name: `the peer in ${language} ${name}`,
      timeout: TIMEOUT * 2,
      fn: async () => {
        await using peer = await startAdapter(await command(), {
          strict: true,
        });
        await test(peer);
      },
    }));
  }

  peerTest("codes messages of all kinds", (peer) => codeAll(peer));

  for (const role of ["acceptor", "initiator"] as const) {
    peerTest(`sends and answers requests as the ${role}`, async (peer) => {
      const { operations } = await peer.ask("start", { protocol: 1 });
      await using implementation = new GotalkImplementation();
      const ends = role === "initiator"
        ? await connectEnds(peer, implementation, "tcp")
        : (await connectEnds(implementation, peer, "tcp")).toReversed();
      const [there, here] = ends;
      await requestAll(...here!, { operations, streams: true });
      await requestAll(...there!, { operations, streams: true });
      await notifyAll(here!, there!);
      await notifyAll(there!, here!);
      assertEquals(await ask(...here!, "close-after", ""), result("ok"));
      assertEquals((await reportOf(...there!)).state, "closed");
    });
  }

  peerTest("cancels calls, and reports why others ended", cancelsCalls);
  peerTest("skips what it cannot do", skipsOtherThings);
}

async function cancelsCalls(peer: Implementation): Promise<void> {
  const [[, connection], [, accepted]] = await connectEnds(
    peer,
    peer,
    "tcp",
    { maxConcurrentRequests: 1, overloadWait: [7, 7] },
  );
  const held = await peer.ask("request", { connection, operation: "hold" });
  assertEquals(await ask(peer, connection, "echo", ""), {
    outcome: "retry",
    wait: 7,
    payload: text.encode("too many requests"),
  });
  assertEquals(await peer.ask("report", held), { outcome: "pending" });
  await peer.ask("cancel", held);
  assertEquals(await settled(peer, held.call), { outcome: "cancelled" });
  const stream = await peer.ask("open-stream", {
    connection,
    operation: "stream-echo",
  });
  await peer.ask("write", { ...stream, payload: text.encode("a") });
  await peer.ask("report", { ...stream, parts: 1, timeout: TIMEOUT });
  await peer.ask("close", { connection: accepted });
  const { outcome, parts } = await settled(peer, stream.call);
  assertEquals([outcome, parts], ["closed", [text.encode("a")]]);
  const { state } = await peer.ask("connect", {
    address: "tcp://127.0.0.1:1",
  });
  assertEquals(state, "closed");
}

async function skipsOtherThings(peer: Implementation): Promise<void> {
  const skipped: readonly (readonly [CommandName, object])[] = [
    ["listen", { transport: "websocket" }],
    ["listen", { transport: "tcp", options: { virtualTime: true } }],
    ["encode", { version: "00" }],
    ["advance", { ms: 1 }],
  ];
  for (const [command, args] of skipped) {
    const sent = () => peer.ask(command, args as { protocol: 1 });
    await assertRejects(sent, SkippedError, "", command);
  }
}
