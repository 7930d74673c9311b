/**
 * Messages and bytes as web streams.
 *
 * @module
 */

import { Decoder, type DecoderOptions } from "./decoder.ts";
import { Encoder, type EncoderOptions } from "./encoder.ts";
import type { Message } from "./message.ts";
import { CURRENT_VERSION, encodeVersion, VersionReader } from "./version.ts";

/** How a stream of bytes is read as messages. */
export interface MessageDecoderStreamOptions
  extends Omit<DecoderOptions, "offset"> {
  /** Whether the bytes open with the protocol version, as a conversation does; true by default. */
  readonly handshake?: boolean;
  /** How many bytes may wait to be read before the stream pushes back; 64 KiB by default. */
  readonly highWaterMark?: number;
}

/** How messages are written as a stream of bytes. */
export interface MessageEncoderStreamOptions extends EncoderOptions {
  /** Whether to open with the protocol version, as a conversation does; true by default. */
  readonly handshake?: boolean;
  /** How many bytes of messages may wait to be written before the stream pushes back; 64 KiB by default. */
  readonly highWaterMark?: number;
}

const HIGH_WATER_MARK = 64 * 1024;

/**
 * Reads one direction of a conversation: bytes in, messages out.
 *
 * Messages that are complete before a fault are delivered first; then the readable side errors with a
 * `ProtocolError`. A payload can be a view of the chunk that it came in, so chunks must not be
 * overwritten while their messages are in use.
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
  implements TransformStream<Uint8Array, Message> {
  /** The messages. */
  readonly readable: ReadableStream<Message>;
  /** Takes the bytes. */
  readonly writable: WritableStream<Uint8Array>;

  /** Creates a stream for one direction of one conversation. */
  constructor(options: MessageDecoderStreamOptions = {}) {
    const stream = through(
      (chunks: AsyncIterable<Uint8Array>) => decodeAll(chunks, options),
      options.highWaterMark,
      byteLength,
    );
    this.readable = stream.readable;
    this.writable = stream.writable;
  }
}

/**
 * Writes one direction of a conversation: messages in, bytes out, one chunk for each write unit.
 *
 * Payloads pass through as they are, not copied. A message that cannot be written errors the stream
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
  /** The bytes. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Takes the messages. */
  readonly writable: WritableStream<Message>;

  /** Creates a stream for one direction of one conversation. */
  constructor(options: MessageEncoderStreamOptions = {}) {
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
  chunks: AsyncIterable<Uint8Array>,
  options: MessageDecoderStreamOptions,
): AsyncGenerator<Message> {
  const version = new VersionReader([options.version ?? CURRENT_VERSION]);
  const awaited = options.handshake ?? true;
  const decoder = new Decoder({ ...options, offset: awaited ? 2 : 0 });
  for await (const chunk of chunks) {
    const taken = awaited ? version.push(chunk) : 0;
    if (version.error !== undefined) throw version.error;
    decoder.push(chunk.subarray(taken));
    for (let message; (message = decoder.read()) !== undefined;) yield message;
  }
  if (awaited) version.end();
  decoder.end();
}

async function* encodeAll(
  messages: AsyncIterable<Message>,
  options: MessageEncoderStreamOptions,
): AsyncGenerator<Uint8Array> {
  const encoder = new Encoder(options);
  if (options.handshake ?? true) yield encodeVersion(encoder.version);
  for await (const message of messages) yield* encoder.encode(message);
}

/**
 * A transform stream around a generator.
 *
 * Chunks wait on the writable side, and nothing on the readable one: a stream that errors drops what
 * waits there, and a fault must not overtake the messages before it. That, and a cancellation which
 * need not wait for the next chunk, is what `toTransformStream` of `@std/streams` does not give.
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

function byteLength(chunk: Uint8Array): number {
  return chunk.byteLength;
}

/** What a message that waits in a queue is charged: its payload, and the object and header around it. */
function messageSize(message: Message): number {
  return 128 + ("payload" in message ? message.payload.byteLength : 0);
}
