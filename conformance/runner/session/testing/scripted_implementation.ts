/**
 * An implementation that follows a script, well or badly.
 *
 * @module
 */

import { encode, type Message } from "@gotalk/gotalk/codec";
import type { Channel } from "@gotalk/gotalk/transport";
import type { Role } from "../../cases/case.ts";
import {
  AdapterError,
  type CommandName,
  type Commands,
  type Description,
  type Implementation,
  SkippedError,
} from "../../implementation.ts";
import { Inbox, type InboxOffset, nextItem } from "../expectation/inbox.ts";
import { memoryWire } from "../wire/memory_wire.ts";
import { connectTcpWire, listenTcpWire } from "../wire/tcp_wire.ts";
import {
  connectWebSocketWire,
  listenWebSocketWire,
} from "../wire/websocket_wire.ts";
import type { Wire, WireListener } from "../wire/wire.ts";

const utf8 = new TextEncoder();

/** The second digit of version 01. */
const ONE = "1".charCodeAt(0);

/** One connection of a scripted implementation. */
export class ScriptedConnection {
  /** The implementation's end of the connection. */
  readonly wire: Wire;
  readonly #inbox = new Inbox();
  readonly #signal: AbortSignal;
  #offset: InboxOffset = { item: 0, skip: 0 };

  /** Starts reading; the signal ends all waiting. */
  constructor(wire: Wire, signal: AbortSignal) {
    this.wire = wire;
    this.#signal = signal;
    wire.start((arrival) => this.#inbox.push(arrival));
  }

  /**
   * Returns the next message, `"malformed"` for malformed bytes, `undefined` at
   * the end.
   */
  async read(): Promise<Message | "malformed" | undefined> {
    for (;;) {
      const item = this.#inbox.at(this.#offset);
      if (item === undefined) {
        await this.#inbox.wait(performance.now() + 60_000, this.#signal);
        continue;
      }
      if (item.type === "end") return undefined;
      this.#offset = nextItem(this.#offset);
      if (item.type === "malformed") return "malformed";
      if (item.type === "message") return item.message;
    }
  }

  /** Returns whether the version of the runner is `01`, once it has arrived or the connection has ended. */
  async readVersion(): Promise<boolean> {
    for (;;) {
      const item = this.#inbox.at(this.#offset);
      if (item !== undefined) {
        return item.type === "version" && item.bytes[1] === ONE;
      }
      await this.#inbox.wait(performance.now() + 60_000, this.#signal);
    }
  }

  /** Writes texts, bytes and messages, each write unit separately. */
  async write(...parts: (string | Uint8Array | Message)[]): Promise<void> {
    for (const part of parts) {
      const units = typeof part === "string"
        ? [utf8.encode(part)]
        : part instanceof Uint8Array
        ? [part]
        : encode(part);
      for (const unit of units) await this.wire.write(unit);
    }
  }

  /** Ends the connection, over WebSocket with a code. */
  end(code?: number): Promise<void> {
    return this.wire.end(code);
  }
}

/** What an implementation does on each connection. */
export type Script = (connection: ScriptedConnection) => Promise<void>;

/**
 * Serves `echo`, refuses other operations, and ends the connection after
 * malformed bytes as the protocol demands.
 */
export async function behave(connection: ScriptedConnection): Promise<void> {
  await connection.write("01");
  await serveRequests(connection);
}

/** Does what {@linkcode behave} does after the version. */
export async function serveRequests(
  connection: ScriptedConnection,
): Promise<void> {
  for (;;) {
    const message = await connection.read();
    if (message === undefined) return await connection.end();
    if (message === "malformed") {
      await connection.write({ kind: "ProtocolError", code: 2 });
      return await connection.end(4002);
    }
    if (message.kind !== "SingleRequest") continue;
    const { id, operation, payload } = message;
    await connection.write(
      operation === "echo"
        ? { kind: "SingleResult", id, payload }
        : { kind: "ErrorResult", id, payload: utf8.encode("unknown") },
    );
  }
}

/** Answers to commands, in place of the usual ones. */
export type ScriptedAnswers = {
  readonly [C in CommandName]?: (
    args: Commands[C]["args"],
  ) => Commands[C]["answer"] | Promise<Commands[C]["answer"]>;
};

/** An implementation that runs a script on each connection. */
export class ScriptedImplementation implements Implementation {
  readonly ended: Promise<string>;
  /** Ends the implementation as if it had crashed. */
  readonly crash: (what: string) => void;
  /** The process whose memory is measured. */
  pid?: number;
  readonly #script: Script;
  readonly #answers: ScriptedAnswers;
  readonly #listeners = new Map<string, WireListener>();
  readonly #wires: Wire[] = [];
  readonly #work: Promise<unknown>[] = [];
  readonly #disposed = new AbortController();
  #handles = 0;

