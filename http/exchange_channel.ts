/**
 * The client's side of exchanges: a channel whose messages travel in HTTP
 * requests and their responses.
 * Internal to the package.
 *
 * @module
 */

import { concat } from "@std/bytes";
import {
  Decoder,
  encode,
  encodeVersion,
  type Header,
  type Message,
  messageOf,
  text,
  VersionReader,
} from "../codec/mod.ts";
import { type Clock, systemClock } from "../peer/mod.ts";
import { type Carrier, CarrierChannel } from "../transport/carrier_channel.ts";
import type { BufferObserver, Channel } from "../transport/channel.ts";
import type { WriteUnits } from "../transport/write_units.ts";
import { ExchangeResponseError } from "./exchange_response_error.ts";
import { EXCHANGE, MEDIA, mediaType } from "./_media_type.ts";
import { type Batch, Outgoing } from "./_outgoing.ts";
import { sized } from "./_sized_header.ts";

/** The most data of a stream that one exchange carries, in bytes. */
const MAX_STREAM_BYTES = 16 * 1024 * 1024;

/** The largest result, in bytes: the peer has its own limit. */
const NO_MAXIMUM = 0xffffffff;

/** The longest wait that a RetryResult can name, in milliseconds. */
const MAX_WAIT = 0xffffffff;

/** The most bytes at once in place of the rest of a message. */
const LARGEST_FILLER = 64 * 1024;

const NOTHING = new Uint8Array(0);

/** Options of exchanges. */
export interface ExchangeOptions {
  /** Headers of the requests. */
  readonly headers?: HeadersInit | undefined;
  /** The source of time. */
  readonly clock?: Clock | undefined;
}

/**
 * Returns the channel of exchanges with a URL.
 *
 * @throws {TypeError} If the URL is not one of HTTP.
 */
export function exchangeChannel(
  url: string | URL,
  options: ExchangeOptions = {},
): Channel {
  const address = URL.parse(url);
  if (address === null || !/^https?:$/.test(address.protocol)) {
    throw new TypeError(
      `Cannot exchange messages with ${url}: wanted a URL with http: or https:`,
    );
  }
  return new ExchangeChannel(address, options);
}

class ExchangeChannel extends CarrierChannel {
  readonly #carrier: ExchangesCarrier;

  constructor(url: URL, options: ExchangeOptions) {
    const carrier = new ExchangesCarrier(
      url,
      options,
      (error) => this.abort(error),
    );
    const secure = url.protocol === "https:";
    const info = { transport: "http", remote: url.href, secure } as const;
    super(carrier, info, options.clock);
    this.#carrier = carrier;
  }

  streamStaysOpen(id: number): void {
    this.#carrier.outgoing.staysOpen(id);
  }
}

/** One request, and the messages of its response. */
interface Exchange {
  readonly ids: Set<number>;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

class ExchangesCarrier implements Carrier {
  readonly outgoing: Outgoing;
  bytesTaken = 0;
  readonly #url: URL;
  readonly #headers: Headers;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  readonly #exchanges = new Set<Exchange>();
  #observer: BufferObserver | undefined;
  #flush: unknown;
  /** Whether a response has begun with the version. */
  #hasVersion = false;
  #isFirst = true;
  #isOver = false;
  /** Bytes that have arrived and have not been read. */
  #arrived: Uint8Array | undefined;
  #read: ((chunk: Uint8Array | null) => void) | undefined;
  #taken: (() => void) | undefined;
  /** The exchange of which a message is arriving, before those of others. */
  #turn: Promise<void> = Promise.resolve();

  constructor(
    url: URL,
    { clock = systemClock, headers }: ExchangeOptions,
    failed: (error: unknown) => void,
  ) {
    this.#url = url;
    this.#clock = clock;
    this.#failed = failed;
    this.#headers = new Headers(headers);
    this.#headers.set("content-type", EXCHANGE);
    this.#headers.set("accept", EXCHANGE);
    this.outgoing = new Outgoing({
      send: (batch) => this.#send(batch),
      leave: (id) => this.#leave(id),
      refuse: (id) => void this.#refuse(id),
      held: (change) => this.#observer?.bufferChanged(change, "unsent"),
    }, MAX_STREAM_BYTES);
  }

