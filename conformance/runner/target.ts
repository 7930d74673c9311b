/**
 * Servers that are tested without an adapter: they offer the standard operations.
 *
 * @module
 */

import type { Channel } from "@gotalk/gotalk/transport";
import { connectTcp } from "@gotalk/gotalk/transport/tcp";
import { connectWebSocket } from "@gotalk/gotalk/transport/websocket";
import { OPERATIONS } from "../implementations/adapters/deno/operations.ts";
import type { SessionCase, Transport } from "./cases/case.ts";
import type { Unit } from "./cases/expand.ts";
import {
  AdapterError,
  type CommandName,
  type Commands,
  type ConnectionOptions,
  type Description,
  type Implementation,
  SkippedError,
} from "./implementation.ts";
import {
  disturbingOption,
  operationsForCommands,
  whyNoOperations,
} from "./session/mod.ts";
import { formatLimits, parseLimits } from "./target_limits.ts";

/** How long connecting may take, in milliseconds. */
const CONNECT_TIMEOUT = 5_000;

/** What is known about a server. */
export interface TargetOptions {
  /**
   * The options with which it was started: cases with these values apply. `streams` is true by default, as are
   * `traces` and `operations` with the features that need them.
   */
  readonly options?: ConnectionOptions;
  /** The extensions that it speaks, by the names of features. */
  readonly features?: readonly string[];
  /** The standard operations that it has; all by default. */
  readonly operations?: readonly string[] | undefined;
}

/** The features of every target; whether it has the limits of a case is known from its options. */
const FEATURES: readonly string[] = [
  "streams",
  "retry",
  "textMessages",
  "limits",
  "heartbeat",
  "readTimeout",
];

/** An address of a server, and the options with which it listens there. */
interface Address {
  readonly url: URL;
  readonly text: string;
  readonly transport: "tcp" | "websocket";
  readonly options: ConnectionOptions;
}

/**
 * A server, as an implementation that accepts connections. It takes no commands: its operations `call-back`,
 * `notify-back`, `stream-back` and `notes` carry out what they can. Cases with other commands, or with other
 * options than it was started with, are skipped.
 */
export class TargetImplementation implements Implementation {
  readonly takesOperationsOnly = true;
  /** Never resolves: nothing reports the end of the server. */
  readonly ended: Promise<string> = new Promise(() => {});
  readonly #name: string;
  readonly #addresses: readonly Address[];
  readonly #features: readonly string[];
  readonly #operations: readonly string[];

  /**
   * Creates an implementation for `tcp://host:port` or `ws://host:port/path`,
   * or for several of them, separated by spaces. Options with which the server
   * listens at one address only follow it: `tcp://host:port#maxPayload=1000`.
   *
   * @throws {TypeError} If an address is not of that form.
   */
  constructor(
    addresses: string,
    { options = {}, features = [], operations = OPERATIONS }: TargetOptions =
      {},
  ) {
    this.#operations = operations;
    this.#name = addresses;
    this.#features = features;
    const defaults = {
      streams: true,
      ...features.includes("extensionTrace") ? { traces: true } : {},
      ...features.includes("extensionOperations") ? { operations: true } : {},
      ...options,
    };
    this.#addresses = addresses.trim().split(/\s+/)
      .map((address) => parseAddress(address, defaults));
  }

