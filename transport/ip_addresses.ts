/**
 * IP addresses, and lists of the ones that are trusted.
 * Internal to the package.
 *
 * @module
 */

import { describeValue } from "../quoting/value.ts";

/**
 * Returns the bytes of an IP address, 4 or 16; `undefined` if the text is none.
 * An IPv4 address in IPv6 form has 4.
 */
export function parseIpAddress(text: string): Uint8Array | undefined {
  const four = parseIpv4(text);
  if (four !== undefined || !/^(?=.*:)[\da-f:.]+$/i.test(text)) return four;
  // The URL parser knows all forms, and returns one of them.
  const host = URL.parse(`http://[${text}]/`)?.hostname;
  if (host === undefined) return undefined;
  const [before = "", after] = host.slice(1, -1).split("::");
  const left = groups(before), right = groups(after ?? "");
  const all = [
    ...left,
    ...Array<number>(8 - left.length - right.length).fill(0),
    ...right,
  ];
  const bytes = Uint8Array.from(all.flatMap((group) => [group >> 8, group]));
  const isMapped = all.slice(0, 6).every((group, at) =>
    group === (at < 5 ? 0 : 0xffff)
  );
  return isMapped ? bytes.subarray(12) : bytes;
}

/** Four decimal numbers; with a zero in front, some programs would read octal ones. */
const IPV4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;

function parseIpv4(text: string): Uint8Array | undefined {
  if (!IPV4.test(text)) return undefined;
  const numbers = text.split(".").map(Number);
  return numbers.every((number) => number < 256)
    ? Uint8Array.from(numbers)
    : undefined;
}

/**
 * Returns the one form of an IP address that all its forms have in common;
 * `undefined` if the text is none. It is that of IPv4 for an IPv4 address in
 * IPv6 form.
 */
export function ipAddressText(text: string): string | undefined {
  const bytes = parseIpAddress(text);
  if (bytes === undefined) return undefined;
  return bytes.length === 4
    ? bytes.join(".")
    : new URL(`http://[${text}]`).hostname.slice(1, -1);
}

function groups(text: string): number[] {
  return text === ""
    ? []
    : text.split(":").map((group) => Number.parseInt(group, 16));
}

/**
 * Returns the bytes of the IP address in the address of a socket, such as
 * `tcp://[::1]:80`.
 */
export function ipAddressOf(
  address: string | undefined,
): Uint8Array | undefined {
  const host = address === undefined ? undefined : URL.parse(address)?.hostname;
  return host && parseIpAddress(host.replace(/^\[|\]$/g, "")) || undefined;
}

/** Whether bytes are an address of this machine's loopback network. */
export function isLoopback(address: Uint8Array): boolean {
  return address.length === 4
    ? address[0] === 127
    : address.every((byte, at) => byte === (at === 15 ? 1 : 0));
}

/** Whether the address of a socket is in a list. */
export type AddressMatcher = (address: string | undefined) => boolean;

/**
 * Returns a function that finds addresses of sockets in a list of IP addresses
 * and ranges.
 *
 * @param list Addresses such as `"10.0.0.1"`, ranges such as `"10.0.0.0/8"` and
 * `"fd00::/8"`, and `"unix"` for Unix sockets.
 * @throws {TypeError} If an item is none of these.
 */
export function addressMatcher(list: readonly string[]): AddressMatcher {
  if (!Array.isArray(list)) throw untrusted("trustedProxies", list);
  const hasUnix = list.includes("unix");
  const ranges = list.flatMap((item, at) =>
    item === "unix" ? [] : [parseRange(item, at)]
  );
  return (address) => {
    if (address?.startsWith("unix:")) return hasUnix;
    const bytes = ipAddressOf(address);
    return bytes !== undefined &&
      ranges.some((range) => isInRange(bytes, range));
  };
}

/** The addresses that share their first bits with another one. */
interface AddressRange {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

function parseRange(text: unknown, at: number): AddressRange {
  const [, address = "", digits] =
    /^([^/]*)(?:\/(\d{1,3}))?$/.exec(String(text)) ?? [];
  const bytes = parseIpAddress(address);
  const bits = Number(digits ?? (bytes ?? "").length * 8);
  if (bytes !== undefined && bits <= bytes.length * 8) return { bytes, bits };
  throw untrusted(`trustedProxies[${at}]`, text);
}

function untrusted(name: string, value: unknown): TypeError {
  return new TypeError(
    `Cannot set ${name}: got ${describeValue(value)}, wanted ${
      name.endsWith("]") ? "" : "a list, each item "
    }an IP address, a range such as "10.0.0.0/8", or "unix"`,
  );
}

function isInRange(
  address: Uint8Array,
  { bytes, bits }: AddressRange,
): boolean {
  if (address.length !== bytes.length) return false;
  return address.every((byte, at) => {
    const unused = Math.min(8, Math.max(0, 8 * (at + 1) - bits));
    return (byte ^ bytes[at]!) >> unused === 0;
  });
}
