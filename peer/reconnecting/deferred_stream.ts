/**
 * A stream request that is opened later.
 * Internal to the package.
 *
 * @module
 */

import type { ByteSource } from "../../quoting/byte_source.ts";
import type { StreamPair } from "../stream_pair.ts";

/**
 * Returns the streams of a request that is not opened yet.
 *
 * @param opening Resolves to the streams of the request once there is a connection.
 * @param abandon Called if a stream is cancelled or aborted before that.
 */
export function deferredStream(
  opening: Promise<StreamPair>,
  abandon: (reason: unknown) => void,
  ofBytes = true,
): StreamPair {
  let isOpen = false;
  /** Set if the request was abandoned when it was about to be opened. */
  let abandoned: { readonly reason: unknown } | undefined;
  const reader = opening.then(({ readable }) => readable.getReader());
  const writer = opening.then(({ writable }) => writable.getWriter());
  reader.then((opened) => {
    isOpen = true;
    if (abandoned !== undefined) void opened.cancel(abandoned.reason);
  }, () => {});
  writer.catch(() => {}); // Also reported by `reader`, which errors both streams.

  function abandonRequest(reason: unknown): void {
    abandoned = { reason };
    abandon(reason);
  }

  const readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
    // Typed as the one of bytes, which takes all that the other one does.
    type: (ofBytes ? "bytes" : undefined) as "bytes",
    start(controller) {
      reader.then(({ closed }) => closed)
        .catch((error) => controller.error(error));
    },
    async pull(controller) {
      const { done, value } = await (await reader).read();
      if (!done) return controller.enqueue(value);
      controller.close();
      // A pending read into the reader's own buffer ends with it.
      (controller as ReadableByteStreamController).byobRequest?.respond(0);
    },
    async cancel(reason) {
      if (!isOpen) return abandonRequest(reason);
      // As in a stream of one connection, which ends data that nobody writes.
      if (!writable.locked && !isWriting) {
        input.error(reason);
        (await writer).releaseLock();
      }
      await (await reader).cancel(reason);
    },
  });
  let input!: WritableStreamDefaultController;
  let isWriting = false;
  const writable = new WritableStream<ByteSource>({
    start(controller) {
      input = controller;
      writer.then(({ closed }) => closed)
        .catch((error) => controller.error(error));
    },
    async write(chunk) {
      isWriting = true;
      await (await writer).write(chunk);
      isWriting = false;
    },
    async close() {
      await (await writer).close();
    },
    async abort(reason) {
      if (isOpen) await (await writer).abort(reason);
      else abandonRequest(reason);
    },
  }, { highWaterMark: 1 });
  return { readable, writable };
}
