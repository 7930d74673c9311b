import { assertEquals } from "@std/assert";
import { netAddress, unixAddress } from "./address.ts";

Deno.test("netAddress() writes every form of an IP address in the same way", () => {
  const cases: [hostname: string, host: string][] = [
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "[::1]"],
    ["0:0:0:0:0:0:0:1", "[::1]"],
    ["2001:DB8:0:0:1:0:0:0A", "[2001:db8::1:0:0:a]"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:201", "192.0.2.1"],
    ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
    // IPv4 in IPv6 forms that sockets do not speak IPv4 by.
    ["::192.0.2.1", "[::c000:201]"],
    ["64:ff9b::192.0.2.1", "[64:ff9b::c000:201]"],
    // What is no address stays as it is.
    ["localhost", "localhost"],
    ["fe80::1%eth0", "[fe80::1%eth0]"],
  ];
  for (const [hostname, host] of cases) {
    assertEquals(netAddress("tcp", { hostname, port: 80 }), `tcp://${host}:80`);
    assertEquals(netAddress("tls", { hostname }), `tls://${host}`);
  }
});

Deno.test("unixAddress() escapes what has a meaning in a URL", () => {
  assertEquals(unixAddress("/tmp/a b?#%"), "unix:/tmp/a%20b%3F%23%25");
});
