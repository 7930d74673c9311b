/**
 * Transform streams between bytes and messages.
 *
 * @module
 */

import { checkOptionNames, type OptionNames } from "../quoting/option_names.ts";
import { bytesOf, type ByteSource } from "../quoting/byte_source.ts";
import { Decoder } from "./decoder.ts";
import type { DecoderOptions } from "./decoder_options.ts";
import { Encoder, type EncoderOptions } from "./encoder.ts";
import type { Message } from "./message.ts";
import { CURRENT_VERSION, encodeVersion, VersionReader } from "./version.ts";

/** Options of a {@linkcode MessageDecoderStream}. */
export interface MessageDecoderStreamOptions
  extends Omit<DecoderOptions, "offset"> {
  /**
   * Whether the bytes start with the protocol version, as a conversation does;
   * true by default.
   */
  readonly handshake?: boolean;
  /**
   * The number of queued bytes at which the stream applies back-pressure; 64
   * KiB by default.
   */
  readonly highWaterMark?: number;
}

/** Options of a {@linkcode MessageEncoderStream}. */
export interface MessageEncoderStreamOptions extends EncoderOptions {
  /**
   * Whether to write the protocol version first, as a conversation does; true
   * by default.
   */
  readonly handshake?: boolean;
  /**
   * The number of queued bytes, in messages, at which the stream applies
   * back-pressure; 64 KiB by default.
   */
  readonly highWaterMark?: number;
}

const ENCODER_STREAM_OPTIONS: OptionNames<MessageEncoderStreamOptions> = {
  handshake: 1,
  highWaterMark: 1,
  version: 1,
};

const DECODER_STREAM_OPTIONS: OptionNames<MessageDecoderStreamOptions> = {
  ...ENCODER_STREAM_OPTIONS,
  maxNameBytes: 1,
  maxPayloadBytes: 1,
};

const HIGH_WATER_MARK = 64 * 1024;

/** What is attempted with a chunk, for errors. */
const CHUNK = "decode a chunk";

/**
 * Converts bytes to messages, for one direction of a conversation.
 *
 * On malformed bytes the readable side delivers all messages before them, then
 * errors with a `ProtocolError`. A payload can be a view of its chunk, so a
 * chunk must not be overwritten while its messages are in use.
 *
 * @example
 * ```ts
 * import { MessageDecoderStream } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Blob(["01n004ping00000000h00005f63ee48"]).stream();
 * const messages = await Array.fromAsync(bytes.pipeThrough(new MessageDecoderStream()));
 * assertEquals(messages, [
 *   { kind: "Notification", name: "ping", payload: new Uint8Array() },
 *   { kind: "Heartbeat", load: 0, time: 0x5f63ee48 },
 * ]);
 * ```
 */
export class MessageDecoderStream
  implements TransformStream<ByteSource, Message> {
  /** The readable side: messages. */
  readonly readable: ReadableStream<Message>;
  /** The writable side: bytes. */
  readonly writable: WritableStream<ByteSource>;

  /**
   * Creates a stream for one direction of one conversation.
   *
   * @throws {TypeError} If an option is unknown.
   */
  constructor(options: MessageDecoderStreamOptions = {}) {
    checkOptionNames(options, DECODER_STREAM_OPTIONS);
    const stream = through(
      (chunks: AsyncIterable<ByteSource>) => decodeAll(chunks, options),
      options.highWaterMark,
      byteLength,
    );
    this.readable = stream.readable;
    this.writable = stream.writable;
  }
}

/**
 * Converts messages to bytes, for one direction of a conversation. Each write
 * unit is one chunk.
 *
 * Payloads are not copied. A message that cannot be written errors the stream
 * with a `LimitError`.
 *
 * @example
 * ```ts
 * import { type Message, MessageEncoderStream } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 * import { toText } from "@std/streams";
 *
 * const ping: Message = { kind: "Notification", name: "ping", payload: new Uint8Array() };
 * const bytes = ReadableStream.from([ping]).pipeThrough(new MessageEncoderStream());
 * assertEquals(await toText(bytes), "01n004ping00000000");
 * ```
 */
export class MessageEncoderStream
  implements TransformStream<Message, Uint8Array> {
  /** The readable side: bytes. */
  readonly readable: ReadableStream<Uint8Array>;
  /** The writable side: messages. */
  readonly writable: WritableStream<Message>;

  /**
   * Creates a stream for one direction of one conversation.
   *
   * @throws {TypeError} If an option is unknown.
   */
  constructor(options: MessageEncoderStreamOptions = {}) {
    checkOptionNames(options, ENCODER_STREAM_OPTIONS);
    const stream = through(
      (messages: AsyncIterable<Message>) => encodeAll(messages, options),
      options.highWaterMark,
      messageSize,
    );
    this.readable = stream.readable;
    this.writable = stream.writable;
  }
}

async function* decodeAll(
  chunks: AsyncIterable<ByteSource>,
  options: MessageDecoderStreamOptions,
): AsyncGenerator<Message> {
  const version = new VersionReader([options.version ?? CURRENT_VERSION]);
  const handshake = options.handshake ?? true;
  const { handshake: _, highWaterMark: __, ...limits } = options;
  const decoder = new Decoder({ ...limits, offset: handshake ? 2 : 0 });
  for await (const given of chunks) {
    const chunk = bytesOf(given, CHUNK);
    const taken = handshake ? version.push(chunk) : 0;
    if (version.error !== undefined) throw version.error;
    decoder.push(chunk.subarray(taken));
    for (let message; (message = decoder.read()) !== undefined;) yield message;
  }
  if (handshake) version.end();
  decoder.end();
}

async function* encodeAll(
  messages: AsyncIterable<Message>,
  options: MessageEncoderStreamOptions,
): AsyncGenerator<Uint8Array> {
  const { version = CURRENT_VERSION } = options;
  const encoder = new Encoder({ version });
  // handshake/version-first
  if (options.handshake ?? true) yield encodeVersion(encoder.version);
  for await (const message of messages) yield* encoder.encode(message);
}

/**
 * Returns a transform stream around a generator.
 *
 * It queues chunks on the writable side only. A readable stream that errors
 * drops its queue, and an error must not overtake the messages before it
 * (error/delivered-before). `toTransformStream` of `@std/streams` queues on both
 * sides, and cancels only once the next chunk has arrived.
 */
function through<In, Out>(
  transform: (chunks: AsyncIterable<In>) => AsyncGenerator<Out>,
  highWaterMark: number = HIGH_WATER_MARK,
  size: (chunk: In) => number,
): TransformStream<In, Out> {
  const waiting = new TransformStream<In, In>(undefined, {
    highWaterMark,
    size,
  });
  const reader = waiting.readable.getReader();
  const results = transform(chunksOf(reader));
  const readable = new ReadableStream<Out>({
    async pull(controller) {
      try {
        const result = await results.next();
        if (result.done) controller.close();
        else controller.enqueue(result.value);
      } catch (error) {
        controller.error(error);
        await reader.cancel(error);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  return { readable, writable: waiting.writable };
}

async function* chunksOf<T>(
  reader: ReadableStreamDefaultReader<T>,
): AsyncGenerator<T> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function byteLength(chunk: ByteSource): number {
  return bytesOf(chunk, CHUNK).byteLength;
}

/** Returns the size of a queued message: its payload, plus its header and objects. */
function messageSize(message: Message): number {
  // The encoder refuses a payload that is no array of bytes.
  const { payload } = message as { readonly payload?: Partial<Uint8Array> };
  return 128 + (payload?.byteLength ?? 0);
}
