import { assertEquals } from "@std/assert";
import * as codec from "./mod.ts";

Deno.test("the codec exports what it promises, and nothing else", () => {
  assertEquals(Object.keys(codec).sort(), [
    "BYTES",
    "BYTES_PAYLOAD",
    "CANCEL",
    "CREDIT",
    "CURRENT_VERSION",
    "DEFAULT_MAX_PAYLOAD_BYTES",
    "DRAIN",
    "Decoder",
    "Encoder",
    "LimitError",
    "MAX_NAME_BYTES",
    "MessageDecoderStream",
    "MessageEncoderStream",
    "ProtocolError",
    "ProtocolErrorCode",
    "RESERVED_PREFIX",
    "ValidationError",
    "VersionReader",
    "bytes",
    "decodeCancel",
    "decodeCredit",
    "decodeDrain",
    "decodeName",
    "describe",
    "encode",
    "encodeCancel",
    "encodeCredit",
    "encodeDrain",
    "encodeVersion",
    "isBytesPayload",
    "isLimitError",
    "isProtocolError",
    "isReservedName",
    "isValidationError",
    "json",
    "messageOf",
    "quoteName",
    "requestId",
    "requestIdBytes",
    "requestIdLength",
    "text",
  ]);
});

Deno.test({
  name: "the codec works without permissions",
  permissions: "none",
  async fn() {
    const { Decoder, describe, encode, MessageDecoderStream, requestId } =
      codec;
    const message = {
      kind: "SingleResult",
      id: requestId("0001"),
      payload: codec.json.encode([1]),
    } as const;
    const decoder = new Decoder();
    decoder.push(encode(message)[0]!);
    assertEquals(decoder.readHeader()?.size, 3);
    assertEquals(describe(message), 'SingleResult 0001 3 bytes "[1]"');
    const stream = ReadableStream.from([message])
      .pipeThrough(new codec.MessageEncoderStream())
      .pipeThrough(new MessageDecoderStream());
    assertEquals(await Array.fromAsync(stream), [message]);
  },
});
