/**
 * This project's library as an implementation under test.
 *
 * @module
 */

import type { Handlers } from "@gotalk/gotalk";
import type { Clock } from "@gotalk/gotalk/peer";
import type { Channel } from "@gotalk/gotalk/transport";
import type { Role } from "../../../runner/cases/case.ts";
import {
  AdapterError,
  type CommandName,
  type Commands,
  type ConnectionOptions,
  type Description,
  type Implementation,
  SkippedError,
} from "../../../runner/implementation.ts";
import { type Call, SingleCall, StreamCall } from "./call.ts";
import { decodeRaw, encodeRaw, LARGEST_PAYLOAD } from "./codec.ts";
import {
  Connection,
  type ConnectionSetup,
  messageOf,
  operationsWith,
} from "./connection.ts";
import { Listening, listenOn, type WebSocketAcceptor } from "./listening.ts";
import { open } from "./opening.ts";
import { OPERATIONS } from "./operations.ts";
import { peerOptionsOf } from "./peer_options.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** How long `connect`, `close` and `drain` wait by default, in milliseconds. */
const DEFAULT_TIMEOUT = 5_000;

/**
 * Returns the version of the library: from its URL on a registry, or from the
 * configuration file in a checkout.
 */
function libraryVersion(): Promise<string> {
  return version ??= findVersion();
}

/** The version, once it has been looked up. */
let version: Promise<string> | undefined;

async function findVersion(): Promise<string> {
  const address = import.meta.resolve("@gotalk/gotalk");
  const published = /@gotalk\/gotalk\/([^/]+)\//.exec(address)?.[1];
  if (published !== undefined) return published;
  try {
    const response = await fetch(new URL("deno.json", address));
    return (await response.json()).version ?? "unknown";
  } catch {
    return "unknown";
  }
}

const TRANSPORTS = ["tcp", "unix", "websocket"] as const;

const DESCRIPTION: Omit<Description, "implementation"> = {
  roles: { acceptor: TRANSPORTS, initiator: TRANSPORTS },
  versions: ["00", "01"],
  operations: OPERATIONS,
  limits: { name: 4095, payload: LARGEST_PAYLOAD },
  features: [
    "cancel",
    "codec",
    "drain",
    "extensionBytes",
    "extensionCancel",
    "extensionCredit",
    "extensionDrain",
    "extensionOperations",
    "extensionTrace",
    "heartbeat",
    "limits",
    "login",
    "readTimeout",
    "retry",
    "streams",
    "textMessages",
    "virtualTime",
  ],
};

/** The function that carries out each command. */
type CommandTable = {
  readonly [C in CommandName]: (
    args: Commands[C]["args"],
  ) => Commands[C]["answer"] | Promise<Commands[C]["answer"]>;
};

/** What a handle refers to. */
type Held = Listening | Connection | Call;

/**
 * The library `@gotalk/gotalk`, tested like any other implementation.
 *
 * It listens and connects over TCP, Unix sockets and WebSocket, and takes
 * connections in memory. All listeners and connections with virtual time share
 * one clock.
 */
export class GotalkImplementation implements Implementation {
  /** Never resolves: it ends only when it is disposed of. */
  readonly ended: Promise<string> = new Promise(() => {});
  readonly #acceptor: WebSocketAcceptor;
  readonly #held = new Map<string, Held>();
  /** The operations of connections in real time. */
  #operations = bothOperations();
  #handles = 0;
  #clock = new VirtualClock();
  #reset = new AbortController();

