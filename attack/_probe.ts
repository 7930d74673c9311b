/**
 * The well-behaved client beside the hostile ones.
 *
 * @module
 */

import { connect } from "@gotalk/gotalk";
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

/** Connects to a Gotalk server, and calls it until it is disposed of. */
export async function probeGotalk(address: Address): Promise<Probe> {
  const { target, at, caCert } = address;
  const peer = await connect(
    target === "unix"
      ? `unix:${at}`
      : `${
        target === "tls" ? "tls" : isWebSocket(target) ? "ws" : "tcp"
      }://localhost:${at}`,
    target === "tls" ? { caCerts: [caCert] } : {},
  );
  return probe(
    async () => void await peer.requestBytes("echo", PAYLOAD),
    () => peer.close(),
  );
}

/** Connects to a control server, and sends to it until it is disposed of. */
export async function probeControl(address: Address): Promise<Probe> {
  if (isWebSocket(address.target)) return await probeSocket(address.at);
  const { target, at, caCert } = address;
  const conn = target === "unix"
    ? await Deno.connect({ transport: "unix", path: at })
    : target === "tls"
    ? await Deno.connectTls({
      hostname: "localhost",
      port: Number(at),
      caCerts: [caCert],
    })
    : await Deno.connect({ hostname: "127.0.0.1", port: Number(at) });
  return probe(async () => {
    await conn.write(PAYLOAD);
    for (let left = PAYLOAD.byteLength; left > 0;) {
      left -= await conn.read(new Uint8Array(left)) ?? Infinity;
    }
  }, () => conn.close());
}

async function probeSocket(port: string): Promise<Probe> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  let received = Promise.withResolvers<void>();
  socket.onopen = socket.onmessage = () => received.resolve();
  socket.onclose = socket.onerror = () =>
    received.reject(new Error("The WebSocket was closed"));
  await received.promise;
  return probe(async () => {
    received = Promise.withResolvers();
    socket.send(PAYLOAD);
    await received.promise;
  }, () => socket.close());
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