  observeBuffers(observer: BufferObserver): void {
    this.#observer = observer;
  }

  read(): Promise<Uint8Array | null> {
    return new Promise((resolve) => {
      const chunk = this.#arrived;
      this.#arrived = undefined;
      if (chunk !== undefined) {
        resolve(chunk);
        this.#taken?.();
      } else if (this.#isOver) resolve(null);
      else this.#read = resolve;
    });
  }

  write(units: WriteUnits): Promise<void> {
    this.outgoing.add(units);
    this.bytesTaken += units.byteLength;
    // Calls of one turn leave together.
    this.#flush ??= this.#clock.schedule(() => this.#sendBatch(), 0);
    return Promise.resolve();
  }

  /** Sends queued messages, and waits until notifications have arrived. */
  async end(): Promise<void> {
    if (this.#flush !== undefined) this.#sendBatch();
    const notifying = [...this.#exchanges].filter(({ ids }) => ids.size === 0);
    await Promise.all(notifying.map(({ done }) => done));
  }

  release(): void {
    this.#isOver = true;
    if (this.#flush !== undefined) this.#clock.cancel(this.#flush);
    for (const { controller } of this.#exchanges) controller.abort();
    this.#read?.(null);
    this.#taken?.();
  }

  #sendBatch(): void {
    this.#flush = undefined;
    const batch = this.outgoing.take();
    // The first one learns whether there is a server that speaks this version.
    if (batch.bytes.length > 0 || this.#isFirst) this.#send(batch);
    this.#isFirst = false;
  }

  #send({ bytes, ids }: Batch): void {
    if (this.#isOver) return;
    const controller = new AbortController();
    const body = concat([encodeVersion(), ...bytes]);
    const done = this.#exchange(body, ids, controller.signal)
      .catch((error) => {
        if (!controller.signal.aborted) this.#failed(error);
      });
    const exchange = { ids, controller, done };
    this.#exchanges.add(exchange);
    void done.then(() => this.#exchanges.delete(exchange));
  }

  /** Sends one request, and reads its response. */
  async #exchange(
    body: Uint8Array<ArrayBuffer>,
    ids: Set<number>,
    signal: AbortSignal,
  ): Promise<void> {
    let response: Response;
    try {
      response = await fetch(this.#url, {
        method: "POST",
        headers: this.#headers,
        ...sentOnce(body),
        redirect: "error",
        signal,
      });
    } catch (cause) {
      throw new Error(`Cannot exchange messages with ${this.#url}`, { cause });
    }
    if (response.status !== 200 || mediaType(response.headers) !== EXCHANGE) {
      if (this.#hasVersion && await isRetry(response)) {
        return await this.#repeat(ids, response.headers);
      }
      await response.body?.cancel().catch(() => {/* It has been read. */});
      throw new ExchangeResponseError(response);
    }
    await this.#receive(response.body!, ids, signal);
    if (ids.size > 0) {
      throw new Error(
        `Cannot exchange messages with ${this.#url}: the response ended before all results`,
      );
    }
  }

  /** Reads the messages of a response, between those of others. */
  async #receive(
    body: ReadableStream<Uint8Array<ArrayBuffer>>,
    ids: Set<number>,
    signal: AbortSignal,
  ): Promise<void> {
    const version = new VersionReader();
    const decoder = new Decoder({ maxPayloadBytes: NO_MAXIMUM });
    let endTurn: (() => void) | undefined;
    try {
      for await (const chunk of body) {
        const taken = version.push(chunk);
        if (taken > 0) await this.#receiveVersion(version);
        decoder.push(chunk.subarray(taken));
        for (;;) {
          if (endTurn === undefined) {
            const header = decoder.readHeader();
            if (header === undefined) break;
            endTurn = await this.#takeTurn();
            settle(header, ids);
            await this.#deliver(headerOf(header));
          }
          while (decoder.remaining > 0) {
            const piece = decoder.readPiece();
            if (piece === undefined) break;
            await this.#deliver(piece.slice());
          }
          if (decoder.remaining > 0) break;
          endTurn();
          endTurn = undefined;
        }
      }
      if (endTurn !== undefined) {
        throw new Error(
          `Cannot exchange messages with ${this.#url}: the response ended within a message`,
        );
      }
    } catch (error) {
      // Before the next turn, whose bytes would be taken for the rest of the message.
      if (!signal.aborted) this.#failed(error);
      else if (endTurn !== undefined) await this.#fill(decoder.remaining);
      throw error;
    } finally {
      endTurn?.();
    }
  }

  /** Delivers bytes in place of the rest of a message that is not wanted any more. */
  async #fill(size: number): Promise<void> {
    for (let left = size; left > 0 && !this.#isOver; left -= LARGEST_FILLER) {
      await this.#deliver(new Uint8Array(Math.min(left, LARGEST_FILLER)));
    }
  }

  /** Delivers the first version, which begins the conversation, and checks others. */
  async #receiveVersion({ error, version }: VersionReader): Promise<void> {
    if (error !== undefined) throw error;
    if (version === undefined || this.#hasVersion) return;
    this.#hasVersion = true;
    const endTurn = await this.#takeTurn();
    await this.#deliver(encodeVersion());
    endTurn();
  }

  /** Waits until no message of another exchange is arriving. Returns what ends the turn. */
  async #takeTurn(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#turn;
    this.#turn = promise;
    await before;
    return resolve;
  }

  /** Delivers bytes within a turn; resolves once they have been read. */
  async #deliver(bytes: Uint8Array): Promise<void> {
    if (this.#isOver || bytes.byteLength === 0) return;
    const read = this.#read;
    this.#read = undefined;
    if (read !== undefined) return read(bytes);
    this.#arrived = bytes;
    await new Promise<void>((resolve) => this.#taken = resolve);
  }

  /** Ends the exchange of a stream that is not wanted any more. */
  #leave(id: number): void {
    for (const { ids, controller } of this.#exchanges) {
      if (ids.has(id)) controller.abort();
    }
  }

  async #refuse(id: number): Promise<void> {
    const payload = text.encode(
      `the data of a stream within an exchange is more than ${MAX_STREAM_BYTES} bytes`,
    );
    await this.#answer({ kind: "ErrorResult", id, payload });
  }

