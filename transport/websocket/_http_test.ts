import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type Head,
  HeadReader,
  listHas,
  writeHead,
  writeResponse,
} from "./_http.ts";

/** Each character as the byte of its number. */
function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Reads a head, whole or byte by byte; fails with "status: problem". */
function read(
  text: string,
  bytewise: boolean,
  limit = 200,
  kind: "request" | "response" = "request",
): Head | undefined {
  const reader = new HeadReader(
    limit,
    (status, problem) => new RangeError(`${status}: ${problem}`),
    kind,
  );
  const bytes = latin1(text);
  if (!bytewise) return reader.push(bytes);
  for (const byte of bytes) {
    const head = reader.push(Uint8Array.of(byte));
    if (head !== undefined) return head;
  }
  return undefined;
}

function assertFails(text: string, message: string): void {
  for (const bytewise of [false, true]) {
    assertThrows(() => read(text, bytewise), RangeError, message);
  }
}

Deno.test("HeadReader reads start line and fields", () => {
  const text = "GET / HTTP/1.1\r\nHost: x:1\r\na:1\r\nA: \t2 \t\r\nempty:\r\n" +
    "latin: \xe9\xff\r\n\r\n";
  for (const bytewise of [false, true]) {
    const head = read(text, bytewise);
    assertEquals(head?.startLine, "GET / HTTP/1.1");
    assertEquals([...head?.headers ?? []], [
      ["a", "1, 2"],
      ["empty", ""],
      ["host", "x:1"],
      ["latin", "\xe9\xff"],
    ]);
    assertEquals(head?.rest.length, 0);
  }
});

Deno.test("HeadReader accepts 100 fields and no more, in heads of any size", () => {
  const fields = (count: number) =>
    `x\r\n${
      Array.from({ length: count }, (_, at) => `${at}:\r\n`).join("")
    }\r\n`;
  for (const kind of ["request", "response"] as const) {
    for (const bytewise of [false, true]) {
      const head = read(fields(100), bytewise, 1_000_000, kind);
      assertEquals([...head?.headers ?? []].length, 100);
      for (const count of [101, 50_000]) {
        assertThrows(
          () => read(fields(count), bytewise, 1_000_000, kind),
          RangeError,
          "431: head of over 100 header fields, wanted no more",
        );
      }
    }
  }
});

Deno.test("HeadReader returns the bytes after the head", () => {
  assertEquals(read("x\r\n\r\n\0\r\n\r\n", false)?.rest, latin1("\0\r\n\r\n"));
});

Deno.test("HeadReader waits for the empty line", () => {
  for (const text of ["", "x", "x\r", "x\r\n", "x\r\na: 1\r\n", "x\r\n\r"]) {
    assertEquals(read(text, false), undefined);
  }
});

Deno.test("HeadReader requires lines to end in CR LF", () => {
  assertFails("x\n\n", "400: 0x0a at byte 1, wanted text in lines");
  assertFails("x\r\na: 1\nb: 2\r\n\r\n", "400: 0x0a at byte 7");
  assertFails("x\r\na: 1\rb: 2\r\n\r\n", "400: 0x62 at byte 8");
  assertFails("x\r\r\n\r\n", "400: 0x0d at byte 2");
  assertThrows(
    () => read("\r\n\r\n", false, 200, "response"),
    RangeError,
    "400: empty first line",
  );
});

Deno.test("HeadReader rejects control characters at once", () => {
  assertFails("\x16\x03\x01", "400: 0x16 at byte 0");
  assertFails("x\r\na: \0", "400: 0x00 at byte 6");
  assertFails("x\r\na: \x7f", "400: 0x7f at byte 6");
});

Deno.test("HeadReader rejects malformed fields", () => {
  for (
    const line of [
      "folded: \r\n more",
      " folded: 1",
      "\tfolded: 1",
      "no colon",
      ": no name",
      "blank : 1",
      "a b: 1",
      "a(b): 1",
      "\xe9: 1",
    ]
  ) {
    assertFails(`x\r\n${line}\r\n\r\n`, "400: header line");
  }
});

Deno.test("HeadReader rejects fields that must not repeat", () => {
  for (
    const name of [
      "Host",
      "Origin",
      "Content-Length",
      "Sec-WebSocket-Key",
      "Sec-WebSocket-Version",
    ]
  ) {
    const twice = `x\r\n${name}: a\r\n${name.toLowerCase()}: a\r\n\r\n`;
    assertFails(twice, `400: header ${name.toLowerCase()} twice`);
  }
});

