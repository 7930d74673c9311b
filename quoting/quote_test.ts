import { assertEquals } from "@std/assert";
import { describeFailure } from "./quote.ts";

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
