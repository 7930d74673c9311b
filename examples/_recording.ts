/**
 * Prints the messages of a recorded conversation.
 *
 * @module
 */

import { concat, equals } from "@std/bytes";
import { toBytes } from "@std/streams";
import {
  describe,
  isProtocolError,
  type Message,
  MessageDecoderStream,
  MessageEncoderStream,
} from "@gotalk/gotalk/codec";

/**
 * Decodes one direction of a conversation, prints a line for each message, and
 * encodes the messages again. Returns whether the recording is well-formed and
 * the encoded bytes equal it, apart from the case of digits.
 */
export async function showRecording(
  recording: ReadableStream<Uint8Array>,
  print: (line: string) => void,
): Promise<boolean> {
  const messages: Message[] = [];
  const kept: Uint8Array[] = [];
  const keep = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      kept.push(chunk);
      controller.enqueue(chunk);
    },
  });
  try {
    for await (
      const message of recording.pipeThrough(keep).pipeThrough(
        new MessageDecoderStream(),
      )
    ) {
      messages.push(message);
      print(describe(message));
    }
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    print(`${error.message}; a peer would answer with code ${error.code}`);
    return false;
  }
  const bytes = concat(kept);
  const encoded = await encodeAll(messages);
  print("");
  print(`${messages.length} messages in ${bytes.byteLength} bytes`);
  if (equals(bytes, encoded)) {
    print("Encoded again: the same bytes");
    return true;
  }
  const at = bytes.findIndex((byte, index) => byte !== encoded[index]);
  print(`Encoded again: the first difference is at byte ${at}`);
  print("Uppercase digits mean the same, but the encoder writes lowercase");
  return equals(bytes.map(lowerCase), encoded.map(lowerCase));
}

function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

async function encodeAll(messages: readonly Message[]): Promise<Uint8Array> {
  const stream = ReadableStream.from(messages).pipeThrough(
    new MessageEncoderStream(),
  );
  return await toBytes(stream);
}
