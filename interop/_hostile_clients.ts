/**
 * A program that attacks servers: its clients violate the protocol or try to
 * exhaust resources, and reconnect when they are disconnected.
 *
 * `deno run --allow-net interop/_hostile_clients.ts MILLISECONDS CLIENTS
 * ADDRESS...`
 *
 * Prints the number of attacks.
 *
 * @module
 */

/** The bytes that a client sends. */
interface Attack {
  /** The bytes to send first. */
  readonly first: string;
  /**
   * The bytes to send repeatedly after that, until the connection is closed.
   */
  readonly then?: string;
  /** The pause between repetitions, in milliseconds. */
  readonly pause?: number;
  /** Whether the client disconnects after a short time. */
  readonly leaves?: boolean;
  /**
   * Whether the client reads; otherwise unread bytes accumulate at the server.
   */
  readonly reads?: boolean;
}

const MIB = `00100000${"x".repeat(1024 * 1024)}`;

const ATTACKS: readonly Attack[] = [
  // Floods of unproductive messages, refused requests, and expensive requests.
  { first: "01", then: "h000000000000".repeat(5_000) },
  { first: "01", then: "R000100000001x".repeat(5_000) },
  { first: "01", then: "n004note00000000".repeat(5_000) },
  { first: "01", then: "r0001004none00000000".repeat(3_000) },
  { first: "01", then: "r0001004none00000000".repeat(3_000), reads: true },
  { first: "01", then: "r0001004echo00000002hi".repeat(3_000), reads: true },
  { first: "01", then: `r0001004echo${MIB}` },
  { first: "01", then: `r0001004echo${MIB}`, reads: true },
  { first: "01s0001005never00000000", then: `p0001${MIB}` },
  { first: "01s0001005never00000000", then: "p000100000001x".repeat(5_000) },
  // Incomplete input, and requests that never settle.
  { first: "" },
  { first: "0" },
  { first: "01r0001004ec" },
  { first: "01r0001004echoffffffff" },
  { first: "01r0001004echo01000000", then: "x", pause: 100 },
  { first: `01${"r0001005never00000000".repeat(2_000)}` },
  { first: `01${streams(2_000)}` },
  // Violations of the protocol.
  { first: "01s0001005never00000000s0001005never00000000" },
  { first: "01p000100000001x" },
  { first: "01\x00\x00\x00\x00\x00\x00\x00\x00" },
  { first: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" },
  { first: "01f00000000" },
];

/** Returns StreamRequests that no part follows. */
function streams(count: number): string {
  return Array.from({ length: count }, (_, index) => {
    const id = index.toString(16).padStart(4, "0");
    return `s${id}005never00000000`;
  }).join("");
}

/** The messages that fuzz is made of. */
const PIECES = [
  "r0001004echo00000002hi",
  "s0002005never00000001a",
  "p000200000001b",
  "p000200000000",
  "S000000000001x",
  "S000000000000",
  "R000000000000",
  "E000100000001x",
  "e00010000000000000000",
  "n004note00000000",
  "h000065bb87c0",
  "01",
  "\xff",
];

/**
 * Returns random messages, some of them corrupted, usually after a valid
 * version.
 */
function fuzz(): Attack {
  let first = Math.random() < 0.9 ? "01" : "";
  const count = 1 + Math.floor(Math.random() * 200);
  for (let n = 0; n < count; n++) {
    const piece = PIECES[Math.floor(Math.random() * PIECES.length)]!;
    first += piece;
    if (Math.random() > 0.02) continue;
    // Removes or replaces one byte.
    const at = Math.floor(Math.random() * first.length);
    const other = Math.random() < 0.5
      ? ""
      : String.fromCharCode(Math.floor(Math.random() * 256));
    first = first.slice(0, at) + other + first.slice(at + 1);
  }
  return { first, reads: true, leaves: true };
}

/** The part of a connection that an attack needs. */
interface Link extends Disposable {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Reads until the connection ends. */
  readAll(): Promise<void>;
}

async function openTcp({ hostname, port }: URL): Promise<Link> {
  const conn = await Deno.connect({ hostname, port: Number(port) });
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.byteLength;) {
        at += await conn.write(bytes.subarray(at));
      }
    },
    async readAll() {
      const buffer = new Uint8Array(64 * 1024);
      while (await conn.read(buffer) !== null);
    },
    [Symbol.dispose]: () => conn.close(),
  };
}

async function openWebSocket(url: URL): Promise<Link> {
  const socket = new WebSocket(url);
  const opened = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  socket.onopen = () => opened.resolve();
  socket.onerror = () => opened.reject(new Error("Cannot open a WebSocket"));
  socket.onclose = () => ended.resolve();
  await opened.promise;
  return {
    async write(bytes) {
      socket.send(bytes);
      // A WebSocket has no event for the end of a write.
      while (socket.bufferedAmount > 4 * bytes.byteLength) await sleep(1);
      if (socket.readyState !== socket.OPEN) {
        throw new Error("Cannot write: the WebSocket is closed");
      }
    },
    readAll: () => ended.promise,
    [Symbol.dispose]: () => socket.close(),
  };
}

function sleep(delay: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay));
}

/**
 * Runs one attack until the server disconnects the client, or the time is over.
 */
async function attack(address: URL, kind: Attack): Promise<void> {
  const { first, then, pause = 0, reads, leaves } = kind;
  const open = address.protocol === "tcp:" ? openTcp : openWebSocket;
  using link = await open(address);
  const send = async () => {
    if (first !== "") await link.write(bytesOf(first));
    if (then === undefined) return await (leaves ? sleep(20) : over);
    const more = bytesOf(then);
    for (;;) {
      await link.write(more);
      await sleep(pause);
    }
  };
  const ends = [send(), over];
  // A client that writes continuously detects the disconnect without reading.
  if (reads || then === undefined) ends.push(link.readAll());
  await Promise.race(ends);
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Runs attacks one after another. */
async function client(index: number): Promise<void> {
  const address = new URL(addresses[index % addresses.length]!);
  for (let turn = index; !isOver; turn++) {
    attacks++;
    // An error means that the server has disconnected the client, as it should.
    const kind = index % 2 === 0 ? ATTACKS[turn % ATTACKS.length]! : fuzz();
    await attack(address, kind).catch(() => {});
  }
}

const [time, clients, ...addresses] = Deno.args;
let isOver = false;
let attacks = 0;
const over = sleep(Number(time)).then(() => {
  isOver = true;
});
await Promise.all(Array.from({ length: Number(clients) }, (_, n) => client(n)));
console.log(attacks);
Deno.exit();
