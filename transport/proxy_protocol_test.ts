import {
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertRejects,
} from "@std/assert";
import { concat } from "@std/bytes";
import { type ProxyHeader, readProxyHeader } from "./proxy_protocol.ts";

/** Reads a header from bytes that arrive in pieces; returns it and the rest. */
async function read(
  input: string | Uint8Array<ArrayBuffer>,
  piece: number,
): Promise<[ProxyHeader, rest: string]> {
  let left = typeof input === "string"
    ? new TextEncoder().encode(input)
    : input;
  const header = await readProxyHeader({
    read: (into = new Uint8Array(0)) => {
      const length = Math.min(piece, into.length, left.length);
      if (length === 0) return Promise.resolve(null);
      into.set(left.subarray(0, length));
      left = left.subarray(length);
      return Promise.resolve(into.subarray(0, length));
    },
  });
  return [header, new TextDecoder().decode(left)];
}

/** A header of version 2. */
function binary(
  command: number,
  family: number,
  body: readonly number[],
  length = body.length,
): Uint8Array<ArrayBuffer> {
  return concat([
    new TextEncoder().encode("\r\n\r\n\0\r\nQUIT\n"),
    Uint8Array.of(command, family, length >> 8, length & 255, ...body),
  ]);
}

const IPV4 = [192, 0, 2, 1, 10, 0, 0, 1, 0xea, 0x60, 0x1f, 0x90];
const IPV6 = [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1]
  .concat(Array(15).fill(0), 1, 0, 80, 1, 0);

const MAPPED = [...Array(10).fill(0), 0xff, 0xff, 192, 0, 2, 1];

/** A client whose address the proxy does not name: it is not the proxy itself. */
const HIDDEN: ProxyHeader = { remote: undefined, secure: false };

Deno.test("readProxyHeader() reads both versions, and nothing after them", async () => {
  const cases: [string | Uint8Array<ArrayBuffer>, ProxyHeader][] = [
    ["PROXY TCP4 192.0.2.1 10.0.0.1 60000 8080\r\n", {
      remote: "tcp://192.0.2.1:60000",
      local: "tcp://10.0.0.1:8080",
      secure: false,
    }],
    ["PROXY TCP6 2001:db8::1 ::1 80 256\r\n", {
      remote: "tcp://[2001:db8::1]:80",
      local: "tcp://[::1]:256",
      secure: false,
    }],
    ["PROXY TCP6 :: :: 0 0\r\n", {
      remote: "tcp://[::]:0",
      local: "tcp://[::]:0",
      secure: false,
    }],
    // In the form that sockets report.
    ["PROXY TCP6 ::FFFF:192.0.2.1 2001:DB8:0:0:0:0:0:1 80 256\r\n", {
      remote: "tcp://192.0.2.1:80",
      local: "tcp://[2001:db8::1]:256",
      secure: false,
    }],
    [binary(0x21, 0x21, [...MAPPED, ...IPV6.slice(16)]), {
      remote: "tcp://192.0.2.1:80",
      local: "tcp://[::1]:256",
      secure: false,
    }],
    ["PROXY UNKNOWN\r\n", HIDDEN],
    ["PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", HIDDEN],
    [binary(0x21, 0x11, IPV4), {
      remote: "tcp://192.0.2.1:60000",
      local: "tcp://10.0.0.1:8080",
      secure: false,
    }],
    [binary(0x21, 0x21, IPV6), {
      remote: "tcp://[2001:db8::1]:80",
      local: "tcp://[::1]:256",
      secure: false,
    }],
    // A field without a meaning here, then one that tells of TLS.
    [binary(0x21, 0x11, [...IPV4, 4, 0, 1, 0, 0x20, 0, 5, 1, 0, 0, 0, 0]), {
      remote: "tcp://192.0.2.1:60000",
      local: "tcp://10.0.0.1:8080",
      secure: true,
    }],
    [binary(0x21, 0x11, [...IPV4, 0x20, 0, 5, 0, 0, 0, 0, 0]), {
      remote: "tcp://192.0.2.1:60000",
      local: "tcp://10.0.0.1:8080",
      secure: false,
    }],
    [binary(0x21, 0x11, [...IPV4, 0x20, 0]), {
      remote: "tcp://192.0.2.1:60000",
      local: "tcp://10.0.0.1:8080",
      secure: false,
    }],
    // Fields that are cut off, or empty with another one after it.
    [binary(0x21, 0x11, [...IPV4, 0x20, 0, 5, 1]), {
      remote: "tcp://192.0.2.1:60000",
      local: "tcp://10.0.0.1:8080",
      secure: false,
    }],
    [binary(0x21, 0x11, [...IPV4, 0x20, 0xff, 0xff, 1, 0]), {
      remote: "tcp://192.0.2.1:60000",
      local: "tcp://10.0.0.1:8080",
      secure: false,
    }],
    [binary(0x21, 0x11, [...IPV4, 0x20, 0, 0, 1]), {
      remote: "tcp://192.0.2.1:60000",
      local: "tcp://10.0.0.1:8080",
      secure: false,
    }],
    [binary(0x20, 0x00, []), {}],
    [binary(0x20, 0x11, IPV4), {}],
    [binary(0x21, 0x31, Array(216).fill(0)), HIDDEN],
    [binary(0x21, 0x00, []), HIDDEN],
    [binary(0x21, 0x00, IPV4), HIDDEN],
  ];
  for (const [header, expected] of cases) {
    const bytes = typeof header === "string"
      ? new TextEncoder().encode(header)
      : header;
    for (const piece of [1, 3, 1000]) {
      const all = concat([bytes, new TextEncoder().encode("01 and more")]);
      assertEquals(await read(all, piece), [expected, "01 and more"]);
    }
  }
});