  /** Has requests repeated that the server has not carried out. */
  async #repeat(ids: Set<number>, headers: Headers): Promise<void> {
    const wait = waitOf(headers);
    const payload = text.encode("the server is not available");
    for (const id of ids) {
      await this.#answer({ kind: "RetryResult", id, wait, payload });
    }
  }

  /** Answers a request in place of the server. */
  async #answer(result: Message): Promise<void> {
    const endTurn = await this.#takeTurn();
    await this.#deliver(concat(encode(result)));
    endTurn();
  }
}

/**
 * Returns a body for a request that must not be sent twice. The `fetch` of Deno
 * sends one again if a connection that it used before is reset, although the
 * server may have carried it out, unless the body is a stream. Browsers take a
 * stream over HTTP/2 only.
 */
function sentOnce(bytes: Uint8Array<ArrayBuffer>): RequestInit {
  if (!("Deno" in globalThis)) return { body: bytes };
  return { body: new Blob([bytes]).stream(), duplex: "half" } as RequestInit;
}

/** Records the results that have arrived completely, or are about to. */
function settle({ kind, id, size }: Header, ids: Set<number>): void {
  switch (kind) {
    case "SingleResult":
    case "ErrorResult":
    case "RetryResult":
      return void ids.delete(id);
    case "StreamResult":
      if (size === 0) ids.delete(id);
  }
}

/** Returns the bytes of a header. */
function headerOf(header: Header): Uint8Array {
  const message = messageOf(header, NOTHING);
  return "payload" in message
    ? sized(message, header.size)
    : concat(encode(message));
}

/** Returns how long a server wants a client to wait, in milliseconds; 1 s if the response does not state whole seconds. */
function waitOf(headers: Headers): number {
  const seconds = headers.get("retry-after") ?? "";
  if (!/^\d+$/.test(seconds)) return 1000;
  return Math.min(Number(seconds) * 1000, MAX_WAIT);
}

/** Returns whether a server reports that it has not carried out the messages of a request. */
async function isRetry(response: Response): Promise<boolean> {
  if (response.status !== 503) return false;
  if (mediaType(response.headers) !== MEDIA.json) return false;
  const details = await response.json().catch(() => undefined);
  return details?.code === "retry";
}
