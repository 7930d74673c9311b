/**
 * Listeners, and the connections that they have accepted.
 *
 * @module
 */

import type { Channel, Listener } from "@gotalk/gotalk/transport";
import { listenTcp } from "@gotalk/gotalk/transport/tcp";
import { listenUnix } from "@gotalk/gotalk/transport/unix";
import { listenWebSocket } from "@gotalk/gotalk/transport/websocket-listener";
import { type Commands, SkippedError } from "../../../runner/implementation.ts";
import { HttpListener } from "./http_listener.ts";
import { Condition } from "./condition.ts";

/** How long nothing is accepted after a failure, in milliseconds. */
const BACK_OFF = 10;

/** A listener, and what comes after it is closed. */
interface Opened {
  readonly listener: Listener;
  /** Removes what was made for it. */
  readonly remove?: () => Promise<void>;
}

/** Who accepts WebSockets: the listener of this package, or the runtime's HTTP server. */
export type WebSocketAcceptor = "listener" | "http";

/** Listens on a free address of this machine. */
export async function listenOn(
  transport: Commands["listen"]["args"]["transport"],
  acceptor: WebSocketAcceptor,
): Promise<Opened> {
  switch (transport) {
    case "tcp":
      return { listener: listenTcp() };
    case "websocket":
      return {
        listener: acceptor === "http"
          ? new HttpListener()
          : listenWebSocket({ path: "/gotalk" }),
      };
    case "unix": {
      const folder = await Deno.makeTempDir({ prefix: "gotalk-" });
      const remove = () => Deno.remove(folder, { recursive: true });
      return {
        listener: await listenUnix({ path: `${folder}/socket` }),
        remove,
      };
    }
    default:
      throw new SkippedError(`there is no transport ${transport}`);
  }
}

/** A listener that accepts whatever comes. */
export class Listening {
  /** Where it listens. */
  readonly address: string;
  readonly #opened: Opened;
  readonly #condition = new Condition();
  readonly #handles: string[] = [];
  readonly #finished: Promise<void>;
  #closed: Promise<void> | undefined;

  /** Begins to accept; `begin` says by what handle each connection goes. */
  constructor(opened: Opened, begin: (channel: Channel) => string) {
    this.address = opened.listener.address;
    this.#opened = opened;
    this.#finished = this.#acceptAll(begin);
  }

  /** The connections that it has accepted, once there are so many or the time is up. */
  async accepted(enough: number, timeout: number): Promise<string[]> {
    await this.#condition.until(() => this.#handles.length >= enough, timeout);
    return [...this.#handles];
  }

  /** Accepts no more; what it has accepted stays open. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { listener, remove } = this.#opened;
    listener.close();
    await this.#finished;
    await remove?.();
  }

  async #acceptAll(begin: (channel: Channel) => string): Promise<void> {
    const { listener } = this.#opened;
    for (;;) {
      try {
        const channel = await listener.accept();
        if (channel === null) return;
        this.#handles.push(begin(channel));
        this.#condition.changed();
      } catch {
        // That one is lost; after a while the next one may do better.
        await new Promise((resolve) => setTimeout(resolve, BACK_OFF));
      }
    }
  }
}
