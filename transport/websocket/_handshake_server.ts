/**
 * The server side of the opening handshake (RFC 6455 section 4.2).
 *
 * @module
 */

import { excerpt } from "../../quoting/quote.ts";
import { acceptKey, areProtocols, extraFields, isKey } from "./_handshake.ts";
import {
  type Head,
  HeadReader,
  isToken,
  listHas,
  MAX_HEAD,
  splitList,
  writeHead,
} from "./_http.ts";
import { type Refusal, refuse } from "./_refusal.ts";

/** A malformed request, with the status of the response. */
export class UpgradeRequestError extends Error {
  /** `"UpgradeRequestError"`. */
  override readonly name = "UpgradeRequestError";
  /** The status of the response. */
  readonly status: 400 | 431 | 501 | 505;

  /** An error with the status of the response. */
  constructor(status: 400 | 431 | 501 | 505, problem: string) {
    super(`Cannot read the upgrade request: ${problem}`);
    this.status = status;
  }

  /** Returns the response, for `writeResponse`. */
  toResponse(): Refusal {
    return refuse(this.status, this.message, { reason: this });
  }
}

/** Options of a {@linkcode RequestReader}. */
export interface RequestReaderOptions {
  /** Whether the connection is encrypted and URLs are `https:`. */
  readonly secure?: boolean;
  /** The largest head in bytes; 16 KiB by default. */
  readonly maxHead?: number | undefined;
}

/** A request, and the bytes after it. */
export interface ReadRequest {
  /** Method, URL and headers; never a body. */
  readonly request: Request;
  /** The bytes after the request: a view of the last chunk. */
  readonly rest: Uint8Array;
}

/**
 * Reads one request from chunks that are cut anywhere.
 *
 * It accepts any request without a body; {@linkcode checkUpgrade} checks whether
 * it is one to upgrade. The reader cannot be used after `push` returned a
 * request or threw.
 */
export class RequestReader {
  readonly #head: HeadReader;
  readonly #scheme: "http" | "https";

