/**
 * A peer that writes what a test says, and nothing else.
 *
 * @module
 */

import {
  Decoder,
  encode,
  encodeVersion,
  type Message,
  VersionReader,
} from "@gotalk/gotalk/codec";
import {
  type Channel,
  type Listener,
  WriteUnits,
} from "@gotalk/gotalk/transport";
import { connectTcp, listenTcp } from "@gotalk/gotalk/transport/tcp";
import { connectWebSocket } from "@gotalk/gotalk/transport/websocket";
import { listenWebSocket } from "@gotalk/gotalk/transport/websocket-listener";
import type { Adapter, AdapterConnection, Transport } from "./_adapter.ts";

/** The messages of one kind. */
type OfKind<K extends Message["kind"]> = Extract<Message, { kind: K }>;

/** One end of a connection. Disposing of it ends the connection. */
export class ScriptedPeer implements AsyncDisposable {
  readonly #channel: Channel;
  readonly #version = new VersionReader();
  readonly #decoder = new Decoder();

  private constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Starts a conversation: writes the version. */
  static async start(channel: Channel): Promise<ScriptedPeer> {
    const peer = new ScriptedPeer(channel);
    await peer.#write([encodeVersion()]);
    return peer;
  }

  /** Writes messages, each in its own write units. */
  async send(...messages: Message[]): Promise<void> {
    await this.#write(messages.flatMap((message) => encode(message)));
  }

  /**
   * Returns the next message that is not a Heartbeat.
   *
   * @throws {Error} If it is of another kind, or the connection ends.
   */
  async receive<K extends Message["kind"]>(kind: K): Promise<OfKind<K>> {
    for (;;) {
      const message = this.#decoder.read();
      if (message?.kind === kind) return message as OfKind<K>;
      if (message !== undefined && message.kind !== "Heartbeat") {
        throw new Error(`Cannot receive a ${kind}: got a ${message.kind}`);
      }
      if (message !== undefined) continue;
      const chunk = await this.#channel.read();
      if (chunk === null) {
        throw new Error(`Cannot receive a ${kind}: the connection has ended`);
      }
      this.#decoder.push(chunk.subarray(this.#version.push(chunk)));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channel.abort(new Error("The test is over"));
    await this.#channel.closed.catch(() => {});
  }

  async #write(units: readonly Uint8Array[]): Promise<void> {
    const batch = new WriteUnits();
    for (const unit of units) batch.add(unit);
    await this.#channel.write(batch);
  }
}

/** A scripted peer, and the other end of its connection. */
export interface ScriptedPair {
  readonly ours: ScriptedPeer;
  readonly theirs: AdapterConnection;
}

/** Connects a scripted peer, in either role, and an adapter with streams. */
export async function withScriptedPeer(
  adapter: Adapter,
  transport: Transport,
  role: "acceptor" | "initiator",
  test: (pair: ScriptedPair) => Promise<void>,
): Promise<void> {
  const options = { streams: true };
  if (role === "initiator") {
    const listener = await adapter.listen(transport, options);
    const { address } = listener;
    await using ours = await ScriptedPeer.start(
      transport === "tcp"
        ? await connectTcp({ port: Number(new URL(address).port) })
        : await connectWebSocket(address, { origin: "same" }),
    );
    await test({ ours, theirs: await listener.accepted() });
    return;
  }
  await using listener: Listener = transport === "tcp"
    ? listenTcp()
    : listenWebSocket({ origins: "*" });
  const accepting = listener.accept();
  const connecting = adapter.connect(listener.address, options);
  const [accepted, theirs] = await Promise.all([
    accepting.then(async (channel) => await ScriptedPeer.start(channel!)),
    connecting,
  ]);
  await using ours = accepted;
  await test({ ours, theirs });
}
