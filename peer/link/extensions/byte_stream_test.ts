import { assertEquals } from "@std/assert";
import { BYTES_PAYLOAD } from "../../../codec/mod.ts";
import { ByteStream } from "./byte_stream.ts";

/** What becomes of notifications that a peer receives. */
function receive(isAcceptor: boolean, payloads: Uint8Array[], merges = true) {
  const effects: string[] = [];
  const channel = merges ? { mergeUnits: () => effects.push("merges") } : {};
  const stream = new ByteStream({
    isAcceptor,
    channel: channel as { mergeUnits?(): void },
    drop: (kind, reason) => void effects.push(`drops ${kind}: ${reason}`),
    countUnproductive: () => void effects.push("counts"),
  }, () => effects.push("answers"));
  for (const payload of payloads) stream.received(payload);
  return effects;
}

Deno.test("an acceptor answers once, and both sides merge from then on (extension/bytes-answer)", () => {
  const twice = [BYTES_PAYLOAD, BYTES_PAYLOAD];
  assertEquals(receive(true, twice), ["answers", "merges", "counts"]);
  assertEquals(receive(false, twice), ["merges", "counts"]);
});

Deno.test("what is malformed is dropped, and what helps nowhere is counted (extension/bytes-elsewhere, extension/rate)", () => {
  assertEquals(receive(true, [Uint8Array.of(1)]), [
    "drops Notification: malformed",
    "counts",
  ]);
  assertEquals(receive(true, [BYTES_PAYLOAD], false), ["counts"]);
});
