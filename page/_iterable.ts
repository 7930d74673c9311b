/**
 * Streams that can be iterated everywhere.
 *
 * @module
 */

/** Returns a stream that can be iterated, also where streams of the browser cannot, as in Safari. */
export function iterable<Chunk>(
  stream: ReadableStream<Chunk>,
): ReadableStream<Chunk> {
  if (Symbol.asyncIterator in stream) return stream;
  return Object.assign(stream as ReadableStream<Chunk>, {
    async *[Symbol.asyncIterator]() {
      const reader = (stream as ReadableStream<Chunk>).getReader();
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          yield value;
        }
      } finally {
        await reader.cancel();
      }
    },
  });
}