Deno.test("readProxyHeader() rejects everything else", async () => {
  for (
    const input of [
      "01r0001004echo00000002hi",
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "PROXY TCP4 192.0.2.1 10.0.0.1 60000\r\n",
      "PROXY TCP4 ::1 ::1 60000 80\r\n",
      "PROXY TCP6 1.2.3.4 1.2.3.4 60000 80\r\n",
      "PROXY TCP4 192.0.2.256 10.0.0.1 60000 80\r\n",
      "PROXY TCP4 192.0.2.1 10.0.0.1 60000 65536\r\n",
      "PROXY TCP4 192.0.2.01 10.0.0.1 60000 80\r\n",
      "PROXY TCP4 192.0.2.1 10.0.0.1 60000 080\r\n",
      "PROXY TCP4 localhost 10.0.0.1 60000 80\r\n",
      "PROXY  TCP4 192.0.2.1 10.0.0.1 60000 80\r\n",
      "PROXY UNKNOWNx\r\n",
      "proxy TCP4 192.0.2.1 10.0.0.1 60000 80\r\n",
      `PROXY UNKNOWN ${"x".repeat(200)}\r\n`,
      binary(0x11, 0x11, IPV4),
      binary(0x22, 0x11, IPV4),
      binary(0x21, 0x11, IPV4.slice(1)),
      binary(0x21, 0x11, [], 5_000),
    ]
  ) {
    for (const piece of [1, 1000]) {
      await assertRejects(
        () => read(input, piece),
        Error,
        "wanted one of version 1 or 2",
      );
    }
  }
});

Deno.test("readProxyHeader() rejects a header that ends early", async () => {
  const line = "PROXY TCP4 192.0.2.1 10.0.0.1 60000 8080\r\n";
  const whole = [new TextEncoder().encode(line), binary(0x21, 0x11, IPV4)];
  for (const bytes of whole) {
    for (let length = 0; length < bytes.length; length++) {
      await assertRejects(
        () => read(bytes.slice(0, length), 1000),
        Error,
        "the connection ended inside it",
      );
    }
  }
});

Deno.test("the error about a header contains nothing unprintable", async () => {
  const text = `\x1b]0;a\x07\x7f\x9b31m\u00ad${"x".repeat(100)}`;
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  for (const input of [bytes, binary(0x9b, 0x11, [...bytes])]) {
    const error: Error = await read(input, 1000).catch((error) => error);
    assertMatch(error.message, /^Cannot read the PROXY header: got /);
    assertNotMatch(error.message, /[\p{C}]/u);
  }
});

Deno.test("readProxyHeader() accepts chunks in memory of the channel, and none that are longer than what it reads", async () => {
  const line = new TextEncoder().encode(
    "PROXY TCP4 192.0.2.1 10.0.0.1 60000 8080\r\n",
  );
  let at = 0;
  // Each read has its own memory.
  const header = await readProxyHeader({
    read: () => Promise.resolve(line.slice(at, ++at)),
  });
  assertEquals(header.remote, "tcp://192.0.2.1:60000");
  assertEquals(at, line.length);
  // What follows the header would be lost.
  await assertRejects(
    () => readProxyHeader({ read: () => Promise.resolve(line) }),
    Error,
    "the channel reads more than it should",
  );
});
