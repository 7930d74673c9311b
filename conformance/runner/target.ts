/**
 * Servers that are tested without an adapter: they offer the standard operations.
 *
 * @module
 */

import type { Channel } from "@gotalk/gotalk/transport";
import { connectTcp } from "@gotalk/gotalk/transport/tcp";
import { connectWebSocket } from "@gotalk/gotalk/transport/websocket";
import { OPERATIONS } from "../implementations/adapters/deno/operations.ts";
import {
  AdapterError,
  type CommandName,
  type Commands,
  type ConnectionOptions,
  type Description,
  type Implementation,
  SkippedError,
} from "./implementation.ts";

/** How long connecting may take, in milliseconds. */
const CONNECT_TIMEOUT = 5_000;

/** What is known about a server. */
export interface TargetOptions {
  /** The options with which it was started: cases with these values apply. `streams` is true by default. */
  readonly options?: ConnectionOptions;
  /** Features that it has besides `streams`, `retry` and `textMessages`. */
  readonly features?: readonly string[];
}

/**
 * A server at an address, as an implementation that accepts connections. It takes no commands: its
 * operations `call-back`, `notify-back` and `notes` carry out what they can. Cases with other commands, or
 * with other options than it was started with, are skipped.
 */
export class TargetImplementation implements Implementation {
  readonly takesOperationsOnly = true;
  /** Never resolves: nothing reports the end of the server. */
  readonly ended: Promise<string> = new Promise(() => {});
  readonly #address: string;
  readonly #transport: "tcp" | "websocket";
  readonly #options: ConnectionOptions;
  readonly #features: readonly string[];

  /**
   * Creates an implementation for `tcp://host:port` or `ws://host:port/path`.
   *
   * @throws {AdapterError} If the address is not of that form.
   */
  constructor(
    address: string,
    { options = {}, features = [] }: TargetOptions = {},
  ) {
    const url = URL.parse(address);
    const isTcp = url?.protocol === "tcp:" && url.port !== "";
    if (!isTcp && url?.protocol !== "ws:" && url?.protocol !== "wss:") {
      throw new AdapterError(
        `Cannot use the target: got address ${
          JSON.stringify(address)
        }, wanted tcp://host:port or ws://host:port/path`,
      );
    }
    this.#address = address;
    this.#options = { streams: true, ...options };
    this.#features = features;
    this.#transport = isTcp ? "tcp" : "websocket";
  }

  /** Carries out the commands that are possible with a server that takes none. */
  async ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
  ): Promise<Commands[C]["answer"]> {
    switch (command) {
      case "start":
        await this.#reach();
        return this.description;
      case "listen": {
        const { transport, options = {} } = args as Commands["listen"]["args"];
        const other = Object.entries(options).find(([name, value]) =>
          JSON.stringify(this.#options[name as keyof ConnectionOptions]) !==
            JSON.stringify(value)
        );
        if (other !== undefined) {
          throw new SkippedError(
            `the target is not known to run with ${other[0]} ${
              JSON.stringify(other[1])
            }`,
          );
        }
        if (transport !== this.#transport) {
          throw new SkippedError(`the target does not listen on ${transport}`);
        }
        const answer: Commands["listen"]["answer"] = {
          listener: "target",
          address: this.#address,
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

  /** Does nothing: the server keeps running. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  /** Connects and closes, so that a missing server is reported at once. */
  async #reach(): Promise<void> {
    const url = new URL(this.#address);
    const signal = AbortSignal.timeout(CONNECT_TIMEOUT);
    let channel: Channel;
    try {
      channel = this.#transport === "tcp"
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
        `Cannot use the target ${this.#address}: ${
          error instanceof Error ? error.message : error
        }`,
        { cause: error },
      );
    }
    await channel.close();
  }

  /** The description of a server with all standard operations. */
  get description(): Description {
    return {
      implementation: {
        name: this.#address,
        version: "unknown",
        language: "unknown",
      },
      roles: { acceptor: [this.#transport] },
      versions: ["01"],
      operations: OPERATIONS,
      limits: { name: 4095, payload: 0xffff_ffff },
      features: [
        ...new Set(["streams", "retry", "textMessages", ...this.#features]),
      ],
    };
  }
}
