/**
 * One hostile client.
 *
 * @module
 */

import { Socket } from "node:net";
import { type Attack, isWebSocket, type Target } from "./_attack.ts";
import { binaryFrame, upgradeRequest } from "./_frames.ts";

/** Where a server listens. */
export interface Address {
  readonly target: Target;
  /** The port, or the path of a Unix socket. */
  readonly at: string;
  /** The certificate authority of a TLS server, in PEM. */
  readonly caCert: string;
}

/** What hostile clients have done. */
export interface Count {
  /** The number of connections made. */
  connections: number;
  /** The number of them that the server has ended. */
  ended: number;
}

/** The bytes of an attack, for one kind of server. */
export interface Load {
  readonly first: Uint8Array<ArrayBuffer>;
  readonly then: Uint8Array<ArrayBuffer> | undefined;
}

/** Returns the bytes that an attack sends to a kind of server. */
export function loadOf(attack: Attack, target: Target): Load {
  const framed = attack.layer === "messages" && isWebSocket(target);
  const bytes = (text: string) =>
    latin1(framed && text !== "" ? binaryFrame(text) : text);
  return {
    first: bytes(attack.first ?? ""),
    then: attack.then === undefined ? undefined : bytes(attack.then),
  };
}

/** Attacks until the signal aborts; connects again whenever the server ends the connection. */
export async function attackUntil(
  signal: AbortSignal,
  attack: Attack,
  load: Load,
  address: Address,
  count: Count,
): Promise<void> {
  // With the pause of clients that leave, all of them together have a rate.
  const pause = attack.leaves === undefined ? 1 : attack.pause ?? 1;
  if (pause > 1) await sleep(Math.random() * pause);
  while (!signal.aborted) {
    try {
      if (attack.leaves === "reset") await reset(address, count);
      else await attackOnce(signal, attack, load, address, count);
    } catch {
      // The server has ended or refused the connection, as it should.
      if (!signal.aborted) count.ended++;
    }
    await sleep(pause);
  }
}

async function attackOnce(
  signal: AbortSignal,
  attack: Attack,
  { first, then }: Load,
  address: Address,
  count: Count,
): Promise<void> {
  using conn = await connect(address, attack);
  count.connections++;
  const { promise: over, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (attack.layer !== "bytes" && isWebSocket(address.target)) {
    await upgrade(conn);
  }
  const send = async () => {
    await writeAll(conn, first);
    if (attack.leaves === "half-close") {
      await conn.closeWrite();
      await readAll(conn);
    }
    if (attack.leaves !== undefined) return;
    if (then === undefined) return await over;
    while (!signal.aborted) {
      await writeAll(conn, then);
      if (attack.pause !== undefined) await sleep(attack.pause);
    }
  };
  const work: Promise<unknown>[] = [send(), over];
  if (attack.reads) {
    work.push(
      readAll(conn).then(() => {
        throw new Error("The server ended the connection");
      }),
    );
  }
  for (const each of work) each.catch(() => {});
  await Promise.race(work);
}

/** Connects and resets the connection, in most cases before it has been accepted. */
async function reset(
  { target, at }: Address,
  count: Count,
): Promise<void> {
  const socket = new Socket();
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on("error", () => resolve());
  socket.on("close", () => resolve());
  const leave = () => {
    count.connections++;
    // A Unix socket knows no reset.
    if (target === "unix") socket.destroy();
    else socket.resetAndDestroy();
  };
  if (target === "unix") socket.connect(at, leave);
  else socket.connect(Number(at), "127.0.0.1", leave);
  await promise;
}

async function connect(
  { target, at, caCert }: Address,
  { name }: Attack,
): Promise<Deno.Conn> {
  if (target === "unix") {
    return await Deno.connect({ transport: "unix", path: at });
  }
  const address = { hostname: "127.0.0.1", port: Number(at) };
  const isRaw = name === "silent" || name === "tls-half-hello";
  return target === "tls" && !isRaw
    ? await Deno.connectTls({ ...address, caCerts: [caCert] })
    : await Deno.connect(address);
}

/** Performs the handshake of a WebSocket; rejects if it is refused. */
async function upgrade(conn: Deno.Conn): Promise<void> {
  await writeAll(conn, latin1(upgradeRequest()));
  let head = "";
  const byte = new Uint8Array(1);
  while (!head.endsWith("\r\n\r\n")) {
    if (await conn.read(byte) === null) throw new Error("Refused");
    head += String.fromCharCode(byte[0]!);
  }
  if (!head.startsWith("HTTP/1.1 101")) throw new Error("Refused");
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) {
    at += await conn.write(bytes.subarray(at));
  }
}

async function readAll(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  while (await conn.read(buffer) !== null);
}

function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function sleep(delay: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay));
}
