import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  checkUpgrade,
  type ReadRequest,
  RequestReader,
  UpgradeRequestError,
  writeUpgradeResponse,
} from "./_handshake_server.ts";
import { writeResponse } from "./_http.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

function bytesOf(lines: readonly string[], rest = ""): Uint8Array {
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n${rest}`);
}

/** Reads a request in chunks of `size` bytes. */
function read(
  bytes: Uint8Array,
  size = bytes.length,
  secure = false,
): ReadRequest | undefined {
  const reader = new RequestReader({ secure });
  for (let at = 0; at < bytes.length; at += size) {
    const request = reader.push(bytes.subarray(at, at + size));
    if (request !== undefined) return request;
  }
  return undefined;
}

function assertRefused(lines: string[], status: number, message: string): void {
  const bytes = bytesOf(lines);
  for (const size of [1, bytes.length]) {
    const error = assertThrows(
      () => read(bytes, size),
      UpgradeRequestError,
      message,
    ) as UpgradeRequestError;
    assertEquals(error.status, status);
  }
}

Deno.test("RequestReader reads a request wherever it is cut (websocket/handshake)", () => {
  const bytes = bytesOf([
    "GET /chat?room=1 HTTP/1.1",
    "Host: Example.com:8080",
    "Cookie: a=b",
    "Content-Length: 0",
  ]);
  for (let size = 1; size <= bytes.length; size++) {
    const result = read(bytes, size);
    assertEquals(result?.request.method, "GET");
    assertEquals(result?.request.url, "http://example.com:8080/chat?room=1");
    assertEquals(result?.request.headers.get("cookie"), "a=b");
    assertEquals(result?.request.body, null);
    assertEquals(result?.rest.length, 0);
  }
});

Deno.test("RequestReader returns the bytes after the request", () => {
  const bytes = bytesOf(["GET / HTTP/1.1", "Host: h"], "more");
  assertEquals(new TextDecoder().decode(read(bytes)?.rest), "more");
});

Deno.test("RequestReader derives the URL from target and host", () => {
  const cases: [target: string, host: string, secure: boolean, url: string][] =
    [
      ["/", "h", true, "https://h/"],
      ["//a/b?c", "h:1", false, "http://h:1//a/b?c"],
      ["/a/../b%20", "[::1]:9", false, "http://[::1]:9/b%20"],
      ["/@x:y", "127.0.0.1", false, "http://127.0.0.1/@x:y"],
      ["http://h:1/x", "h:1", false, "http://h:1/x"],
      ["http://h", "h", false, "http://h/"],
      ["HTTP://h/x?y", "h", false, "http://h/x?y"],
      ["https://h?y", "h", true, "https://h/?y"],
      ["http://EXAMPLE.com/", "example.com", false, "http://example.com/"],
      // The target is right (RFC 9112 section 3.2.2).
      ["http://other:2/", "h:1", false, "http://other:2/"],
    ];
  for (const [target, host, secure, url] of cases) {
    const bytes = bytesOf([`GET ${target} HTTP/1.1`, `Host: ${host}`]);
    const request = read(bytes, undefined, secure)?.request;
    assertEquals(request?.url, url);
    if (!target.startsWith("/")) {
      assertEquals(request?.headers.get("host"), new URL(url).host);
    }
  }
});

Deno.test("RequestReader ignores empty lines before a request, within its limit", () => {
  const lines = ["", "", "GET /x HTTP/1.1", "Host: h"];
  for (const size of [1, 3, 100]) {
    assertEquals(read(bytesOf(lines), size)?.request.url, "http://h/x");
  }
  assertRefused(Array(8193).fill(""), 431, "head of over 16384 bytes");
});

Deno.test("RequestReader reads any method that a Request accepts", () => {
  for (const method of ["HEAD", "POST", "BREW"]) {
    const bytes = bytesOf([`${method} / HTTP/1.1`, "Host: h"]);
    assertEquals(read(bytes)?.request.method, method);
  }
  for (const method of ["CONNECT", "TRACE", "get"]) {
    assertRefused(
      [`${method} / HTTP/1.1`, "Host: h"],
      501,
      `method "${method}", wanted GET`,
    );
  }
});

Deno.test("RequestReader rejects malformed first lines", () => {
  for (
    const line of [
      "GET /",
      "GET  / HTTP/1.1",
      " GET / HTTP/1.1",
      "GET / HTTP/1.1 ",
      "GET / http/1.1",
      "GET / HTTP/11",
      "G(T / HTTP/1.1",
      "GET /\xe9 HTTP/1.1",
      "01r0001004echo00000002hi",
    ]
  ) {
    assertRefused([line, "Host: h"], 400, "wanted");
  }
  assertRefused(
    ["GET / HTTP/1.0", "Host: h"],
    505,
    "HTTP/1.0, wanted HTTP/1.1",
  );
  assertRefused(
    ["GET / HTTP/2.0", "Host: h"],
    505,
    "HTTP/2.0, wanted HTTP/1.1",
  );
});

Deno.test("RequestReader rejects targets that are not a path", () => {
  for (
    const target of [
      "*",
      "h:80",
      "x",
      "?x",
      "http:/h/",
      "http:///x",
      "http://h:99999/",
      "http://h/#part",
      "ws://h/",
      "http://me@h/",
      "https://h/",
      "/#part",
    ]
  ) {
    assertRefused([`GET ${target} HTTP/1.1`, "Host: h"], 400, "target");
  }
});

Deno.test("RequestReader requires one valid Host", () => {
  assertRefused(["GET / HTTP/1.1"], 400, 'Host "", wanted');
  for (
    const host of [
      "",
      "a b",
      "a/b",
      "a@b",
      "a?b",
      "a,b",
      "h:",
      "h:x",
      "h:99999",
    ]
  ) {
    assertRefused(["GET / HTTP/1.1", `Host: ${host}`], 400, "Host ");
  }
  assertRefused(["GET / HTTP/1.1", "Host: h", "Host: h"], 400, "Host twice");
});

Deno.test("RequestReader rejects a body", () => {
  for (
    const field of [
      "Content-Length: 1",
      "Content-Length: 00",
      "Content-Length: x",
      "Transfer-Encoding: chunked",
      "Transfer-Encoding: identity",
    ]
  ) {
    assertRefused(["POST / HTTP/1.1", "Host: h", field], 400, "with a body");
  }
});

Deno.test("RequestReader limits the head", () => {
  const lines = (length: number) => [
    "GET / HTTP/1.1",
    "Host: h",
    `X: ${"y".repeat(length)}`,
  ];
  const fixed = bytesOf(lines(0)).length;
  assertEquals(read(bytesOf(lines(16384 - fixed)))?.request.method, "GET");
  assertRefused(lines(16385 - fixed), 431, "head of over 16384 bytes");
});

Deno.test("UpgradeRequestError has a response with the reason", async () => {
  const response = new UpgradeRequestError(431, "too much, wanted less")
    .toResponse();
  assertEquals(
    new TextDecoder().decode(await writeResponse(response)),
    "HTTP/1.1 431 Request Header Fields Too Large\r\n" +
      "content-type: text/plain;charset=UTF-8\r\n" +
      "content-length: 55\r\nconnection: close\r\n\r\n" +
      "Cannot read the upgrade request: too much, wanted less\n",
  );
});

const GOOD = {
  "connection": "keep-alive, Upgrade",
  "upgrade": "WebSocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": KEY,
};

function upgrade(headers: Record<string, string | undefined>, method = "GET") {
  const all = Object.entries({ ...GOOD, ...headers })
    .filter((field): field is [string, string] => field[1] !== undefined);
  return checkUpgrade(new Request("http://h/", { method, headers: all }));
}

Deno.test("checkUpgrade() accepts a valid request, and ignores extensions (websocket/extensions)", () => {
  assertEquals(upgrade({}), { key: KEY, protocols: [] });
  assertEquals(
    upgrade({
      "sec-websocket-protocol": "b , a",
      "sec-websocket-extensions": "permessage-deflate; client_max_window_bits",
    }),
    { key: KEY, protocols: ["b", "a"] },
  );
  assertEquals(upgrade({ "sec-websocket-protocol": ",a, , b," }), {
    key: KEY,
    protocols: ["a", "b"],
  });
});

Deno.test("checkUpgrade() refuses invalid requests as RFC 6455 section 4.2 requires", async () => {
  const cases: [ReturnType<typeof upgrade>, number, string][] = [
    [upgrade({}, "POST"), 405, 'Method "POST", wanted GET'],
    [upgrade({}, "HEAD"), 405, 'Method "HEAD", wanted GET'],
    [upgrade({ upgrade: undefined }), 426, "No Upgrade header"],
    [upgrade({ upgrade: "h2c" }), 426, "No Upgrade header"],
    [upgrade({ connection: undefined }), 400, "No Connection header"],
    [upgrade({ connection: "close" }), 400, "No Connection header"],
    [upgrade({ "sec-websocket-version": undefined }), 426, 'version ""'],
    [upgrade({ "sec-websocket-version": "8" }), 426, 'version "8", wanted 13'],
    [upgrade({ "sec-websocket-version": "13, 13" }), 426, 'version "13, 13"'],
    [upgrade({ "sec-websocket-key": undefined }), 400, 'Key "", wanted 16'],
    [upgrade({ "sec-websocket-key": "c2hvcnQ=" }), 400, 'Key "c2hvcnQ="'],
    [upgrade({ "sec-websocket-key": `${KEY}, ${KEY}` }), 400, "Key "],
    [upgrade({ "sec-websocket-protocol": "" }), 400, 'Protocol "", wanted'],
    [upgrade({ "sec-websocket-protocol": " , " }), 400, "Protocol "],
    [upgrade({ "sec-websocket-protocol": "a, a" }), 400, 'Protocol "a, a"'],
    [upgrade({ "sec-websocket-protocol": "a b" }), 400, 'Protocol "a b"'],
  ];
  for (const [response, status, message] of cases) {
    if (!(response instanceof Response)) throw new Error(`taken: ${message}`);
    assertEquals(response.status, status);
    const text = await response.text();
    assertEquals(text.includes(message), true, text);
    assertEquals(
      response.headers.get("sec-websocket-version"),
      status === 426 ? "13" : null,
    );
    assertEquals(response.headers.get("allow"), status === 405 ? "GET" : null);
  }
});

Deno.test("writeUpgradeResponse() accepts the upgrade", () => {
  const headers = new Headers([["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]]);
  const bytes = writeUpgradeResponse({
    key: KEY,
    protocol: "a",
    headers,
  });
  assertEquals(new TextDecoder().decode(bytes).split("\r\n"), [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    "Sec-WebSocket-Protocol: a",
    "set-cookie: a=1",
    "set-cookie: b=2",
    "",
    "",
  ]);
});

Deno.test("writeUpgradeResponse() rejects invalid input", () => {
  const refused: [Parameters<typeof writeUpgradeResponse>[0], string][] = [
    [{ key: "x" }, 'key "x", wanted 16 bytes'],
    [{ key: KEY, protocol: "a\r\nb: c" }, "subprotocol"],
    [{ key: KEY, headers: { "sec-websocket-accept": "x" } }, "header sec-"],
    [{ key: KEY, headers: { "x": "\x01" } }, "field"],
  ];
  for (const [init, message] of refused) {
    assertThrows(() => writeUpgradeResponse(init), TypeError, message);
  }
});

Deno.test("checkUpgrade() refuses a request whose URL has no valid host, as the runtime makes it of any Host", async () => {
  const request = {
    url: "http://a b/",
    method: "GET",
    headers: new Headers({ host: "a b" }),
  } as Request;
  const refusal = checkUpgrade(request);
  if (!(refusal instanceof Response)) throw new Error("it was accepted");
  assertEquals(refusal.status, 400);
  assertStringIncludes(await refusal.text(), 'Host "a b", wanted a name');
});
