import { assert, assertEquals } from "@std/assert";
import { text } from "../codec/mod.ts";
import { memoryPair } from "../transport/mod.ts";
import { FaultChannel } from "./_fault_channel.ts";
import { watch, type Watched } from "./_scripted_peer.ts";
import { settled, VirtualClock } from "./_virtual_clock.ts";
import { isConnectionClosedError } from "./connection_closed_error.ts";
import { Handlers } from "./handlers.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import { RetryError } from "./retry_error.ts";

const { closeTimeout } = DEFAULT_LIMITS;

/** How the connection of a side comes to its end. */
const FATES: Record<string, (channel: FaultChannel, side: Side) => void> = {
  "it is reset": (channel) => channel.abort(new Error("reset")),
  "the other side's direction ends": (channel) => channel.endReading(),
  "writing fails": (channel) => channel.failWriting(new Error("broken pipe")),
  "the application aborts": (_, { peer }) => peer.abort(new Error("enough")),
  "the application closes": (_, { peer }) => void peer.close(),
  "the application drains": (_, { peer }) => void peer.drain(),
};

/** One call, what it should come to, and how the other side knows it. */
interface Expectation {
  readonly key: string;
  readonly call: Watched<unknown>;
  readonly wanted: unknown;
}

/** One of two sides that do the same: ask for everything that the other one can do. */
class Side {
  readonly peer: Peer;
  readonly channel: FaultChannel;
  /** The operations that were carried out here. */
  readonly carriedOut = new Set<string>();
  readonly calls: Expectation[] = [];
  readonly #clock: VirtualClock;

  constructor(
    role: "initiator" | "acceptor",
    channel: FaultChannel,
    clock: VirtualClock,
  ) {
    this.channel = channel;
    this.#clock = clock;
    this.peer = new Peer(channel, {
      role,
      clock,
      random: () => 0.1,
      handlers: this.#handlers(),
      limits: { streamChunk: 8, maxPendingRequests: 4 },
    });
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
  }

  /** Waits until all calls so far have settled. */
  async #calls(): Promise<void> {
    while (this.calls.some(({ call }) => call.state === "pending")) {
      await this.#sleep(1);
    }
  }

  #expect(key: string, call: Promise<unknown>, wanted: unknown): void {
    this.calls.push({ key, call: watch(call), wanted });
  }

  #sleep(delay: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.schedule(resolve, delay);
    });
  }
}

Deno.test("the session that is killed below works when it is not", async () => {
  const { sides } = await runSession("initiator", Infinity, () => {});
  for (const { calls, peer } of sides) {
    assert((await peer.closed).clean);
    for (const { key, call, wanted } of calls) {
      assertEquals([key, call.state], [key, "resolved"]);
      assertEquals(call.value, wanted);
    }
  }
});

for (const [fate, strike] of Object.entries(FATES)) {
  Deno.test(`wherever ${fate}, every call settles with the right outcome`, async () => {
    let points = 0;
    for (const role of ["initiator", "acceptor"] as const) {
      for (let at = 0;; at++) {
        const struck = await runSession(role, at, strike);
        if (!struck.reached) break;
        points++;
        for (const [index, side] of struck.sides.entries()) {
          const where = `${role} at ${at}, side ${index}`;
          check(side, struck.sides[1 - index]!, where);
        }
      }
    }
    assert(points >= 150, `there are only ${points} points`);
  });
}

/** Runs a session between two sides, one of which is struck at a moment. */
async function runSession(
  role: "initiator" | "acceptor",
  at: number,
  strike: (channel: FaultChannel, side: Side) => void,
): Promise<{ reached: boolean; sides: Side[] }> {
  const unhandled: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", listen);
  const clock = new VirtualClock();
  let reached = false;
  const sides: Side[] = [];
  const [left, right] = memoryPair();
  for (
    const [side, end] of [["initiator", left], ["acceptor", right]] as const
  ) {
    const index = sides.length;
    const channel = new FaultChannel(
      end,
      side === role ? at : Infinity,
      (channel) => {
        reached = true;
        // The side may strike while it is still being made.
        if (sides[index] !== undefined) strike(channel, sides[index]);
        else queueMicrotask(() => strike(channel, sides[index]!));
      },
    );
    sides.push(new Side(side, channel, clock));
  }
  const talks = sides.map((side) => watch(side.talk()));
  // When all goes well the session takes some 20 ms; when it does not, all settles within 50 ms. Only
  // draining waits longer for calls of the other side, which is asked to try again later.
  await clock.advance(70);
  const draining = sides.some(({ peer }) => peer.state === "draining");
  if (draining) await clock.advance(closeTimeout);
  assertEquals(talks.map(({ state }) => state), ["resolved", "resolved"]);
  // A fault that nobody has met yet is met now.
  await sides[0]!.peer.close();
  await settled();
  assertEquals(sides.map(({ peer }) => peer.state), ["closed", "closed"]);
  await settled();
  globalThis.removeEventListener("unhandledrejection", listen);
  assertEquals(unhandled, []);
  assertEquals(clock.timers, 0, `timers are left behind at ${at}`);
  return { reached, sides };
}

function check({ calls, peer }: Side, other: Side, where: string): void {
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
