import { assertEquals } from "@std/assert";
import { isOriginAccepted, type OriginPolicy } from "./_origin.ts";

const server = "http://example.com:8080/gotalk";
const secure = "https://example.com/gotalk";
const list = ["https://a.example", "chrome-extension://abc"];

const CASES: [
  policy: OriginPolicy | undefined,
  url: string,
  origin: string | undefined,
  accepted: boolean,
][] = [
  [undefined, server, undefined, true],
  [undefined, server, "http://example.com:8080", true],
  [undefined, server, "https://example.com:8080", true],
  [undefined, server, "http://example.com", false],
  [undefined, server, "http://example.com:8081", false],
  [undefined, server, "http://example.com.evil.example:8080", false],
  [undefined, server, "ftp://example.com:8080", false],
  [undefined, server, "file://", false],
  [undefined, server, "null", false],
  [undefined, server, "", false],
  [undefined, server, "*", false],
  [undefined, server, "example.com:8080", false],
  ["same", secure, "https://example.com", true],
  ["same", secure, "https://EXAMPLE.com:443", true],
  // Anybody who can modify plain HTTP traffic could open it.
  ["same", secure, "http://example.com", false],
  // What a server behind a proxy sees that speaks TLS for it.
  ["same", "http://example.com/", "https://example.com", true],
  // A proxy may name the default port of the page, or of its own connection.
  ["same", "http://example.com:443/", "https://example.com", true],
  ["same", "http://example.com:80/", "https://example.com", true],
  ["same", "https://example.com:443/", "https://example.com", true],
  ["same", "http://example.com:443/", "http://example.com", false],
  ["same", "http://example.com:443/", "https://example.com:8443", false],
  ["same", "http://example.com:8443/", "https://example.com", false],
  // A Unix socket: hosts and ports are as they were sent.
  ["same", "http+unix://Example.com/", "http://example.com", true],
  ["same", "http+unix://example.com:80/", "http://example.com", true],
  ["same", "http+unix://example.com:443/", "https://example.com", true],
  ["same", "http+unix://example.com:8080/", "http://example.com:8080", true],
  ["same", "http+unix://example.com/", "http://example.com:8080", false],
  ["same", "http+unix://other.example/", "http://example.com", false],
  ["*", server, undefined, true],
  ["*", server, "https://anywhere.example", true],
  ["*", server, "null", false],
  ["*", server, "", false],
  [list, server, undefined, true],
  [list, server, "https://a.example", true],
  [list, server, "chrome-extension://abc", true],
  [list, server, "http://a.example", false],
  [list, server, "https://a.example:444", false],
  [list, server, "http://example.com:8080", false],
  [["null"], server, "null", false],
  [[], server, undefined, true],
  [(origin) => origin === "null", server, "null", true],
  [(origin) => origin === "null", server, "http://example.com:8080", false],
  [() => false, server, undefined, true],
  [(_, { url }) => url === server, server, "https://a.example", true],
];

Deno.test("the policy decides which origins are accepted (websocket/origin-checked)", () => {
  for (const [policy, url, origin, accepted] of CASES) {
    const request = new Request(url, {
      headers: origin === undefined ? {} : { origin },
    });
    assertEquals(
      isOriginAccepted(request, policy),
      accepted,
      `${policy ?? "default"}: ${origin} at ${url}`,
    );
  }
});