  /** Carries out the commands that are possible with a server that takes none. */
  async ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
  ): Promise<Commands[C]["answer"]> {
    switch (command) {
      case "start":
        for (const address of this.#addresses) await reach(address);
        return this.description;
      case "listen": {
        const { transport, options } = args as Commands["listen"]["args"];
        const found = this.#find(transport, options);
        if (typeof found === "string") throw new SkippedError(found);
        const answer: Commands["listen"]["answer"] = {
          listener: "target",
          address: found.text,
        };
        return answer;
      }
      case "close":
      case "reset":
      case "stop":
        return {};
      default:
        throw new SkippedError(`a target does not take the command ${command}`);
    }
  }

  /** Returns why a case cannot be run against this server without an adapter; `undefined` if it can. */
  whyUnfit(
    session: SessionCase,
    transport: Transport,
    unit?: Unit,
  ): string | undefined {
    const unable = whyNoOperations(session, unit);
    if (unable !== undefined) return unable;
    for (const operation of operationsForCommands(session)) {
      if (this.#operations.includes(operation)) continue;
      return `it does not have the operation ${operation}`;
    }
    const found = this.#find(transport, session.options);
    if (typeof found === "string") return found;
    const disturbing = disturbingOption(session, found.options);
    return disturbing === undefined
      ? undefined
      : `the target runs with ${
        formatLimits({
          [disturbing]: found.options[disturbing as keyof ConnectionOptions],
        })
      }, which the case does not expect`;
  }

  /** Does nothing: the server keeps running. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  /** The description of a server. */
  get description(): Description {
    const transports = this.#addresses.map(({ transport }) => transport);
    return {
      implementation: {
        name: this.#name,
        version: "unknown",
        language: "unknown",
      },
      roles: { acceptor: [...new Set(transports)] },
      versions: ["01"],
      operations: this.#operations,
      limits: { name: 4095, payload: 0xffff_ffff },
      features: [
        ...new Set([...FEATURES, ...this.#features]),
        // Servers that are open to all are not asked for more.
        ...this.#addresses.some(({ options }) => options.login)
          ? ["login"]
          : [],
      ],
    };
  }

  /** Finds the address that has the wanted options and the fewest others, or says why there is none. */
  #find(transport: string, wanted: ConnectionOptions = {}): Address | string {
    const reachable = this.#addresses.filter((address) =>
      address.transport === transport
    );
    if (reachable.length === 0) {
      return `the target does not listen on ${transport}`;
    }
    const isSame = ({ options }: Address, [name, value]: [string, unknown]) =>
      JSON.stringify(options[name as keyof ConnectionOptions]) ===
        JSON.stringify(value);
    const fitting = reachable.filter((address) =>
      Object.entries(wanted).every((option) => isSame(address, option))
    );
    if (fitting.length === 0) {
      return `the target is not known to run with ${formatLimits(wanted)}`;
    }
    return fitting.reduce((best, other) =>
      Object.keys(other.options).length < Object.keys(best.options).length
        ? other
        : best
    );
  }
}

function parseAddress(text: string, defaults: ConnectionOptions): Address {
  const [plain = "", limits] = text.split("#", 2);
  const url = URL.parse(plain);
  const isTcp = url?.protocol === "tcp:" && url.port !== "";
  if (
    url === null || !isTcp && url.protocol !== "ws:" && url.protocol !== "wss:"
  ) {
    throw new TypeError(
      `Cannot use the target: got address ${
        JSON.stringify(plain)
      }, wanted tcp://host:port or ws://host:port/path`,
    );
  }
  try {
    const options = limits === undefined ? {} : parseLimits(limits);
    return {
      url,
      text: plain,
      transport: isTcp ? "tcp" : "websocket",
      options: { ...defaults, ...options },
    };
  } catch (error) {
    throw new TypeError(
      `Cannot use the target ${plain}: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** Connects and closes, so that a missing server is reported at once. */
async function reach({ url, text, transport }: Address): Promise<void> {
  const signal = AbortSignal.timeout(CONNECT_TIMEOUT);
  let channel: Channel;
  try {
    channel = transport === "tcp"
      ? await connectTcp({
        hostname: url.hostname.replace(/^\[|\]$/g, ""),
        port: Number(url.port),
        signal,
      })
      : await connectWebSocket(url, {
        signal,
        headers: { origin: `http://${url.host}` },
      });
  } catch (error) {
    throw new AdapterError(
      `Cannot use the target ${text}: ${
        error instanceof Error ? error.message : error
      }`,
      { cause: error },
    );
  }
  await channel.close();
}
