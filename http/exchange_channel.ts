/**
 * The client's side of exchanges: a channel whose messages travel in HTTP
 * requests and their responses.
 * Internal to the package.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { encodeVersion, text } from "../codec/mod.ts";
import { type Clock, systemClock } from "../peer/mod.ts";
import { type Carrier, CarrierChannel } from "../transport/carrier_channel.ts";
import type { BufferObserver, Channel } from "../transport/channel.ts";
import type { WriteUnits } from "../transport/write_units.ts";
import { ExchangeResponseError } from "./exchange_response_error.ts";
import { EXCHANGE, MEDIA, mediaType } from "./_media_type.ts";
import { Incoming } from "./_incoming.ts";
import { type Batch, Outgoing } from "./_outgoing.ts";

/** The most data of a stream that one exchange carries, in bytes. */
const MAX_STREAM_BYTES = 16 * 1024 * 1024;

/** The longest wait that a RetryResult can name, in milliseconds. */
const MAX_WAIT = 0xffffffff;

/** The most requests at once that carry nothing but notifications. */
const MAX_NOTIFYING = 4;

/** The bytes that wait to leave together above which no more are taken. */
const MAX_WAITING_BYTES = 1024 * 1024;

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
  readonly #incoming: Incoming;
  #observer: BufferObserver | undefined;
  /** Memory of messages that have not left, or have no response yet. */
  #held = 0;
  #flush: unknown;
  #isFirst = true;
  #isOver = false;
  /** Number of requests under way that carry nothing but notifications. */
  #notifying = 0;
  /** Lets a write go on once its messages have left. */
  #left: (() => void) | undefined;

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
      held: (change) => this.#hold(change),
    }, MAX_STREAM_BYTES);
    this.#incoming = new Incoming(url, failed);
  }

  observeBuffers(observer: BufferObserver): void {
    this.#observer = observer;
  }

  read(): Promise<Uint8Array | null> {
    return this.#incoming.read();
  }

  async write(units: WriteUnits): Promise<void> {
    this.outgoing.add(units);
    this.bytesTaken += units.byteLength;
    // Calls of one turn leave together.
    this.#flush ??= this.#clock.schedule(() => this.#sendBatch(), 0);
    if (this.outgoing.size <= MAX_WAITING_BYTES) return;
    await new Promise<void>((resolve) => this.#left = resolve);
  }

  /** Sends queued messages, and waits until notifications have arrived. */
  async end(): Promise<void> {
    if (this.outgoing.size > 0 || this.#flush !== undefined) {
      this.#sendBatch(true);
    }
    const notifying = [...this.#exchanges].filter(({ ids }) => ids.size === 0);
    await Promise.all(notifying.map(({ done }) => done));
  }

  release(): void {
    this.#isOver = true;
    if (this.#flush !== undefined) this.#clock.cancel(this.#flush);
    for (const { controller } of this.#exchanges) controller.abort();
    this.#incoming.end();
    this.#left?.();
    this.#hold(-this.#held);
    this.#observer = undefined;
  }

  #hold(change: number): void {
    this.#held += change;
    if (change !== 0) this.#observer?.bufferChanged(change, "unsent");
  }

  /**
   * Sends what leaves together. Notifications wait while many others are under
   * way, unless they are the last.
   */
  #sendBatch(isLast = false): void {
    if (this.#flush !== undefined) this.#clock.cancel(this.#flush);
    this.#flush = undefined;
    const { onlyNotifies } = this.outgoing;
    if (onlyNotifies && this.#notifying >= MAX_NOTIFYING && !isLast) return;
    const batch = this.outgoing.take();
    this.#left?.();
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
    const notifying = Number(ids.size === 0);
    this.#notifying += notifying;
    void done.then(() => {
      this.#exchanges.delete(exchange);
      this.#notifying -= notifying;
      if (this.outgoing.size > 0 && this.#flush === undefined) {
        this.#sendBatch();
      }
    });
  }

  /** Sends one request, and reads its response. */
  async #exchange(
    body: Uint8Array<ArrayBuffer>,
    ids: Set<number>,
    signal: AbortSignal,
  ): Promise<void> {
    let response: Response;
    this.#hold(body.byteLength);
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
    } finally {
      this.#hold(-body.byteLength);
    }
    if (response.status !== 200 || mediaType(response.headers) !== EXCHANGE) {
      if (this.#incoming.hasVersion && await isRetry(response)) {
        return await this.#repeat(ids, response.headers);
      }
      await response.body?.cancel().catch(() => {/* It has been read. */});
      throw new ExchangeResponseError(response);
    }
    await this.#incoming.receive(response.body!, ids, signal);
    if (ids.size > 0) {
      throw new Error(
        `Cannot exchange messages with ${this.#url}: the response ended before all results`,
      );
    }
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
    await this.#incoming.answer({ kind: "ErrorResult", id, payload });
  }

  /** Has requests repeated that the server has not carried out. */
  async #repeat(ids: Set<number>, headers: Headers): Promise<void> {
    const wait = waitOf(headers);
    const payload = text.encode("the server is not available");
    for (const id of ids) {
      await this.#incoming.answer({ kind: "RetryResult", id, wait, payload });
    }
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
