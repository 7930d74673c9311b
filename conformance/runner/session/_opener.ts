/**
 * Connections with an implementation, in each role over each transport.
 *
 * @module
 */

import type { Role, Transport } from "../cases/case.ts";
import {
  AdapterError,
  type ConnectionOptions,
  type Implementation,
} from "../implementation.ts";
import { bounded, settles } from "./_bounded.ts";
import type { Commander } from "./_commander.ts";
import { openMemory } from "./_memory_wire.ts";
import { connectTcp, listenTcp, type WireListener } from "./_tcp_wire.ts";
import {
  connectWebSocket,
  listenWebSocket,
  type UpgradeAnswer,
} from "./_websocket_wire.ts";
import type { Wire } from "./_wire.ts";

/** A connection with an implementation. */
export interface Opened {
  /** The runner's end. */
  readonly wire: Wire;
  /** The implementation's handle of its end. */
  connection(): Promise<string>;
}

/** How connections are opened. */
export interface OpenerOptions {
  /** What the implementation is. */
  readonly role: Role;
  /** What carries the bytes. */
  readonly over: Transport;
  /** Options of `listen` or `connect`. */
  readonly options?: ConnectionOptions | undefined;
  /** Whether the runner can reset the connection. */
  readonly resets: boolean;
  /** How long that may take, in milliseconds. */
  readonly patience: number;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/** A listener of the implementation. */
interface Listening {
  readonly listener: string;
  readonly address: string;
}

/** Listeners that all cases use which need no other, for each subject under transport and options. */
const shared = new WeakMap<Implementation, Map<string, Promise<Listening>>>();

/** Opens connections, and lets go of all that this took. */
export class Opener {
  readonly #commander: Commander;
  readonly #options: OpenerOptions;
  readonly #wires: Wire[] = [];
  readonly #listeners: WireListener[] = [];
  #fresh: Promise<Listening> | undefined;

  /** Creates an opener. */
  constructor(commander: Commander, options: OpenerOptions) {
    this.#commander = commander;
    this.#options = options;
  }

  /**
   * Opens a connection.
   *
   * @param named Whether its handle will be asked for.
   */
  open({ named = false } = {}): Promise<Opened> {
    const { role, over } = this.#options;
    if (over === "memory") return this.#adopt();
    return role === "acceptor" ? this.#connect(named) : this.#accept(over);
  }

  /** Asks an acceptor for a WebSocket with these headers. */
  async upgrade(
    headers: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly opened?: Opened }> {
    const listening = await this.#listen(true);
    const answer = await this.#within(
      connectWebSocket(listening.address, headers),
      "ask for a WebSocket",
      abandonAnswer,
    );
    if (answer.wire === undefined) return { status: answer.status };
    this.#wires.push(answer.wire);
    const opened = {
      wire: answer.wire,
      connection: () => this.#accepted(listening),
    };
    return { status: 101, opened };
  }

  /** Lets go of all connections, and of the listeners that only this opener used. */
  async dispose(): Promise<void> {
    await Promise.all(
      this.#wires.map((wire) => settles(wire.destroy(), CLEANUP)),
    );
    await Promise.all(
      this.#listeners.map((listener) => settles(listener.close(), CLEANUP)),
    );
    if (this.#fresh === undefined) return;
    const closing = this.#fresh.then(({ listener }) =>
      this.#commander.subject.ask("close", { listener })
    );
    await settles(closing, CLEANUP);
  }

