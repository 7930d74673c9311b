/**
 * The header of the PROXY protocol, versions 1 and 2, by which a proxy that
 * passes bytes on names the client: before the first byte of the client.
 * Internal to the package.
 *
 * @module
 */

import { excerpt } from "../quoting/quote.ts";
import { netAddress } from "./address.ts";
import type { Channel, ChannelInfo } from "./channel.ts";
import { type AddressMatcher, parseIpAddress } from "./ip_addresses.ts";

/**
 * What a header says of the client; nothing if the proxy speaks for itself. Of a
 * client that the proxy does not name, `remote` is present and `undefined`: the
 * address of the proxy would make what the client sends look like the proxy's.
 */
export type ProxyHeader = Partial<
  Pick<ChannelInfo, "remote" | "local" | "secure">
>;

/** A client without an address. */
const UNNAMED: ProxyHeader = { remote: undefined, secure: false };

/** The part of a channel that is read from. */
type Source = Pick<Channel, "read">;

/** The longest line of version 1, and the longest header of version 2. */
const MAX_LINE = 107, MAX_BINARY = 4_096;

/** How version 2 begins. */
const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

/** The type of a field of version 2 that tells of TLS. */
const TYPE_TLS = 0x20;

/**
 * Returns what a trusted proxy says of the client of a channel that nothing has
 * been read from; nothing if another host has connected.
 *
 * @throws {Error} If the header of the proxy is malformed or cut off.
 */
export async function throughProxy(
  channel: Channel,
  isTrusted: AddressMatcher,
): Promise<ProxyHeader> {
  const { transport, remote } = channel.info;
  return isTrusted(transport === "unix" ? "unix:" : remote)
    ? await readProxyHeader(channel)
    : {};
}

/**
 * Reads a header, and nothing after it.
 *
 * @throws {Error} If it is malformed or cut off.
 */
export async function readProxyHeader(source: Source): Promise<ProxyHeader> {
  const start = await readExactly(source, SIGNATURE.length);
  return latin1(start) === SIGNATURE
    ? await readBinary(source)
    : await readLine(source, latin1(start));
}

async function readLine(source: Source, line: string): Promise<ProxyHeader> {
  while (!line.endsWith("\r\n")) {
    if (!"PROXY ".startsWith(line.slice(0, 6)) || line.length >= MAX_LINE) {
      throw malformed(line);
    }
    // The shortest line that can begin like this one.
    const shortest = line.startsWith("PROXY TCP") ? 22 : 15;
    const missing = line.endsWith("\r") ? 1 : 2;
    const length = Math.min(
      Math.max(shortest - line.length, missing),
      MAX_LINE - line.length,
    );
    line += latin1(await readExactly(source, length));
  }
  if (/^PROXY UNKNOWN(?: .*)?\r\n$/.test(line)) return UNNAMED;
  const [, version, from = "", to = "", fromPort, toPort] =
    /^PROXY TCP([46]) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})\r\n$/
      .exec(line) ?? [];
  const isAddress = (text: string) =>
    parseIpAddress(text) !== undefined &&
    text.includes(":") === (version === "6");
  if (
    !isAddress(from) || !isAddress(to) ||
    Math.max(Number(fromPort), Number(toPort)) > 0xffff
  ) {
    throw malformed(line);
  }
  return {
    remote: netAddress("tcp", { hostname: from, port: Number(fromPort) }),
    local: netAddress("tcp", { hostname: to, port: Number(toPort) }),
    // Also over a Unix socket, which is: nothing is known of the way there.
    secure: false,
  };
}

async function readBinary(source: Source): Promise<ProxyHeader> {
  const [command = 0, family = 0, high = 0, low = 0] = await readExactly(
    source,
    4,
  );
  const length = high * 256 + low;
  if ((command !== 0x20 && command !== 0x21) || length > MAX_BINARY) {
    throw malformed(SIGNATURE + latin1([command, family, high, low]));
  }
  const rest = await readExactly(source, length);
  const size = ADDRESS_SIZES.get(family >> 4);
  // The proxy itself, such as a health check.
  if (command === 0x20) return {};
  // None, or one that is not of IP.
  if (size === undefined) return UNNAMED;
  const fields = 2 * size + 4;
  if (rest.length < fields) throw malformed(SIGNATURE + latin1(rest));
  const view = new DataView(rest.buffer, rest.byteOffset);
  const address = (at: number, port: number) =>
    netAddress("tcp", {
      hostname: ipText(rest.subarray(at, at + size)),
      port: view.getUint16(port),
    });
  return {
    remote: address(0, 2 * size),
    local: address(size, 2 * size + 2),
    secure: false,
    ...clientTls(rest.subarray(fields)),
  };
}

/** The bytes of an address, by its family. */
const ADDRESS_SIZES: ReadonlyMap<number, number> = new Map([[1, 4], [2, 16]]);

/** Returns whether the client uses TLS, if the proxy says so. */
function clientTls(fields: Uint8Array): { readonly secure?: boolean } {
  for (let at = 0; at + 3 <= fields.length;) {
    const [type = 0, high = 0, low = 0, flags = 0] = fields.subarray(
      at,
      at + 4,
    );
    const length = high * 256 + low;
    // A field that is cut off says nothing.
    if (at + 3 + length > fields.length) return {};
    if (type === TYPE_TLS && length > 0) return { secure: (flags & 1) === 1 };
    at += 3 + length;
  }
  return {};
}

function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from(
    { length: 8 },
    (_, at) => (bytes[2 * at]! * 256 + bytes[2 * at + 1]!).toString(16),
  );
  return groups.join(":");
}

/** Reads a number of bytes, and none after them. */
async function readExactly(
  source: Source,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const space = bytes.subarray(at);
    const chunk = await source.read(space);
    if (chunk === null) {
      throw new Error(
        "Cannot read the PROXY header: the connection ended inside it",
      );
    }
    if (chunk.length > space.length) {
      throw new Error(
        "Cannot read the PROXY header: the channel reads more than it should",
      );
    }
    if (chunk.buffer !== bytes.buffer) space.set(chunk);
    at += chunk.length;
  }
  return bytes;
}

function latin1(bytes: Iterable<number>): string {
  return String.fromCharCode(...bytes);
}

function malformed(seen: string): Error {
  return new Error(
    `Cannot read the PROXY header: got ${
      excerpt(seen.slice(0, 40))
    }, wanted one of version 1 or 2`,
  );
}
