import { assertEquals, assertThrows } from "@std/assert";
import {
  ResponseReader,
  type UpgradeRequestInit,
  type UpgradeResponse,
  writeUpgradeRequest,
} from "./_handshake_client.ts";
import { UpgradeResponseError } from "./upgrade_response_error.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

function request(init: Omit<UpgradeRequestInit, "key">): string[] {
  const bytes = writeUpgradeRequest({ key: KEY, ...init });
  return new TextDecoder().decode(bytes).split("\r\n");
}

Deno.test("writeUpgradeRequest() writes a request of RFC 6455 section 4.1 (websocket/extensions)", () => {
  assertEquals(request({ url: "ws://example.com/chat?a=1#part" }), [
    "GET /chat?a=1 HTTP/1.1",
    "Host: example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${KEY}`,
    "Sec-WebSocket-Version: 13",
    "",
    "",
  ]);
});

Deno.test("writeUpgradeRequest() derives host and origin from the URL (websocket/origin-sent)", () => {
  const cases = [
    ["ws://localhost:1234", "/", "localhost:1234", "http://localhost:1234"],
    ["wss://EXAMPLE.com:443/x", "/x", "example.com", "https://example.com"],
    ["http://[::1]:80/", "/", "[::1]", "http://[::1]"],
    ["https://h:8443/a b?é", "/a%20b?%C3%A9", "h:8443", "https://h:8443"],
  ];
  for (const [url, path, host, origin] of cases) {
    const lines = request({ url: new URL(url!), origin: "same" });
    assertEquals(lines[0], `GET ${path} HTTP/1.1`);
    assertEquals(lines[1], `Host: ${host}`);
    assertEquals(lines[6], `Origin: ${origin}`);
  }
});

Deno.test("writeUpgradeRequest() adds subprotocols and headers", () => {
  const lines = request({
    url: "ws://h/",
    protocols: ["b", "a"],
    origin: "same",
    headers: { "Origin": "https://elsewhere.example", "Cookie": "a=\xe9" },
  });
  assertEquals(lines.slice(6), [
    "Sec-WebSocket-Protocol: b, a",
    "cookie: a=\ufffd",
    "origin: https://elsewhere.example",
    "",
    "",
  ]);
});

Deno.test("writeUpgradeRequest() rejects invalid input", () => {
  const url = "ws://h/";
  const refused: [UpgradeRequestInit, string][] = [
    [{ url: "ftp://h/", key: KEY }, 'scheme "ftp:", wanted ws:'],
    [{ url: "ws://me:secret@h/", key: KEY }, "user name or a password"],
    [{ url, key: "short" }, 'key "short", wanted 16 bytes'],
    [{ url, key: KEY, protocols: ["a", "a"] }, 'subprotocols "a, a"'],
    [{ url, key: KEY, protocols: ["a\r\nb: c"] }, "subprotocols"],
    [{ url, key: KEY, headers: { host: "x" } }, "header host"],
    [{ url, key: KEY, headers: { a: "\x01" } }, 'field "a: \\x01"'],
    [{ url, key: KEY, headers: { a: "b\r\nc: d" } }, ""],
  ];
  for (const [init, message] of refused) {
    assertThrows(() => writeUpgradeRequest(init), TypeError, message);
  }
});

const AGREED = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${ACCEPT}`,
];

function bytesOf(lines: readonly string[], rest = ""): Uint8Array {
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n${rest}`);
}

