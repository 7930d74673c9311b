/**
 * Opens connections with an implementation, in each role over each transport.
 *
 * @module
 */

import type { RawRequest, Role, Transport } from "../cases/case.ts";
import {
  AdapterError,
  type ConnectionOptions,
  type Implementation,
} from "../implementation.ts";
import type { CommandClient } from "./_command_client.ts";
import {
  accepts,
  requestBindings,
  responseBindings,
  writeHttp,
} from "./_raw_http.ts";
import { settlesWithin, withTimeout } from "./_timeout.ts";
import { VerdictError } from "./_verdict_error.ts";
import { openMemoryWire } from "./wire/memory_wire.ts";
import { type RawHead, RawWebSocketWire } from "./wire/raw_websocket_wire.ts";
import { connectTcpWire, listenTcpWire } from "./wire/tcp_wire.ts";
import {
  connectWebSocketWire,
  listenWebSocketWire,
} from "./wire/websocket_wire.ts";
import type { Wire, WireListener } from "./wire/wire.ts";

/** An open connection with an implementation. */
export interface OpenConnection {
  /** The runner's end. */
  readonly wire: Wire;
  /** Returns the implementation's handle of its end. */
  handle(): Promise<string>;
}

/** Options of a connector. */
export interface ConnectorOptions {
  /** The role of the implementation. */
  readonly role: Role;
  /** The transport. */
  readonly over: Transport;
  /** The options of the command `listen` or `connect`. */
  readonly options?: ConnectionOptions | undefined;
  /** Whether the runner can reset the connections. */
  readonly resets: boolean;
  /**
   * Whether the connections have a listener of the implementation to themselves,
   * as they need if the handle of one is asked for, or if its HTTP may harm it.
   */
  readonly hasOwnListener: boolean;
  /** How long opening one may take, in milliseconds. */
  readonly timeout: number;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/** A connection whose HTTP request or response a case has written. */
export interface RawConnection {
  readonly opened: OpenConnection;
  /** What was written. */
  readonly written: readonly Uint8Array[];
  /** Resolves with what the implementation writes first, or when the connection ends without it. */
  readonly head: Promise<RawHead>;
}

/** A listener of the implementation. */
interface ImplementationListener {
  readonly listener: string;
  readonly address: string;
}

/** How long releasing a resource may take, in milliseconds. */
const CLEANUP_TIMEOUT = 1000;

/**
 * Listeners that cases share unless they have their own: by implementation,
 * transport and options.
 */
const sharedListeners = new WeakMap<
  Implementation,
  Map<string, Promise<ImplementationListener>>
>();

/**
 * How long an initiator that demands a login may wait for it before it gives
 * its connection a handle, in milliseconds: a case may use it before the login.
 */
const LOGIN_TIMEOUT = 100;

/** Opens connections, and releases everything that this took. */
export class Connector {
  readonly #client: CommandClient;
  readonly #options: ConnectorOptions;
  readonly #wires: Wire[] = [];
  readonly #listeners: WireListener[] = [];
  /** The listener of the implementation that is not shared. */
  #ownListener: Promise<ImplementationListener> | undefined;
  /** The number of connections that it has accepted, or is about to. */
  #connected = 0;

  /** Creates a connector. */
  constructor(client: CommandClient, options: ConnectorOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Opens a connection. All of an acceptor come from the same listener, so that one can hold up the others. */
  open(): Promise<OpenConnection> {
    const { role, over } = this.#options;
    if (over === "memory") return this.#adopt();
    return role === "acceptor" ? this.#connect() : this.#accept(over);
  }

  /** Requests a WebSocket from an acceptor, with these headers. */
  async upgrade(
    headers: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly opened?: OpenConnection }> {
    const listening = await this.#listen();
    const outcome = await this.#within(
      connectWebSocketWire(listening.address, headers),
      "request a WebSocket",
      (late) => late.wire?.destroy(),
    );
    if (outcome.wire === undefined) return { status: outcome.status };
    this.#wires.push(outcome.wire);
    const opened = {
      wire: outcome.wire,
      handle: this.#accepted(listening),
    };
    return { status: 101, opened };
  }

