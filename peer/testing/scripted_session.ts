/**
 * A session in which both sides ask for everything that the other one can do.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { text } from "../../codec/mod.ts";
import type { Channel } from "../../transport/channel.ts";
import { watch, type Watched } from "./scripted_peer.ts";
import type { VirtualClock } from "./virtual_clock.ts";
import { isConnectionClosedError } from "../connection_closed_error.ts";
import { Handlers } from "../handlers.ts";
import type { Login } from "../login.ts";
import { OperationError } from "../operation_error.ts";
import { Peer } from "../peer.ts";
import { RetryError } from "../retry_error.ts";

/** One call, what it should come to, and how the other side knows it. */
export interface Expectation {
  readonly key: string;
  readonly call: Watched<unknown>;
  readonly wanted: unknown;
}

/** One of two sides that do the same: ask for everything that the other one can do. */
export class Side {
  readonly peer: Peer;
  /** The operations that were carried out here. */
  readonly carriedOut = new Set<string>();
  readonly calls: Expectation[] = [];
  readonly #promises: Promise<unknown>[] = [];
  readonly #role: "initiator" | "acceptor";
  readonly #clock: VirtualClock;

  constructor(
    role: "initiator" | "acceptor",
    channel: Channel,
    clock: VirtualClock,
  ) {
    this.#role = role;
    this.#clock = clock;
    this.peer = new Peer(channel, {
      role,
      clock,
      random: () => 0.1,
      handlers: this.#handlers(),
      login: role === "acceptor" ? this.#login() : undefined,
      // A rough network takes its time with a login as well.
      limits: { maxPartBytes: 8, maxPendingRequests: 4, loginTimeout: 100_000 },
    });
  }

  #login(): Login {
    return {
      operation: "login",
      authenticate: async (name) => {
        await this.#sleep(3);
        this.carriedOut.add("login");
        return name;
      },
    };
  }

  #handlers(): Handlers {
    let refusals = 0;
    return new Handlers()
      .use(({ operation }, next) => {
        const output = next();
        // One that throws has refused the request.
        this.carriedOut.add(operation);
        return output;
      })
      .handle("quick", (value) => value)
      .handle("slow", async (value) => {
        await this.#sleep(10);
        return value;
      })
      .handle("ask back", (value, { peer }) => peer.request("quick", value))
      .handle("fail", () => {
        throw new OperationError("no");
      })
      .handle("busy", (value) => {
        if (refusals++ === 0) throw new RetryError("busy", { wait: 5 });
        return value;
      })
      .handleStream("echo", (parts) => parts)
      .handleStream("feed", async function* () {
        for (let part = 0; part < 3; part++) yield text.encode(`part ${part}`);
        await Promise.resolve();
      })
      .handleStream("early", async (parts) => {
        for await (const part of parts) return [part];
      })
      .onNotification("note", (value, { peer }) => peer.notify("noted", value));
  }

  /** Makes all calls, some at once and some one after the other. */
  async talk(): Promise<void> {
    const { peer } = this;
    // The others do not wait for it.
    if (this.#role === "initiator") {
      this.#expect("login", peer.request("login", "me"), undefined);
    }
    this.#expect("note", peer.notify("note", 1), undefined);
    this.#expect("quick", peer.request("quick", 1), 1);
    this.#expect("fail", peer.request("fail").catch(messageOf), "no");
    this.#expect("busy", peer.request("busy", 2), 2);
    this.#expect("slow", peer.request("slow", 3), 3);
    this.#expect("ask back", peer.request("ask back", 4), 4);
    const echo = peer.stream("echo");
    this.#expect(
      "echo",
      readAll(echo.readable),
      "a long upload, in many parts",
    );
    const upload = ReadableStream.from(["a long upload,", " in many parts"])
      .pipeThrough(new TextEncoderStream())
      .pipeTo(echo.writable);
    this.#expect("echo", upload, undefined);
    const { readable } = peer.stream("feed");
    this.#expect("feed", readAll(readable), "part 0part 1part 2");
    await this.#calls();
    const early = peer.stream("early");
    this.#expect(
      "early",
      early.writable.getWriter().write(text.encode("x")),
      undefined,
    );
    this.#expect("early", readAll(early.readable), "x");
    this.#expect("quick", peer.request("quick", 5), 5);
    await this.#calls();
    this.#expect("slow", peer.request("slow", 6), 6);
    await this.#calls();
  }

  /** Waits until all calls so far have settled. */
  async #calls(): Promise<void> {
    await Promise.allSettled(this.#promises);
  }

  #expect(key: string, call: Promise<unknown>, wanted: unknown): void {
    this.calls.push({ key, call: watch(call), wanted });
    this.#promises.push(call);
  }

  #sleep(delay: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.schedule(resolve, delay);
    });
  }
}

/** Checks that every call of a side has settled, with the right value or outcome; `where` is told when not. */
export function checkSide(
  { calls, peer }: Side,
  other: Side,
  where: string,
): void {
  assertEquals(peer.stats.pending, 0, where);
  assertEquals(peer.stats.running, 0, where);
  for (const { key, call, wanted } of calls) {
    if (call.state === "resolved") {
      assertEquals(call.value, wanted, `${key}, ${where}`);
      continue;
    }
    assertEquals(call.state, "rejected", `${key}, ${where}`);
    if (!isConnectionClosedError(call.error)) continue;
    const asked = calls.filter((expectation) => expectation.key === key);
    if (call.error.outcome === "unknown" || asked.length > 1) continue;
    assert(!other.carriedOut.has(key), `${key} was sent, ${where}`);
  }
}

function messageOf(error: unknown): unknown {
  if (isConnectionClosedError(error)) throw error;
  return error instanceof OperationError
    ? text.decode(error.payload)
    : Promise.reject(error);
}

async function readAll(parts: ReadableStream<Uint8Array>): Promise<string> {
  let all = "";
  for await (const part of parts) all += text.decode(part);
  return all;
}