  /** A reader for one connection. */
  constructor(options: RequestReaderOptions = {}) {
    this.#scheme = options.secure ? "https" : "http";
    this.#head = new HeadReader(
      options.maxHead ?? MAX_HEAD,
      (status, problem) => new UpgradeRequestError(status, problem),
    );
  }

  /**
   * Takes the next bytes; returns the request once its head is complete.
   *
   * @throws {UpgradeRequestError} If it is not valid HTTP/1.1, or not supported.
   */
  push(chunk: Uint8Array): ReadRequest | undefined {
    const head = this.#head.push(chunk);
    return head && { request: toRequest(head, this.#scheme), rest: head.rest };
  }
}

function toRequest({ startLine, headers }: Head, scheme: string): Request {
  const [, method, target, version] =
    /^([^ ]+) ([\x21-\x7e]+) (HTTP\/\d\.\d)$/.exec(startLine) ?? [];
  if (method === undefined || target === undefined || !isToken(method)) {
    throw new UpgradeRequestError(
      400,
      `first line ${excerpt(startLine)}, wanted "GET /path HTTP/1.1"`,
    );
  }
  if (version !== "HTTP/1.1") {
    throw new UpgradeRequestError(505, `${version}, wanted HTTP/1.1`);
  }
  // A body has no use here, and where it ends is a matter of interpretation.
  const length = headers.get("content-length");
  if (headers.has("transfer-encoding") || (length !== null && length !== "0")) {
    throw new UpgradeRequestError(400, "request with a body, wanted none");
  }
  const url = toUrl(target, headers.get("host") ?? "", scheme);
  // Where they differ, the target is right (RFC 9112 section 3.2.2).
  if (!target.startsWith("/")) headers.set("host", url.host);
  try {
    const request = new Request(url, { method, headers });
    // Methods are case-sensitive, but "get" becomes "GET" there.
    if (request.method === method) return request;
  } catch {
    // A Request does not accept CONNECT, TRACE and TRACK.
  }
  throw new UpgradeRequestError(501, `method ${excerpt(method)}, wanted GET`);
}

/** Returns the URL of a request, from its target and its Host header. */
function toUrl(target: string, host: string, scheme: string): URL {
  if (!isHost(host)) {
    throw new UpgradeRequestError(
      400,
      `Host ${excerpt(host)}, wanted a name or address, and a port if any`,
    );
  }
  const [, ownScheme = scheme, ownHost = host, path] =
    /^(?:([a-z]+):\/\/([^/?#]*))?((?:\/|\?|$)[^#]*)$/i.exec(target) ?? [];
  if (
    path === undefined || target === "" || target.startsWith("?") ||
    ownScheme.toLowerCase() !== scheme || !isHost(ownHost)
  ) {
    throw new UpgradeRequestError(
      400,
      `target ${excerpt(target)}, wanted a path or a URL with ${scheme}:`,
    );
  }
  // Joined as text: a URL parser would take "//a/b" alone for a host.
  return new URL(`${scheme}://${ownHost}${path}`);
}

/** Whether a text is a name or address, and a port if any. */
export function isHost(text: string): boolean {
  return HOST.test(text) && URL.canParse(`http://${text}`);
}

const HOST = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d+)?$/i;

/** The offer of a request to upgrade. */
export interface UpgradeOffer {
  /** The key, for {@linkcode writeUpgradeResponse}. */
  readonly key: string;
  /** The offered subprotocols, in the client's order of preference. */
  readonly protocols: readonly string[];
}

/**
 * Checks a request to upgrade to WebSocket.
 *
 * The caller checks origin and path. Offered extensions are ignored, since none
 * is supported (websocket/extensions).
 *
 * @returns The offer of the request, or the response that refuses it: 400, 405,
 * or 426 with the supported version (websocket/refused).
 */
export function checkUpgrade(request: Request): UpgradeOffer | Refusal {
  const { headers, method } = request;
  // The runtime's server builds the URL from any Host.
  if (!URL.canParse(request.url)) {
    return refuse(
      400,
      `Host ${
        excerpt(headers.get("host") ?? "")
      }, wanted a name or address, and a port if any`,
    );
  }
  if (method !== "GET") {
    return refuse(405, `Method ${excerpt(method)}, wanted GET`, {
      headers: { "allow": "GET" },
    });
  }
  if (!listHas(headers.get("upgrade"), "websocket")) {
    return refuse(
      426,
      "No Upgrade header with websocket, wanted one",
      { headers: SUPPORTED },
    );
  }
  if (!listHas(headers.get("connection"), "upgrade")) {
    return refuse(400, "No Connection header with Upgrade, wanted one");
  }
  const version = headers.get("sec-websocket-version");
  if (version !== "13") {
    return refuse(
      426,
      `WebSocket version ${excerpt(version ?? "")}, wanted 13`,
      { headers: SUPPORTED },
    );
  }
  const key = headers.get("sec-websocket-key") ?? "";
  if (!isKey(key)) {
    return refuse(
      400,
      `Sec-WebSocket-Key ${excerpt(key)}, wanted 16 bytes in Base64`,
    );
  }
  const offered = headers.get("sec-websocket-protocol");
  const protocols = splitList(offered ?? "");
  if (
    offered !== null && (protocols.length === 0 || !areProtocols(protocols))
  ) {
    return refuse(
      400,
      `Sec-WebSocket-Protocol ${excerpt(offered)}, wanted tokens that differ`,
    );
  }
  return { key, protocols };
}

/** The header fields that state the supported protocol and version. */
const SUPPORTED = { "upgrade": "websocket", "sec-websocket-version": "13" };

/** Input of {@linkcode writeUpgradeResponse}. */
export interface UpgradeResponseInit {
  /** The key of the request. */
  readonly key: string;
  /** The selected subprotocol; none by default. */
  readonly protocol?: string;
  /** Further header fields, such as `Set-Cookie`. */
  readonly headers?: HeadersInit;
}

/**
 * Returns the bytes of the response that accepts the upgrade.
 *
 * @throws {TypeError} If the key is not 16 bytes in Base64, the subprotocol is
 * not a token, or a header is invalid or reserved for the handshake.
 */
export function writeUpgradeResponse(init: UpgradeResponseInit): Uint8Array {
  const { key, protocol = "", headers } = init;
  if (!isKey(key)) {
    throw new TypeError(
      `Cannot accept the WebSocket: key ${
        excerpt(key)
      }, wanted 16 bytes in Base64`,
    );
  }
  const fields: [string, string][] = [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", acceptKey(key)],
  ];
  if (protocol !== "") {
    if (!isToken(protocol)) {
      throw new TypeError(
        `Cannot accept the WebSocket: subprotocol ${
          excerpt(protocol)
        }, wanted a token`,
      );
    }
    fields.push(["Sec-WebSocket-Protocol", protocol]);
  }
  return writeHead("HTTP/1.1 101 Switching Protocols", [
    ...fields,
    ...extraFields(headers),
  ]);
}