Deno.test("HeadReader lets a response name versions in several fields (RFC 6455 section 4.4)", () => {
  const fail = (_status: number, problem: string) => new RangeError(problem);
  const reader = () => new HeadReader(200, fail, "response");
  const line = (name: string) => `${name}: 13\r\n`;
  const twice = (name: string) => latin1(`x\r\n${line(name).repeat(2)}\r\n`);
  const head = reader().push(twice("Sec-WebSocket-Version"));
  assertEquals(head?.headers.get("sec-websocket-version"), "13, 13");
  for (const name of ["Content-Length", "Sec-WebSocket-Accept"]) {
    assertThrows(() => reader().push(twice(name)), RangeError, "twice");
  }
});

Deno.test("HeadReader accepts a head up to its limit", () => {
  const head = (length: number) => `x\r\na: ${"y".repeat(length - 10)}\r\n\r\n`;
  assertEquals(head(200).length, 200);
  assertEquals(read(head(200) + "more", false)?.rest, latin1("more"));
  assertFails(head(201), "431: head of over 200 bytes, wanted no more");
});

Deno.test("listHas() finds whole words regardless of case", () => {
  assertEquals(listHas("keep-alive, Upgrade", "upgrade"), true);
  assertEquals(listHas("upgrade", "upgrade"), true);
  assertEquals(listHas("not-upgrade,upgraded", "upgrade"), false);
  assertEquals(listHas(null, "upgrade"), false);
});

Deno.test("writeHead() writes Latin-1", () => {
  assertEquals(
    writeHead("x", [["a", "\xe9\t1"], ["b", ""]]),
    latin1("x\r\na: \xe9\t1\r\nb: \r\n\r\n"),
  );
});

Deno.test("writeHead() rejects input that would end a line", () => {
  for (const bad of ["a\r\nb: c", "a\nb", "a\rb", "a\0b", "a\x7f", "\u010a"]) {
    assertThrows(() => writeHead(bad, []), TypeError, "Cannot write HTTP head");
    assertThrows(() => writeHead("x", [["a", bad]]), TypeError);
    assertThrows(() => writeHead("x", [[bad, "a"]]), TypeError);
  }
  for (const name of ["", "a b", "a:", "é"]) {
    assertThrows(() => writeHead("x", [[name, "a"]]), TypeError);
  }
});

/** A response as text. */
async function written(
  response: Response,
  options?: Parameters<typeof writeResponse>[1],
): Promise<string> {
  const bytes = await writeResponse(response, options);
  return String.fromCharCode(...bytes);
}

Deno.test("writeResponse() writes status, fields and body, and closes", async () => {
  const headers = new Headers({
    "x-why": "because",
    "connection": "keep-alive",
    "transfer-encoding": "chunked",
    "content-length": "7",
  });
  headers.append("set-cookie", "a=1");
  headers.append("set-cookie", "b=2");
  const response = () =>
    new Response("no\n", { status: 403, statusText: "Forbidden", headers });
  const head = "HTTP/1.1 403 Forbidden\r\n" +
    "content-type: text/plain;charset=UTF-8\r\n" +
    "set-cookie: a=1\r\nset-cookie: b=2\r\nx-why: because\r\n" +
    "content-length: 3\r\nconnection: close\r\n\r\n";
  assertEquals(await written(response()), head + "no\n");
  assertEquals(await written(response(), { head: true }), head);
});

Deno.test("writeResponse() writes responses without a body", async () => {
  assertEquals(
    await written(new Response(null, { status: 404 })),
    "HTTP/1.1 404 \r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
  );
  assertEquals(
    await written(new Response(null, { status: 204 })),
    "HTTP/1.1 204 \r\nconnection: close\r\n\r\n",
  );
});

Deno.test("writeResponse() names Upgrade in Connection", async () => {
  assertEquals(
    await written(
      new Response(null, { status: 426, headers: { upgrade: "websocket" } }),
    ),
    "HTTP/1.1 426 \r\nupgrade: websocket\r\ncontent-length: 0\r\n" +
      "connection: close, upgrade\r\n\r\n",
  );
});

Deno.test("writeResponse() limits the body and cancels the rest", async () => {
  await writeResponse(new Response("12345"), { maxBody: 5 });
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(3)),
    cancel: () => void (cancelled = true),
  });
  await assertRejects(
    () => writeResponse(new Response(endless), { maxBody: 5 }),
    RangeError,
    "body of over 5 bytes",
  );
  assertEquals(cancelled, true);
});

Deno.test("writeResponse() rejects an error response", async () => {
  await assertRejects(
    () => writeResponse(Response.error()),
    TypeError,
    "status 0, wanted",
  );
});