  /** Writes the HTTP of a case: the request to an acceptor, or the response to an initiator. */
  raw(request: RawRequest): Promise<RawConnection> {
    return this.#options.role === "acceptor"
      ? this.#request(request)
      : this.#respond(request);
  }

  async #request(
    { http, ignoresClose }: RawRequest,
  ): Promise<RawConnection> {
    const listening = await this.#listen();
    const { hostname, port } = new URL(listening.address);
    const stream = await this.#within(
      connectTcpWire({
        hostname: hostname.replace(/^\[|\]$/g, ""),
        port: Number(port || 80),
      }),
      `connect to ${listening.address}`,
      (late) => late.destroy(),
    );
    const wire = new RawWebSocketWire("client", stream, ignoresClose);
    this.#wires.push(wire);
    return {
      written: await writeHttp(
        wire,
        http,
        requestBindings(listening.address),
        this.#options,
      ),
      head: wire.head,
      opened: { wire, handle: this.#accepted(listening) },
    };
  }

  async #respond(
    { http, ignoresClose }: RawRequest,
  ): Promise<RawConnection> {
    const listener = await listenTcpWire();
    this.#listeners.push(listener);
    const { wire: stream, handle } = await this.#acceptFrom(
      listener,
      listener.address.replace("tcp:", "ws:") + "/",
    );
    const wire = new RawWebSocketWire("server", stream, ignoresClose);
    this.#wires.push(wire);
    const head = await this.#within(wire.head, "read an HTTP request");
    if (head.status === undefined) {
      throw new VerdictError("fail", head.how, ["an HTTP request"]);
    }
    const bindings = await responseBindings(head);
    const written = await writeHttp(wire, http, bindings, this.#options);
    if (accepts(written)) wire.accept();
    return { written, head: wire.head, opened: { wire, handle } };
  }

  /** Releases all connections, and the listeners that are not shared. */
  async dispose(): Promise<void> {
    await Promise.all(
      this.#wires.map((wire) => settlesWithin(wire.destroy(), CLEANUP_TIMEOUT)),
    );
    await Promise.all(
      this.#listeners.map((listener) =>
        settlesWithin(listener.close(), CLEANUP_TIMEOUT)
      ),
    );
    if (this.#ownListener === undefined) return;
    const closing = this.#ownListener.then(({ listener }) =>
      this.#client.implementation.ask("close", { listener })
    );
    await settlesWithin(closing, CLEANUP_TIMEOUT);
  }

  async #adopt(): Promise<OpenConnection> {
    const { role, options } = this.#options;
    const { implementation } = this.#client;
    const [wire, channel] = openMemoryWire();
    this.#wires.push(wire);
    const adopting = implementation.adopt!(channel, role, options);
    adopting.catch(() => {});
    // An immediate failure is reported immediately. The handle may come only
    // with the first bytes.
    await Promise.race([adopting, Promise.resolve()]);
    return {
      wire,
      handle: () => this.#within(adopting, "adopt a connection"),
    };
  }

  async #connect(): Promise<OpenConnection> {
    const { hasOwnListener, signal } = this.#options;
    for (let isAgain = false;; isAgain = true) {
      const listening = await this.#listen();
      try {
        const wire = await this.#connectTo(listening.address);
        this.#wires.push(wire);
        return { wire, handle: this.#accepted(listening) };
      } catch (error) {
        // A reset may have closed the shared listener.
        if (hasOwnListener || isAgain || signal.aborted) throw error;
        sharedListeners.get(this.#client.implementation)?.delete(this.#key());
      }
    }
  }

  #connectTo(address: string): Promise<Wire> {
    const { over, resets } = this.#options;
    if (over === "websocket") {
      return this.#within(
        connectWebSocketWire(address).then((outcome) => {
          if (outcome.wire !== undefined) return outcome.wire;
          throw new Error(
            `Cannot connect to ${address}: got HTTP status ${outcome.status}, wanted 101`,
          );
        }),
        `connect to ${address}`,
        (wire) => wire.destroy(),
      );
    }
    const { hostname, port } = new URL(address.replace("tcp:", "http:"));
    return this.#within(
      connectTcpWire({
        hostname: hostname.replace(/^\[|\]$/g, ""),
        port: Number(port || 80),
      }, { resets }),
      `connect to ${address}`,
      (wire) => wire.destroy(),
    );
  }

  async #accept(over: "tcp" | "websocket"): Promise<OpenConnection> {
    const listener = over === "websocket"
      ? await listenWebSocketWire()
      : await listenTcpWire({ resets: this.#options.resets });
    this.#listeners.push(listener);
    const opened = await this.#acceptFrom(listener, listener.address);
    this.#wires.push(opened.wire);
    return opened;
  }

  /** Has the implementation connect to an address, which is that of a listener of the runner. */
  async #acceptFrom(
    listener: WireListener,
    address: string,
  ): Promise<OpenConnection> {
    const { options } = this.#options;
    const timeout = options?.login === true
      ? LOGIN_TIMEOUT
      : 2 * this.#options.timeout;
    const connecting = this.#client.send("connect", {
      address,
      timeout,
      ...(options === undefined ? {} : { options }),
    }, timeout);
    const accepting = listener.accept();
    accepting.catch(() => {});
    const failing = connecting.then(({ state, message }) => {
      if (state !== "closed") return accepting;
      throw new AdapterError(
        `Cannot connect to the runner: ${message ?? "no reason given"}`,
      );
    });
    const wire = await this.#within(
      Promise.race([accepting, failing]),
      "wait for the connection of the implementation",
      (late) => late.destroy(),
    );
    return {
      wire,
      handle: async () => (await connecting).connection,
    };
  }

  #listen(): Promise<ImplementationListener> {
    if (this.#options.hasOwnListener) {
      return this.#ownListener ??= this.#sendListen();
    }
    const { implementation } = this.#client;
    let listeners = sharedListeners.get(implementation);
    if (listeners === undefined) {
      sharedListeners.set(implementation, listeners = new Map());
    }
    const key = this.#key();
    let listening = listeners.get(key);
    if (listening === undefined) {
      listening = this.#sendListen();
      listeners.set(key, listening);
      listening.catch(() => listeners.delete(key));
    }
    return listening;
  }

  #key(): string {
    const { over, options = {} } = this.#options;
    return JSON.stringify([over, Object.entries(options).sort()]);
  }

  #sendListen(): Promise<ImplementationListener> {
    const { over, options } = this.#options;
    return this.#client.send("listen", {
      transport: over as "tcp" | "websocket",
      ...(options === undefined ? {} : { options }),
    });
  }

  /** Returns what finds the handle of the latest connection of a listener, which it has accepted behind the earlier ones. */
  #accepted({ listener }: ImplementationListener): () => Promise<string> {
    const earlier = this.#connected++;
    return async () => {
      const { timeout } = this.#options;
      const report = await this.#client.send(
        "report",
        { listener, connections: earlier + 1, timeout },
        timeout,
      ) as { readonly connections: readonly string[] };
      const connection = report.connections[earlier];
      if (connection !== undefined) return connection;
      throw new AdapterError(
        `Cannot get the handle of a connection: the listener reported none within ${timeout} ms`,
      );
    };
  }

  /** Waits for a resource, and releases it if it comes too late. */
  async #within<T>(
    work: Promise<T>,
    attempted: string,
    release?: (late: T) => Promise<unknown> | undefined,
  ): Promise<T> {
    const { timeout, signal } = this.#options;
    try {
      return await withTimeout(work, timeout, attempted, signal);
    } catch (error) {
      if (release !== undefined) work.then(release).catch(() => {});
      throw error;
    }
  }
}
