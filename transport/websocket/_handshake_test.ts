import { assertEquals, assertThrows } from "@std/assert";
import {
  acceptKey,
  areProtocols,
  extraFields,
  isKey,
  newKey,
} from "./_handshake.ts";

Deno.test("acceptKey() returns the example of RFC 6455 section 1.3", () => {
  assertEquals(
    acceptKey("dGhlIHNhbXBsZSBub25jZQ=="),
    "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  );
});

Deno.test("newKey() is 16 bytes in Base64", () => {
  assertEquals(newKey((bytes) => bytes.fill(0)), "AAAAAAAAAAAAAAAAAAAAAA==");
  const keys = new Set(Array.from({ length: 100 }, () => newKey()));
  assertEquals(keys.size, 100);
  assertEquals([...keys].every(isKey), true);
});

Deno.test("isKey() accepts 16 bytes in Base64", () => {
  for (const key of ["", "short", "A".repeat(24), "A".repeat(21) + "-=="]) {
    assertEquals(isKey(key), false, key);
  }
});

Deno.test("areProtocols() accepts distinct tokens", () => {
  assertEquals(areProtocols([]), true);
  assertEquals(areProtocols(["gotalk", "v1.gotalk+json"]), true);
  for (const names of [["a", "a"], [""], ["a b"], ["a,b"], ["a\r\nb"], ["é"]]) {
    assertEquals(areProtocols(names), false, `${names}`);
  }
});

Deno.test("extraFields() rejects fields that the handshake sets", () => {
  const own = { "Cookie": "a=b", "X-Any": "1" };
  assertEquals(extraFields(own), [["cookie", "a=b"], ["x-any", "1"]]);
  assertEquals(extraFields(undefined), []);
  for (
    const name of [
      "Host",
      "connection",
      "Upgrade",
      "Content-Length",
      "Transfer-Encoding",
      "Sec-WebSocket-Key",
      "Sec-WebSocket-Extensions",
    ]
  ) {
    assertThrows(
      () => extraFields({ [name]: "x" }),
      TypeError,
      `header ${name.toLowerCase()}, wanted none`,
    );
  }
});
