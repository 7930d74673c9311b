/**
 * A subject that does what a test says, well or badly.
 *
 * @module
 */

import { encode, type Message } from "@gotalk/gotalk/codec";
import type { Channel } from "@gotalk/gotalk/transport";
import type { Role } from "../cases/case.ts";
import {
  AdapterError,
  type CommandName,
  type Commands,
  type Description,
  type Implementation,
  SkippedError,
} from "../implementation.ts";
import { Inbox } from "./_inbox.ts";
import { adoptMemory } from "./_memory_wire.ts";
import { connectTcp, listenTcp, type WireListener } from "./_tcp_wire.ts";
import { connectWebSocket, listenWebSocket } from "./_websocket_wire.ts";
import type { Wire } from "./_wire.ts";

const text = new TextEncoder();

/** One connection of a scripted subject. */
export class Link {
  /** What carries it. */
  readonly wire: Wire;
  readonly #inbox = new Inbox();
  readonly #signal: AbortSignal;
  #next = 0;

  /** Begins to read; the signal ends all waiting. */
  constructor(wire: Wire, signal: AbortSignal) {
    this.wire = wire;
    this.#signal = signal;
    wire.start((arrival) => this.#inbox.push(arrival));
  }

  /** The next message; `"malformed"` for bytes that are none, `undefined` at the end. */
  async read(): Promise<Message | "malformed" | undefined> {
    for (;;) {
      const item = this.#inbox.at({ item: this.#next, skip: 0 });
      if (item === undefined) {
        await this.#inbox.wait(performance.now() + 60_000, this.#signal);
        continue;
      }
      if (item.type === "end") return undefined;
      this.#next++;
      if (item.type === "malformed") return "malformed";
      if (item.type === "message") return item.message;
    }
  }

  /** Writes texts, bytes and messages, each write unit apart. */
  async write(...parts: (string | Uint8Array | Message)[]): Promise<void> {
    for (const part of parts) {
      const units = typeof part === "string"
        ? [text.encode(part)]
        : part instanceof Uint8Array
        ? [part]
        : encode(part);
      for (const unit of units) await this.wire.write(unit);
    }
  }

  /** Ends the connection, on WebSocket with a code. */
  end(code?: number): Promise<void> {
    return this.wire.end(code);
  }
}

/** What a subject does on each connection. */
export type Script = (link: Link) => Promise<void>;

/** Serves `echo`, refuses other operations, and ends the connection in order on malformed bytes. */
export async function behave(link: Link): Promise<void> {
  await link.write("01");
  await serve(link);
}

/** What {@linkcode behave} does behind the version. */
export async function serve(link: Link): Promise<void> {
  for (;;) {
    const message = await link.read();
    if (message === undefined) return await link.end();
    if (message === "malformed") {
      await link.write({ kind: "ProtocolError", code: 2 });
      return await link.end(4002);
    }
    if (message.kind !== "SingleRequest") continue;
    const { id, operation, payload } = message;
    await link.write(
      operation === "echo"
        ? { kind: "SingleResult", id, payload }
        : { kind: "ErrorResult", id, payload: text.encode("unknown") },
    );
  }
}

/** Answers commands that are not about listening and connecting. */
export type Answers = {
  readonly [C in CommandName]?: (
    args: Commands[C]["args"],
  ) => Commands[C]["answer"] | Promise<Commands[C]["answer"]>;
};

/** A subject that plays a script on each connection. */
export class ScriptedSubject implements Implementation {
  readonly ended: Promise<string>;
  /** Ends the subject as if it had crashed. */
  readonly crash: (what: string) => void;
  /** The process that is measured. */
  pid?: number;
  readonly #script: Script;
  readonly #answers: Answers;
  readonly #listeners = new Map<string, WireListener>();
  readonly #wires: Wire[] = [];
  readonly #work: Promise<unknown>[] = [];
  readonly #disposed = new AbortController();
  #handles = 0;

  /** Creates a subject. */
  constructor(script: Script = behave, answers: Answers = {}) {
    this.#script = script;
    this.#answers = answers;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.crash = resolve;
  }

  /** What it says of itself. */
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
    this.#play(adoptMemory(channel));
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
      ? await listenWebSocket()
      : await listenTcp({ resets: true });
    const listener = `listener-${++this.#handles}`;
    this.#listeners.set(listener, wires);
    this.#work.push(this.#accept(wires));
    return { listener, address: wires.address };
  }

  async #accept(listener: WireListener): Promise<void> {
    for (;;) {
      try {
        this.#play(await listener.accept());
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
      ? (await connectWebSocket(address)).wire
      : await connectTcp({ hostname: "127.0.0.1", port: Number(port) });
    if (wire === undefined) throw new AdapterError("Cannot connect: refused");
    this.#play(wire);
    const state = { state: "open", notes: [], heartbeats: [] } as const;
    return { connection: "connection", ...state };
  }

  #close({ listener }: { readonly listener: string }): Record<never, never> {
    const listening = this.#listeners.get(listener);
    this.#listeners.delete(listener);
    // It is closed for good when the last of what it accepted has ended.
    if (listening !== undefined) this.#work.push(listening.close());
    return {};
  }

  #play(wire: Wire): void {
    this.#wires.push(wire);
    // What the script cannot write any more is for the case to judge.
    const link = new Link(wire, this.#disposed.signal);
    this.#work.push(this.#script(link).catch(() => {}));
  }
}