  async #adopt(): Promise<Opened> {
    const { role, options } = this.#options;
    const { subject } = this.#commander;
    const [wire, channel] = openMemory();
    this.#wires.push(wire);
    const adopting = subject.adopt!(channel, role, options);
    adopting.catch(() => {});
    // What fails at once is told at once; a handle may come with the first bytes only.
    await Promise.race([adopting, Promise.resolve()]);
    return {
      wire,
      connection: () => this.#within(adopting, "hand over a connection"),
    };
  }

  async #connect(named: boolean): Promise<Opened> {
    for (let isAgain = false;; isAgain = true) {
      const listening = await this.#listen(named);
      try {
        const wire = await this.#connectTo(listening.address);
        this.#wires.push(wire);
        return { wire, connection: () => this.#accepted(listening) };
      } catch (error) {
        // Somebody may have told the implementation to forget its listeners.
        if (named || isAgain || this.#options.signal.aborted) throw error;
        shared.get(this.#commander.subject)?.delete(this.#key());
      }
    }
  }

  #connectTo(address: string): Promise<Wire> {
    const { over, resets } = this.#options;
    if (over === "websocket") {
      return this.#within(
        connectWebSocket(address).then((answer) => {
          if (answer.wire !== undefined) return answer.wire;
          throw new Error(
            `Cannot connect to ${address}: the answer was HTTP status ${answer.status}, wanted 101`,
          );
        }),
        `connect to ${address}`,
        (wire) => wire.destroy(),
      );
    }
    const { hostname, port } = new URL(address.replace("tcp:", "http:"));
    return this.#within(
      connectTcp({
        hostname: hostname.replace(/^\[|\]$/g, ""),
        port: Number(port || 80),
      }, { resets }),
      `connect to ${address}`,
      (wire) => wire.destroy(),
    );
  }

  async #accept(over: "tcp" | "websocket"): Promise<Opened> {
    const { options, resets, patience } = this.#options;
    const listener = over === "websocket"
      ? await listenWebSocket()
      : await listenTcp({ resets });
    this.#listeners.push(listener);
    const timeout = 2 * patience;
    const connecting = this.#commander.ask("connect", {
      address: listener.address,
      timeout,
      ...(options === undefined ? {} : { options }),
    }, timeout);
    const accepting = listener.accept();
    accepting.catch(() => {});
    const failing = connecting.then(({ state, message }) => {
      if (state !== "closed") return accepting;
      throw new AdapterError(
        `Cannot connect to the runner: ${message ?? "no reason was given"}`,
      );
    });
    const wire = await this.#within(
      Promise.race([accepting, failing]),
      "wait for the connection of the implementation",
      (late) => late.destroy(),
    );
    this.#wires.push(wire);
    return {
      wire,
      connection: async () => (await connecting).connection,
    };
  }

  #listen(named: boolean): Promise<Listening> {
    if (named) return this.#fresh ??= this.#askToListen();
    const { subject } = this.#commander;
    let listeners = shared.get(subject);
    if (listeners === undefined) shared.set(subject, listeners = new Map());
    const key = this.#key();
    let listening = listeners.get(key);
    if (listening === undefined) {
      listening = this.#askToListen();
      listeners.set(key, listening);
      listening.catch(() => listeners.delete(key));
    }
    return listening;
  }

  #key(): string {
    const { over, options = {} } = this.#options;
    return JSON.stringify([over, Object.entries(options).sort()]);
  }

  #askToListen(): Promise<Listening> {
    const { over, options } = this.#options;
    return this.#commander.ask("listen", {
      transport: over as "tcp" | "websocket",
      ...(options === undefined ? {} : { options }),
    });
  }

  /** The handle of the connection that a listener of this opener's own has accepted. */
  async #accepted({ listener }: Listening): Promise<string> {
    const timeout = this.#options.patience;
    const report = await this.#commander.ask(
      "report",
      { listener, connections: 1, timeout },
      timeout,
    ) as { readonly connections: readonly string[] };
    const [connection] = report.connections;
    if (connection !== undefined) return connection;
    throw new AdapterError(
      `Cannot learn the handle of a connection: the listener reports none within ${timeout} ms`,
    );
  }

  /** Waits for something; when it comes too late, it is given up. */
  async #within<T>(
    work: Promise<T>,
    attempted: string,
    abandon?: (late: T) => Promise<unknown> | undefined,
  ): Promise<T> {
    const { patience, signal } = this.#options;
    try {
      return await bounded(work, patience, attempted, signal);
    } catch (error) {
      if (abandon !== undefined) work.then(abandon).catch(() => {});
      throw error;
    }
  }
}

/** How long it may take to let go of something, in milliseconds. */
const CLEANUP = 1000;

function abandonAnswer(answer: UpgradeAnswer): Promise<void> | undefined {
  return answer.wire?.destroy();
}
