import { assertEquals, assertThrows } from "@std/assert";
import {
  addressMatcher,
  ipAddressOf,
  isLoopback,
  parseIpAddress,
} from "./ip_addresses.ts";

Deno.test("parseIpAddress() reads every form of an address", () => {
  const cases: [text: string, bytes: number[] | undefined][] = [
    ["127.0.0.1", [127, 0, 0, 1]],
    ["::ffff:10.1.2.3", [10, 1, 2, 3]],
    ["::", Array(16).fill(0)],
    ["::1", [...Array(15).fill(0), 1]],
    ["fd00::", [0xfd, ...Array(15).fill(0)]],
    ["2001:DB8::a:b", [0x20, 1, 13, 0xb8, ...Array(8).fill(0), 0, 10, 0, 11]],
    ["1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
  ];
  for (const [text, bytes] of cases) {
    assertEquals(parseIpAddress(text), bytes && Uint8Array.from(bytes), text);
  }
  for (
    const text of [
      "",
      "1.2.3",
      "1.2.3.256",
      "0x7f.0.0.1",
      "2130706433",
      "010.0.0.1",
      "10.0.0.00",
      "::1%lo",
    ]
      .concat(":", ":::", "1::2::3", "localhost", "[::1]", "::1]/[::2")
  ) {
    assertEquals(parseIpAddress(text), undefined, text);
  }
});

Deno.test("ipAddressOf() finds the IP address of a socket", () => {
  assertEquals(ipAddressOf("tcp://10.0.0.1:80"), Uint8Array.of(10, 0, 0, 1));
  assertEquals(ipAddressOf("tls://[::ffff:1.2.3.4]:80")?.length, 4);
  for (const address of [undefined, "", "unix:/x", "tcp://localhost:1"]) {
    assertEquals(ipAddressOf(address), undefined);
  }
});

Deno.test("isLoopback() knows the loopback networks", () => {
  for (
    const [text, expected] of [
      ["127.0.0.1", true],
      ["127.9.9.9", true],
      ["::1", true],
      ["::ffff:127.0.0.1", true],
      ["128.0.0.1", false],
      ["0.0.0.0", false],
      ["::", false],
      ["::2", false],
    ] as const
  ) {
    assertEquals(isLoopback(parseIpAddress(text)!), expected, text);
  }
});

Deno.test("addressMatcher() finds addresses, ranges and Unix sockets", () => {
  const isTrusted = addressMatcher([
    "192.0.2.1",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "fd00::/9",
    "::1",
    "unix",
  ]);
  for (
    const [address, expected] of [
      ["tcp://192.0.2.1:1", true],
      ["tcp://192.0.2.2:1", false],
      ["tcp://10.255.0.1:1", true],
      ["tcp://11.0.0.1:1", false],
      ["tcp://172.31.0.1:1", true],
      ["tcp://172.32.0.1:1", false],
      ["tcp://[::ffff:10.0.0.1]:1", true],
      ["tcp://[fd7f::1]:1", true],
      ["tcp://[fd80::1]:1", false],
      ["tls://[::1]:1", true],
      ["tcp://[::]:1", false],
      ["unix:", true],
      ["tcp://localhost:1", false],
      [undefined, false],
    ] as const
  ) {
    assertEquals(isTrusted(address), expected, address);
  }
  assertEquals(addressMatcher([])("tcp://10.0.0.1:1"), false);
  assertEquals(addressMatcher([])("unix:"), false);
  assertEquals(addressMatcher(["0.0.0.0/0"])("tcp://9.9.9.9:1"), true);
  assertEquals(addressMatcher(["0.0.0.0/0"])("tcp://[2001::1]:1"), false);
  for (
    const item of ["", "localhost", "10.0.0.0/33", "10.0.0/8", "::/129", "*"]
      .concat("10.0.0.0/", "10.0.0.0/x", "10.0.0.0/8/8", "/8")
  ) {
    assertThrows(() => addressMatcher([item]), TypeError, "wanted an IP");
  }
});
