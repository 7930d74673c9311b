/**
 * The server's side of an exchange: a request whose body is a conversation, and
 * whose response is that of the other side.
 *
 * @module
 */

import { bytesOf } from "../quoting/byte_source.ts";
import { type Carrier, CarrierChannel } from "../transport/carrier_channel.ts";
import type { ChannelInfo } from "../transport/channel.ts";
import type { WriteUnits } from "../transport/write_units.ts";
import { clientLeft } from "./_client_left.ts";
import type { CallChannelOptions } from "./_call_channel.ts";

/** The channel of an exchange. */
export class ServedExchange extends CarrierChannel {
  readonly refuses = {
    what: "calls",
    reason: new Error("a caller over HTTP takes no calls"),
  } as const;
  /** The body of the response. */
  readonly body: ReadableStream<Uint8Array>;

  /** Creates the channel of a request. `dispatched` is called once its body has been read. */
  constructor(
    request: Request,
    info: ChannelInfo,
    options: CallChannelOptions,
  ) {
    const carrier = new ExchangeCarrier(
      request,
      options,
      (reason) => this.abort(reason),
    );
    super(carrier, info, options.clock);
    this.body = carrier.body;
  }
}

class ExchangeCarrier implements Carrier {
  readonly body: ReadableStream<Uint8Array>;
  bytesTaken = 0;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #options: CallChannelOptions;
  #response!: ReadableStreamDefaultController<Uint8Array>;
  #resume: (() => void) | undefined;
  #endRead: () => void = () => {};
  #isOver = false;

  constructor(
    { body }: Request,
    options: CallChannelOptions,
    cancelled: (reason: unknown) => void,
  ) {
    this.#reader = body?.getReader() as
      | ReadableStreamDefaultReader<Uint8Array>
      | undefined;
    this.#options = options;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#response = controller;
      },
      pull: () => this.#resume?.(),
      cancel: (reason) => {
        this.#isOver = true;
        this.#resume?.();
        cancelled(clientLeft(reason));
      },
    });
  }

  read(): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => {
      this.#endRead = () => resolve(null);
      this.#options.time.within(this.#next()).then((chunk) => {
        if (chunk !== null) resolve(chunk);
        // The end of the body is not that of the conversation.
        else this.#options.dispatched?.();
      }, reject);
    });
  }

  async write(units: WriteUnits): Promise<void> {
    for (const segment of units.segments()) {
      if (this.#isOver) return;
      this.#response.enqueue(segment.slice());
      if ((this.#response.desiredSize ?? 1) <= 0) {
        await new Promise<void>((resolve) => this.#resume = resolve);
      }
      this.bytesTaken += segment.byteLength;
    }
  }

  end(): Promise<void> {
    if (!this.#isOver) this.#response.close();
    this.#isOver = true;
    // Without a wait for the remote end: the body has ended, or is not wanted.
    this.#endRead();
    return Promise.resolve();
  }

  release(failure: { readonly error: unknown } | undefined): void {
    if (!this.#isOver && failure !== undefined) {
      this.#response.error(failure.error);
    }
    this.#isOver = true;
    this.#resume?.();
    this.#endRead();
    this.#options.time.stop();
    this.#reader?.cancel(failure?.error).catch(() => {/* It has failed. */});
  }

  async #next(): Promise<Uint8Array | null> {
    for (;;) {
      const { done, value } = await this.#reader?.read() ?? { done: true };
      if (done) return null;
      const chunk = bytesOf(value, "read from the body");
      if (chunk.byteLength > 0) return chunk;
    }
  }
}
