/**
 * The well-behaved client beside the hostile ones.
 *
 * @module
 */

import { connect, type Peer } from "@gotalk/gotalk";
import { isWebSocket } from "./_attack.ts";
import type { Address } from "./_client.ts";

/** The time within which a call must be answered, in milliseconds. */
const CALL_TIMEOUT = 30_000;

/** The pause between two calls, in milliseconds. */
const PAUSE = 10;

const PAYLOAD = new Uint8Array(16);

/** A client that measures how long an echo takes. */
export interface Probe extends AsyncDisposable {
  /** The latencies since the last call of {@linkcode restart}, in milliseconds. */
  readonly latencies: readonly number[];
  /** Why it was disconnected or got a wrong result; `undefined` if neither. */
  readonly failure: string | undefined;
  /** Forgets the latencies so far. */
  restart(): void;
  /** Waits until the call under way has ended, so that a slow one counts as well. */
  callEnded(): Promise<void>;
}

/** Connects to a Gotalk server, once or for each call, and calls it until it is disposed of. */
export async function probeGotalk(
  address: Address,
  reconnects = false,
): Promise<Probe> {
  const call = async (peer: Peer) =>
    void await peer.requestBytes("echo", PAYLOAD);
  if (reconnects) {
    return probe(async () => {
      const peer = await connectGotalk(address);
      await call(peer);
      void peer.close();
    }, () => {});
  }
  const peer = await connectGotalk(address);
  return probe(() => call(peer), () => peer.close());
}

function connectGotalk({ target, at, caCert }: Address): Promise<Peer> {
  return connect(
    target === "unix"
      ? `unix:${at}`
      : `${
        target === "tls" ? "tls" : isWebSocket(target) ? "ws" : "tcp"
      }://localhost:${at}`,
    target === "tls" ? { caCerts: [caCert] } : {},
  );
}

/** Connects to a control server, once or for each call, and sends to it until it is disposed of. */
export async function probeControl(
  address: Address,
  reconnects = false,
): Promise<Probe> {
  const open = () =>
    isWebSocket(address.target) ? openSocket(address.at) : openConn(address);
  if (reconnects) {
    return probe(async () => {
      const { call, close } = await open();
      await call();
      close();
    }, () => {});
  }
  const { call, close } = await open();
  return probe(call, close);
}

/** A connection to a control server. */
interface Control {
  call(): Promise<void>;
  close(): void;
}

async function openConn({ target, at, caCert }: Address): Promise<Control> {
  const conn = target === "unix"
    ? await Deno.connect({ transport: "unix", path: at })
    : target === "tls"
    ? await Deno.connectTls({
      hostname: "localhost",
      port: Number(at),
      caCerts: [caCert],
    })
    : await Deno.connect({ hostname: "127.0.0.1", port: Number(at) });
  return {
    async call() {
      await conn.write(PAYLOAD);
      for (let left = PAYLOAD.byteLength; left > 0;) {
        left -= await conn.read(new Uint8Array(left)) ?? Infinity;
      }
    },
    close: () => conn.close(),
  };
}

async function openSocket(port: string): Promise<Control> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  let received = Promise.withResolvers<void>();
  socket.onopen = socket.onmessage = () => received.resolve();
  socket.onclose = socket.onerror = () =>
    received.reject(new Error("The WebSocket was closed"));
  await received.promise;
  return {
    async call() {
      received = Promise.withResolvers();
      socket.send(PAYLOAD);
      await received.promise;
    },
    close: () => socket.close(),
  };
}

function probe(call: () => Promise<void>, close: () => unknown): Probe {
  let latencies: number[] = [];
  let failure: string | undefined;
  let isOver = false;
  let current = Promise.resolve();
  const run = async () => {
    while (!isOver) {
      const began = performance.now();
      await (current = answered(call()));
      latencies.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  };
  const running = run().catch((error) => failure = String(error));
  return {
    get latencies() {
      return latencies;
    },
    restart() {
      latencies = [];
    },
    callEnded: () => current.catch(() => {}),
    get failure() {
      return failure;
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await running;
      await close();
    },
  };
}

/** Rejects if a call is not answered in time. */
async function answered(call: Promise<void>): Promise<void> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`No answer within ${CALL_TIMEOUT} ms`)),
    CALL_TIMEOUT,
  );
  try {
    await Promise.race([call, expired]);
  } finally {
    clearTimeout(timer);
  }
}
