import { assertThrows } from "@std/assert";
import { bytes, json, text } from "./mod.ts";
import { disown } from "../quoting/refused_promise.ts";

const reject = () => Promise.reject(new Error("later"));

Deno.test("promises that are refused as payloads may reject: that is not unhandled", () => {
  // An unhandled rejection would fail the test.
  for (const value of [reject(), { a: [reject(), { b: reject() }] }]) {
    assertThrows(() => json.encode(value), Error, "await it first");
  }
  assertThrows(() => bytes.encode(reject() as never), TypeError);
  assertThrows(() => text.encode(reject() as never), TypeError);
});

Deno.test("any value may be refused", () => {
  const { proxy, revoke } = Proxy.revocable(Promise.resolve(), {});
  disown(proxy);
  revoke();
  const odd = Object.assign(Promise.resolve(), { constructor: null });
  for (const value of [proxy, odd, 1, null, undefined, { then: 1 }]) {
    disown(value);
  }
});
