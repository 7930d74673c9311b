import { assertEquals } from "@std/assert";
import {
  describeFailure,
  escapeBytes,
  escapeUnprintable,
  excerpt,
  quoteText,
} from "./quote.ts";

Deno.test("describeFailure() shows whatever was thrown, escaped", () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const unclear = "an object that cannot be shown";
  for (
    const [cause, what] of [
      [new Error("no \u202e\n"), "no \\u{202e}\\x0a"],
      ["\x9b", "\\u{9b}"],
      [undefined, "undefined"],
      [Symbol("s"), "Symbol(s)"],
      [Object.create(null), unclear],
      [revoked.proxy, unclear],
      [Object.assign(new Error(), { message: revoked.proxy }), unclear],
    ]
  ) {
    assertEquals(describeFailure(cause), what);
  }
});

Deno.test("every unprintable character of a run is escaped on its own", () => {
  assertEquals(
    escapeUnprintable("a\x01\x02 \u{2028}\u{e0001}b \x7f"),
    "a\\x01\\x02 \\u{2028}\\u{e0001}b \\x7f",
  );
  assertEquals(quoteText('"\\\n"'), '"\\"\\\\\\x0a\\""');
  assertEquals(
    escapeBytes(Uint8Array.of(0, 0x61, 0x80, 0xff)),
    "\\x00a\\x80\\xff",
  );
});

Deno.test("an excerpt is as long as it may be, in characters, and cuts none", () => {
  assertEquals(excerpt("abcd", 4), '"abcd"');
  assertEquals(excerpt("abcde", 4), '"abcd…"');
  assertEquals(excerpt("\u{1f600}".repeat(4), 4), `"${"\u{1f600}".repeat(4)}"`);
  assertEquals(
    excerpt("\u{1f600}".repeat(5), 4),
    `"${"\u{1f600}".repeat(4)}…"`,
  );
});
