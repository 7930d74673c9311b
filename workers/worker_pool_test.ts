import { assertEquals } from "@std/assert";
import { portOf } from "./_worker_pool.ts";

Deno.test("the port of an address is not a part of its host", () => {
  const ports = {
    "tcp://127.0.0.1:1234": 1234,
    "tls://[::1]:1234": 1234,
    "tcp://[2001:db8::443:1]:80": 80,
    "ws://localhost:8080/path:1": 8080,
    "ws://[::1]/": undefined,
    "unix:/tmp/socket": undefined,
  };
  for (const [address, port] of Object.entries(ports)) {
    assertEquals(portOf(address), port, address);
  }
});