  readonly #commands: CommandTable = {
    start: async ({ protocol }) => {
      if (protocol !== 1) {
        throw new AdapterError(
          `Cannot start: got adapter protocol ${protocol}, wanted 1`,
        );
      }
      const implementation = {
        name: "@gotalk/gotalk",
        version: await libraryVersion(),
        language: "typescript",
      };
      return { implementation, ...DESCRIPTION };
    },
    encode: encodeRaw,
    decode: decodeRaw,
    listen: async ({ transport, options = {} }) => {
      const setup = this.#setup(options);
      const listening = new Listening(
        await listenOn(transport, this.#acceptor),
        (channel) => {
          const connection = new Connection(setup);
          connection.begin(channel, "acceptor");
          return this.#hold("connection", connection);
        },
      );
      const listener = this.#hold("listener", listening);
      return { listener, address: listening.address };
    },
    connect: async ({ address, options = {}, timeout = DEFAULT_TIMEOUT }) => {
      const connection = new Connection(this.#setup(options));
      const handle = this.#hold("connection", connection);
      open(address, this.#reset.signal).then(
        (channel) => connection.begin(channel, "initiator"),
        (error) => connection.fail(error),
      );
      return { ...await connection.opened(timeout), connection: handle };
    },
    request: ({ connection, operation, payload, retry }) => {
      const { peer } = this.#find(Connection, connection);
      const call = new SingleCall(peer, operation, payload, retry);
      return { call: this.#hold("call", call) };
    },
    notify: async ({ connection, name, payload = new Uint8Array(0) }) => {
      await this.#find(Connection, connection).peer.notifyBytes(name, payload);
      return {};
    },
    "open-stream": ({ connection, operation }) => {
      const { peer } = this.#find(Connection, connection);
      return { call: this.#hold("call", new StreamCall(peer, operation)) };
    },
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
      if ("connection" in args) {
        const connection = this.#find(Connection, args.connection);
        return await connection.received(args, timeout);
      }
      const listening = this.#find(Listening, args.listener);
      const connections = await listening.accepted(
        args.connections ?? 1,
        timeout,
      );
      return { connections };
    },
    close: async (args) => {
      if ("listener" in args) {
        await this.#find(Listening, args.listener).close();
        return {};
      }
      const connection = this.#find(Connection, args.connection);
      return await connection.close(args.timeout ?? DEFAULT_TIMEOUT);
    },
    drain: ({ connection, timeout = DEFAULT_TIMEOUT }) =>
      this.#find(Connection, connection).drain(timeout),
    advance: async ({ ms }) => {
      await this.#clock.advance(ms);
      return {};
    },
    reset: async () => {
      await this.#cutAll();
      return {};
    },
    stop: async () => {
      await this.#cutAll();
      return {};
    },
  };

  /**
   * Creates an implementation; with `"http"`, the HTTP server of the runtime
   * accepts its WebSockets.
   */
  constructor(acceptor: WebSocketAcceptor = "listener") {
    this.#acceptor = acceptor;
  }

  async ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
  ): Promise<Commands[C]["answer"]> {
    try {
      return await this.#commands[command](args);
    } catch (error) {
      const isIntended = error instanceof SkippedError ||
        error instanceof AdapterError;
      throw isIntended
        ? error
        : new AdapterError(messageOf(error), { cause: error });
    }
  }

  // deno-lint-ignore require-await -- an error must reject
  async adopt(
    channel: Channel,
    role: Role,
    options: ConnectionOptions = {},
  ): Promise<string> {
    const connection = new Connection(this.#setup(options));
    connection.begin(channel, role);
    return this.#hold("connection", connection);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cutAll();
  }

  #setup(options: ConnectionOptions): ConnectionSetup {
    const clock = options.virtualTime ? this.#clock : undefined;
    return {
      peer: { ...peerOptionsOf(options, clock), clock },
      operations: this.#operationsOf(options.streams ?? true, clock),
    };
  }

  #operationsOf(streams: boolean, clock: Clock | undefined): Handlers {
    if (clock !== undefined) return operationsWith({ streams, clock });
    const { withStreams, withoutStreams } = this.#operations;
    return streams ? withStreams : withoutStreams;
  }

  async #cutAll(): Promise<void> {
    const held = [...this.#held.values()];
    this.#held.clear();
    this.#reset.abort(new Error("The connection was cut by the command reset"));
    this.#reset = new AbortController();
    this.#clock = new VirtualClock();
    this.#operations = bothOperations();
    await Promise.all(
      held.map(async (one) => {
        if (one instanceof Listening) await one.close();
        else if (one instanceof Connection) await one.cut();
      }),
    );
  }

  #hold(kind: "listener" | "connection" | "call", made: Held): string {
    const handle = `${kind}-${++this.#handles}`;
    this.#held.set(handle, made);
    return handle;
  }

  #find<T extends Held>(
    // deno-lint-ignore no-explicit-any -- constructor arguments do not matter
    kind: new (...args: any[]) => T,
    handle: string,
  ): T {
    const held = this.#held.get(handle);
    if (held instanceof kind) return held;
    throw notFound(kind.name, handle);
  }

  #call(handle: string): Call {
    const held = this.#held.get(handle);
    if (held instanceof SingleCall || held instanceof StreamCall) return held;
    throw notFound("Call", handle);
  }
}

function notFound(kind: string, handle: string): AdapterError {
  return new AdapterError(
    `Cannot find the ${kind.toLowerCase()}: got handle ${
      JSON.stringify(handle)
    }, wanted one from an answer since the last reset`,
  );
}

/** Makes the operations with and without streams, at once: a mutant of what makes them shows in every run. */
function bothOperations(): {
  readonly withStreams: Handlers;
  readonly withoutStreams: Handlers;
} {
  return {
    withStreams: operationsWith({ streams: true }),
    withoutStreams: operationsWith({ streams: false }),
  };
}