  /** Creates an implementation. */
  constructor(script: Script = behave, answers: ScriptedAnswers = {}) {
    this.#script = script;
    this.#answers = answers;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.crash = resolve;
  }

  /** The answer to `start`. */
  readonly description: Description = {
    implementation: { name: "scripted", version: "0", language: "typescript" },
    roles: {
      acceptor: ["tcp", "websocket"],
      initiator: ["tcp", "websocket"],
    },
    versions: ["01"],
    operations: ["echo"],
    limits: { name: 4095, payload: 2 ** 32 - 1 },
    features: ["streams", "textMessages", "virtualTime"],
  };

  async ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
  ): Promise<Commands[C]["answer"]> {
    const answer = this.#answers[command];
    if (answer !== undefined) return await answer(args);
    switch (command) {
      case "start":
        return this.description;
      case "listen":
        return await this.#listen(args as Commands["listen"]["args"]);
      case "connect":
        return await this.#connect(args as Commands["connect"]["args"]);
      case "report":
        return { connections: ["connection"] };
      case "close":
        return this.#close(args as { readonly listener: string });
      default:
        throw new SkippedError(`it has no ${command}`);
    }
  }

  adopt(channel: Channel, _role: Role): Promise<string> {
    this.#run(memoryWire(channel));
    return Promise.resolve("connection");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    await Promise.all(this.#wires.map((wire) => wire.destroy()));
    for (const listener of this.#listeners.values()) {
      this.#work.push(listener.close());
    }
    await Promise.all(this.#work);
  }

  async #listen(
    { transport }: Commands["listen"]["args"],
  ): Promise<Commands["listen"]["answer"]> {
    const wires = transport === "websocket"
      ? await listenWebSocketWire()
      : await listenTcpWire({ resets: true });
    const listener = `listener-${++this.#handles}`;
    this.#listeners.set(listener, wires);
    this.#work.push(this.#accept(wires));
    return { listener, address: wires.address };
  }

  async #accept(listener: WireListener): Promise<void> {
    for (;;) {
      try {
        this.#run(await listener.accept());
      } catch {
        return;
      }
    }
  }

  async #connect(
    { address }: Commands["connect"]["args"],
  ): Promise<Commands["connect"]["answer"]> {
    const { port } = new URL(address.replace("tcp:", "http:"));
    const wire = address.startsWith("ws:")
      ? (await connectWebSocketWire(address)).wire
      : await connectTcpWire({ hostname: "127.0.0.1", port: Number(port) });
    if (wire === undefined) throw new AdapterError("Cannot connect: refused");
    this.#run(wire);
    const state = { state: "open", notes: [], heartbeats: [] } as const;
    return { connection: "connection", ...state };
  }

  #close({ listener }: { readonly listener: string }): Record<never, never> {
    const listening = this.#listeners.get(listener);
    this.#listeners.delete(listener);
    // Closing completes when the last accepted connection has ended.
    if (listening !== undefined) this.#work.push(listening.close());
    return {};
  }

  #run(wire: Wire): void {
    this.#wires.push(wire);
    const connection = new ScriptedConnection(wire, this.#disposed.signal);
    // The case judges what the script can no longer write.
    this.#work.push(this.#script(connection).catch(() => {}));
  }
}
