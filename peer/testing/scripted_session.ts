/**
 * A session in which two peers use every feature of each other.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { text } from "../../codec/mod.ts";
import type { Channel } from "../../transport/channel.ts";
import { assertReleased, watch, type Watched } from "./scripted_peer.ts";
import type { VirtualClock } from "./virtual_clock.ts";
import { isConnectionClosedError } from "../connection_closed_error.ts";
import { Handlers } from "../handlers.ts";
import type { Login } from "../login.ts";
import { MemoryBudget } from "../memory_budget.ts";
import { OperationError } from "../operation_error.ts";
import { Peer } from "../peer.ts";
import { RetryError } from "../retry_error.ts";

/** A call, and its expected result. */
export interface ExpectedCall {
  /** The operation, as {@linkcode SessionPeer.executed} of the remote peer lists it. */
  readonly key: string;
  readonly call: Watched<unknown>;
  readonly wanted: unknown;
}

/** One of the two peers of a session: both have the same handlers and make the same calls. */
export class SessionPeer {
  readonly peer: Peer;
  /** What it holds. */
  readonly memory = new MemoryBudget();
  /** The operations whose handlers have run. */
  readonly executed = new Set<string>();
  readonly calls: ExpectedCall[] = [];
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
      memory: this.memory,
      login: role === "acceptor" ? this.#login() : undefined,
      // On a slow network, a login takes long as well.
      limits: {
        maxPartBytes: 6,
        maxPendingRequests: 3,
        maxPendingStreams: 1,
        loginTimeout: 100_000,
      },
    });
  }

  #login(): Login {
    return {
      operation: "login",
      authenticate: async (name) => {
        await this.#sleep(3);
        this.executed.add("login");
        return name;
      },
    };
  }

  #handlers(): Handlers {
    let refusals = 0;
    return new Handlers()
      .use(({ operation }, next) => {
        const output = next();
        // A handler that throws has refused the request.
        this.executed.add(operation);
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

  /** Makes all calls, some concurrently and some one after another. */
  async run(): Promise<void> {
    const { peer } = this;
    // The calls after it do not wait for the login.
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
    await this.#settled();
    const early = peer.stream("early");
    this.#expect(
      "early",
      early.writable.getWriter().write(text.encode("x")),
      undefined,
    );
    this.#expect("early", readAll(early.readable), "x");
    this.#expect("quick", peer.request("quick", 5), 5);
    await this.#settled();
    this.#expect("slow", peer.request("slow", 6), 6);
    await this.#settled();
  }

  /** Waits until all calls so far have settled. */
  async #settled(): Promise<void> {
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

/** Asserts that a peer holds nothing, and that every call of it has settled with the right value or outcome; `where` is the message of failed assertions. */
export function checkCalls(
  { calls, memory, peer }: SessionPeer,
  remote: SessionPeer,
  where: string,
): void {
  assertEquals(peer.stats.pending, 0, where);
  assertEquals(peer.stats.running, 0, where);
  assertReleased(memory, where);
  for (const { key, call, wanted } of calls) {
    if (call.state === "resolved") {
      assertEquals(call.value, wanted, `${key}, ${where}`);
      continue;
    }
    assertEquals(call.state, "rejected", `${key}, ${where}`);
    if (!isConnectionClosedError(call.error)) continue;
    const sameKey = calls.filter((expected) => expected.key === key);
    if (call.error.outcome === "unknown" || sameKey.length > 1) continue;
    assert(!remote.executed.has(key), `${key} was sent, ${where}`);
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
