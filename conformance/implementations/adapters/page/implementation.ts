/**
 * The peer of pages as an implementation under test.
 *
 * @module
 */

import {
  fetchHandler,
  Handlers,
  isProtocolError,
  type Peer,
} from "@gotalk/gotalk";
import type { PageLimits, PagePeer } from "@gotalk/gotalk/browser";
import {
  AdapterError,
  type CommandName,
  type Commands,
  type ConnectionOptions,
  type ConnectionReport,
  type Description,
  type Implementation,
  SkippedError,
} from "../../../runner/implementation.ts";
import { type Call, SingleCall, StreamCall } from "../deno/call.ts";
import { Condition } from "../deno/condition.ts";
import { messageOf } from "../deno/connection.ts";
import {
  type Note,
  OPERATIONS,
  standardOperations,
} from "../deno/operations.ts";
import { limitsOf } from "../deno/options.ts";
import { VirtualClock } from "../deno/virtual_clock.ts";

/** The script for pages, as servers hand it out. */
const script = await served();

/** How long `connect`, `close` and `drain` wait by default, in milliseconds. */
const DEFAULT_TIMEOUT = 5_000;

/** The limits that a page has. */
const LIMITS: readonly (keyof PageLimits)[] = [
  "handshakeTimeout",
  "heartbeatInterval",
  "maxConcurrentRequests",
  "maxConcurrentStreams",
  "maxPayloadBytes",
  "maxUnreadBytes",
  "receiveTimeout",
];

const DESCRIPTION: Description = {
  implementation: {
    name: "@gotalk/gotalk/browser",
    version: "0.1.0",
    language: "typescript",
  },
  roles: { initiator: ["websocket"] },
  versions: ["01"],
  operations: OPERATIONS,
  limits: { name: 4095, payload: 16 * 1024 * 1024 },
  features: [
    "cancel",
    "drain",
    "extensionBytes",
    "extensionCancel",
    "extensionCredit",
    "extensionDrain",
    "limits",
    "readTimeout",
    "retry",
    "streams",
    "textMessages",
    "virtualTime",
  ],
};

/** A connection, from the attempt to open it. */
class Connection {
  readonly #condition = new Condition();
  readonly #notes: Note[] = [];
  readonly #opening = new AbortController();
  #peer: PagePeer | undefined;
  #state: ConnectionReport["state"] = "connecting";
  #error: unknown;

  constructor(
    address: string,
    options: ConnectionOptions,
    clock: VirtualClock,
  ) {
    const { streams, virtualTime } = options;
    const time = virtualTime ? clock : undefined;
    const limits = pageLimitsOf(options);
    const handlers = standardOperations({
      handlers: new script.Handlers(),
      streams,
      clock: time,
      onNote: (note) => {
        this.#notes.push(note);
        this.#condition.changed();
      },
    }) as Handlers;
    const { signal } = this.#opening;
    script.connect(address, { handlers, limits, clock: time, signal }).then(
      (peer) => {
        this.#peer = peer;
        this.#enter(peer.state === "closed" ? "closed" : "open");
        void peer.closed.then(({ error }) => this.#ended(error));
      },
      (error) => this.#ended(error),
    );
  }

  get peer(): PagePeer {
    if (this.#peer !== undefined) return this.#peer;
    throw new AdapterError(
      `Cannot use the connection: it is ${this.#state}, wanted one that is open`,
    );
  }

  async opened(timeout: number): Promise<ConnectionReport> {
    await this.#condition.until(() => this.#state !== "connecting", timeout);
    return this.report();
  }

  async received(notes: number, timeout: number): Promise<ConnectionReport> {
    const isEnough = () =>
      this.#state === "closed" || notes > 0 && this.#notes.length >= notes;
    await this.#condition.until(isEnough, timeout);
    return this.report();
  }

  async close(timeout: number): Promise<ConnectionReport> {
    void this.#peer?.close();
    return await this.received(0, timeout);
  }

  async drain(timeout: number): Promise<ConnectionReport> {
    void this.peer.drain({ timeout });
    return await this.received(0, timeout + 1_000);
  }

  async cut(): Promise<void> {
    this.#opening.abort();
    this.#peer?.abort();
    await this.#peer?.closed;
  }

  report(): ConnectionReport {
    const error = this.#error;
    return {
      state: this.#state,
      ...isProtocolError(error) ? { code: error.code } : {},
      ...error === undefined ? {} : { message: messageOf(error) },
      notes: [...this.#notes],
      heartbeats: [],
    };
  }

  #ended(error: unknown): void {
    this.#error = error;
    this.#enter("closed");
  }

  #enter(state: ConnectionReport["state"]): void {
    this.#state = state;
    this.#condition.changed();
  }
}

type CommandTable = {
  readonly [C in CommandName]: (
    args: Commands[C]["args"],
  ) => Commands[C]["answer"] | Promise<Commands[C]["answer"]>;
};

/** The peer of pages, over the WebSocket of the runtime. */
export class PageImplementation implements Implementation {
  /** Never resolves: it ends only when it is disposed of. */
  readonly ended: Promise<string> = new Promise(() => {});
  readonly #connections = new Map<string, Connection>();
  readonly #calls = new Map<string, Call>();
  #handles = 0;
  #clock = new VirtualClock();