/** Reads an answer in chunks of `size` bytes. */
function answer(
  bytes: Uint8Array,
  size = bytes.length,
  protocols?: string[],
): UpgradeResponse | undefined {
  const reader = new ResponseReader({
    accept: ACCEPT,
    ...protocols && { protocols },
  });
  for (let at = 0; at < bytes.length; at += size) {
    const answer = reader.push(bytes.subarray(at, at + size));
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function assertRefused(lines: string[], message: string): UpgradeResponseError {
  const bytes = bytesOf(lines);
  assertThrows(() => answer(bytes, 1), UpgradeResponseError, message);
  return assertThrows(
    () => answer(bytes),
    UpgradeResponseError,
    message,
  ) as UpgradeResponseError;
}

Deno.test("ResponseReader reads a response wherever it is cut", () => {
  const lines = [...AGREED, "Sec-WebSocket-Protocol: b", "X-Any: 1"];
  for (let size = 1; size < 200; size++) {
    const agreed = answer(bytesOf(lines), size, ["a", "b"]);
    assertEquals(agreed?.protocol, "b");
    assertEquals(agreed?.headers.get("x-any"), "1");
    assertEquals(agreed?.rest.length, 0);
  }
});

Deno.test("ResponseReader returns the bytes after the response", () => {
  const agreed = answer(bytesOf(AGREED, "\x82\x00"));
  assertEquals(agreed?.protocol, "");
  assertEquals(new TextDecoder().decode(agreed?.rest), "\x82\x00");
});

Deno.test("ResponseReader is as lenient as RFC 6455 requires (websocket/handshake)", () => {
  const lines = [
    "HTTP/1.1 101",
    "upgrade:WebSocket",
    "CONNECTION: keep-alive, upgrade",
    `sec-websocket-accept: ${ACCEPT}  `,
  ];
  assertEquals(answer(bytesOf(lines))?.protocol, "");
});

Deno.test("ResponseReader skips interim responses within its limit", () => {
  const interim = ["HTTP/1.1 103 Early Hints", "Link: </x>", ""];
  const lines = [...interim, "HTTP/1.1 100 Continue", "", ...AGREED];
  assertEquals(answer(bytesOf(lines), 7)?.protocol, "");
  const many = Array<string[]>(600).fill(interim).flat();
  assertRefused([...many, ...AGREED], "head of over");
});

Deno.test("ResponseReader rejects a response that does not match the request", () => {
  const without = (index: number, ...instead: string[]) =>
    AGREED.toSpliced(index, 1, ...instead);
  const cases: [string[], string][] = [
    [without(1), 'Upgrade "", wanted websocket'],
    [without(1, "Upgrade: h2c"), 'Upgrade "h2c"'],
    [without(2), 'Connection "", wanted Upgrade'],
    [without(2, "Connection: close"), 'Connection "close"'],
    [without(3), 'Sec-WebSocket-Accept "", wanted'],
    [without(3, `Sec-WebSocket-Accept: ${KEY}`), "Sec-WebSocket-Accept"],
    [[...AGREED, AGREED[3]!], "Sec-WebSocket-Accept twice"],
    [
      [...AGREED, "Sec-WebSocket-Extensions: permessage-deflate"],
      'Sec-WebSocket-Extensions "permessage-deflate", wanted none',
    ],
    [
      [...AGREED, "Sec-WebSocket-Protocol: c"],
      'Sec-WebSocket-Protocol "c", wanted one that was offered ("")',
    ],
    [[...AGREED, "Sec-WebSocket-Protocol: "], 'Sec-WebSocket-Protocol ""'],
    [without(0, "HTTP/1.0 101 Switching Protocols"), "first line"],
    [without(0, "HTTP/2 101"), 'first line "HTTP/2 101"'],
    [["SSH-2.0-OpenSSH_9.2"], 'first line "SSH-2.0-OpenSSH_9.2"'],
    [["HTTP/1.1 101 x", "a : b"], "header line"],
  ];
  for (const [lines, message] of cases) assertRefused(lines, message);
});

Deno.test("ResponseReader rejects two subprotocols at once", () => {
  const lines = [
    ...AGREED,
    "Sec-WebSocket-Protocol: a",
    "Sec-WebSocket-Protocol: b",
  ];
  assertThrows(
    () => answer(bytesOf(lines), 9, ["a", "b"]),
    UpgradeResponseError,
    '"a, b", wanted one',
  );
});

Deno.test("ResponseReader reports the status of a refusal at the end of its head", () => {
  const error = assertRefused(
    ["HTTP/1.1 403 Forbidden", "Content-Length: 10", "X-Any: 1"],
    'the server responded with 403 "Forbidden", wanted 101',
  );
  assertEquals(error.status, 403);
  assertEquals(error.headers.get("x-any"), "1");
});

Deno.test("ResponseReader reports a refusal in HTTP/1.0", () => {
  const error = assertRefused(
    ["HTTP/1.0 503 Service Unavailable"],
    "the server responded with 503",
  );
  assertEquals(error.status, 503);
});

Deno.test("ResponseReader reports a connection that ends too early", () => {
  const reader = new ResponseReader({ accept: ACCEPT });
  reader.push(new TextEncoder().encode("HTTP/1.1"));
  const error = assertThrows(
    () => reader.end(),
    UpgradeResponseError,
    "ended after 8 bytes of the answer",
  ) as UpgradeResponseError;
  assertEquals(error.status, 0);
});

Deno.test("ResponseReader limits the head", () => {
  const lines = (length: number) => [...AGREED, `X: ${"y".repeat(length)}`];
  const fixed = bytesOf(lines(0)).length;
  assertEquals(answer(bytesOf(lines(16384 - fixed)))?.protocol, "");
  assertRefused(lines(16385 - fixed), "head of over 16384 bytes");
});

Deno.test("a refusal with 403 names the option origin if none was sent", () => {
  const answer = new TextEncoder().encode("HTTP/1.1 403 Forbidden\r\n\r\n");
  for (const [hasOrigin, hint] of [[false, true], [true, false]] as const) {
    const reader = new ResponseReader({ accept: ACCEPT, hasOrigin });
    const { message } = assertThrows(
      () => reader.push(answer),
      UpgradeResponseError,
    ) as UpgradeResponseError;
    assertEquals(message.includes("option origin"), hint, message);
  }
});
