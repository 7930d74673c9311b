/**
 * Listeners, and the connections that they accept.
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

/** How long to wait after a failure to accept, in milliseconds. */
const BACK_OFF = 10;

/** A listener, and the cleanup after it is closed. */
interface Opened {
  readonly listener: Listener;
  /** Removes what was created for it. */
  readonly remove?: () => Promise<void>;
}

/** What accepts WebSockets: the listener of the library, or the HTTP server of the runtime. */
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

/** A listener that accepts all connections. */
export class Listening {
  /** Its address. */
  readonly address: string;
  readonly #opened: Opened;
  readonly #condition = new Condition();
  readonly #handles: string[] = [];
  readonly #finished: Promise<void>;
  #closed: Promise<void> | undefined;

  /** Starts to accept; `begin` returns the handle of each connection. */
  constructor(opened: Opened, begin: (channel: Channel) => string) {
    this.address = opened.listener.address;
    this.#opened = opened;
    this.#finished = this.#acceptAll(begin);
  }

  /** Returns the handles of accepted connections once there are `enough`, at the latest after `timeout` milliseconds. */
  async accepted(enough: number, timeout: number): Promise<string[]> {
    await this.#condition.until(() => this.#handles.length >= enough, timeout);
    return [...this.#handles];
  }

  /** Stops listening; accepted connections stay open. */
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
        // That connection is lost; the next one may succeed after a pause.
        await new Promise((resolve) => setTimeout(resolve, BACK_OFF));
      }
    }
  }
}