  readonly #commands: CommandTable = {
    start: () => DESCRIPTION,
    encode: () => skipped("a page has no codec"),
    decode: () => skipped("a page has no codec"),
    listen: () => skipped("a page cannot listen"),
    connect: async ({ address, options = {}, timeout = DEFAULT_TIMEOUT }) => {
      const made = new Connection(address, options, this.#clock);
      const connection = `connection-${++this.#handles}`;
      this.#connections.set(connection, made);
      return { ...await made.opened(timeout), connection };
    },
    request: ({ connection, operation, payload, retry }) => {
      const peer = this.#peer(connection);
      return this.#hold(new SingleCall(peer, operation, payload, retry));
    },
    notify: async ({ connection, name, payload = new Uint8Array(0) }) => {
      await this.#connection(connection).peer.notifyBytes(name, payload);
      return {};
    },
    "open-stream": ({ connection, operation }) =>
      this.#hold(new StreamCall(this.#peer(connection), operation)),
    write: async ({ call, payload }) => {
      await this.#call(call).write(payload);
      return {};
    },
    end: async ({ call }) => {
      await this.#call(call).end();
      return {};
    },
    cancel: ({ call }) => {
      this.#call(call).cancel();
      return {};
    },
    report: async (args) => {
      const { timeout = 0 } = args;
      if ("call" in args) {
        return await this.#call(args.call).report(args.parts ?? 0, timeout);
      }
      if (!("connection" in args)) return skipped("a page cannot listen");
      const { connection, notes = 0, heartbeats = 0 } = args;
      if (heartbeats > 0) return skipped("a page reports no heartbeats");
      return await this.#connection(connection).received(notes, timeout);
    },
    close: async (args) => {
      if ("listener" in args) return skipped("a page cannot listen");
      const { connection, timeout = DEFAULT_TIMEOUT } = args;
      return await this.#connection(connection).close(timeout);
    },
    drain: ({ connection, timeout = DEFAULT_TIMEOUT }) =>
      this.#connection(connection).drain(timeout),
    advance: async ({ ms }) => {
      await this.#clock.advance(ms);
      return {};
    },
    reset: () => this.#cutAll(),
    stop: () => this.#cutAll(),
  };

  // deno-lint-ignore require-await -- an error must reject
  async ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
  ): Promise<Commands[C]["answer"]> {
    return this.#commands[command](args);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cutAll();
  }

  async #cutAll(): Promise<Record<never, never>> {
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    this.#calls.clear();
    this.#clock = new VirtualClock();
    await Promise.all(connections.map((connection) => connection.cut()));
    return {};
  }

  #hold(made: Call): { call: string } {
    const call = `call-${++this.#handles}`;
    this.#calls.set(call, made);
    return { call };
  }

  #peer(handle: string): Peer {
    // It has the methods that calls use.
    return this.#connection(handle).peer as unknown as Peer;
  }

  #connection(handle: string): Connection {
    const connection = this.#connections.get(handle);
    if (connection !== undefined) return connection;
    throw new AdapterError(`Cannot find the connection ${handle}`);
  }

  #call(handle: string): Call {
    const call = this.#calls.get(handle);
    if (call !== undefined) return call;
    throw new AdapterError(`Cannot find the call ${handle}`);
  }
}

/**
 * Returns the limits that options stand for.
 *
 * @throws {SkippedError} If pages do not have one.
 */
function pageLimitsOf(options: ConnectionOptions): Partial<PageLimits> {
  const limits = limitsOf(options);
  for (const name of Object.keys(limits)) {
    if (!(LIMITS as readonly string[]).includes(name)) {
      return skipped(`a page has no limit ${name}`);
    }
  }
  return limits as Partial<PageLimits>;
}

async function served(): Promise<typeof import("@gotalk/gotalk/browser")> {
  await using handle = fetchHandler(new Handlers());
  const request = new Request("http://localhost/gotalk.js");
  const text = await (await handle(request)).text();
  const code = text.replace(/\/\/# sourceMappingURL.*/, "");
  return await import(`data:text/javascript,${encodeURIComponent(code)}`);
}

function skipped(reason: string): never {
  throw new SkippedError(reason);
}
