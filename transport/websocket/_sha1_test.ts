import { assertEquals } from "@std/assert";
import { sha1 } from "./_sha1.ts";

Deno.test("sha1() returns the digests of RFC 3174", () => {
  const digest = (text: string) => sha1(new TextEncoder().encode(text)).toHex();
  assertEquals(digest("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  assertEquals(
    digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
  );
});

Deno.test("sha1() returns what the platform returns, for each size up to three blocks", async () => {
  for (let size = 0; size <= 192; size++) {
    const bytes = crypto.getRandomValues(new Uint8Array(size));
    const expected = await crypto.subtle.digest("SHA-1", bytes);
    assertEquals(sha1(bytes).toHex(), new Uint8Array(expected).toHex());
  }
});

Deno.test("sha1() reads no bytes before or behind a view", () => {
  const bytes = new TextEncoder().encode("(abc)").subarray(1, 4);
  assertEquals(sha1(bytes).toHex(), "a9993e364706816aba3e25717850c26c9cd0d89d");
});
