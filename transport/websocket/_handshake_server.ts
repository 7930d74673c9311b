/**
 * The server's side of WebSocket's opening handshake (RFC 6455 section 4.2).
 *
 * @module
 */

import { acceptKey, areProtocols, isKey, ownFields } from "./_handshake.ts";
import {
  excerpt,
  type Head,
  HeadReader,
  isToken,
  listHas,
  MAX_HEAD,
  splitList,
  writeHead,
} from "./_http.ts";

/** A request that cannot be read on, and the status to answer it with. */
export class RequestFault extends Error {
  /** `"RequestFault"`. */
  override readonly name = "RequestFault";
  /** The status to answer with. */
  readonly status: 400 | 431 | 501 | 505;

  /** A fault with the status to answer with. */
  constructor(status: 400 | 431 | 501 | 505, problem: string) {
    super(`Cannot read the upgrade request: ${problem}`);
    this.status = status;
  }

  /** The answer that says so, for `writeResponse`. */
  toResponse(): Response {
    return refuse(this.status, this.message);
  }
}

/** Options of a {@linkcode RequestReader}. */
export interface RequestReaderOptions {
  /** Whether the connection is encrypted, so that URLs are `https:`. */
  readonly secure?: boolean;
  /** The largest head in bytes; 8 KiB by default. */
  readonly maxHead?: number;
}

/** A request, and the bytes that came after it. */
export interface ReadRequest {
  /** Method, URL and headers; never a body. */
  readonly request: Request;
  /** What came after the request: a view of the last chunk. */
  readonly rest: Uint8Array;
}

/**
 * Reads a request from chunks cut anywhere, for a `fetch`-like handler to see.
 *
 * Any request is read, not only one to upgrade ({@linkcode checkUpgrade} tells),
 * but none with a body. For one request: to be dropped once `push` gave one or
 * threw.
 */
export class RequestReader {
  readonly #head: HeadReader;
  readonly #scheme: "http" | "https";

  /** A reader for one connection. */
  constructor(options: RequestReaderOptions = {}) {
    this.#scheme = options.secure ? "https" : "http";
    this.#head = new HeadReader(
      options.maxHead ?? MAX_HEAD,
      (status, problem) => new RequestFault(status, problem),
    );
  }

  /**
   * Takes the next bytes.
   *
   * @returns The request once its head is complete.
   * @throws {RequestFault} If it is not HTTP/1.1 as it should be.
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
    throw new RequestFault(
      400,
      `first line ${excerpt(startLine)}, wanted "GET /path HTTP/1.1"`,
    );
  }
  if (version !== "HTTP/1.1") {
    throw new RequestFault(505, `${version}, wanted HTTP/1.1`);
  }
  // With a body one would have to agree where it ends, and none is of use here.
  const length = headers.get("content-length");
  if (headers.has("transfer-encoding") || (length !== null && length !== "0")) {
    throw new RequestFault(400, "request with a body, wanted none");
  }
  const url = toUrl(target, headers.get("host") ?? "", scheme);
  try {
    const request = new Request(url, { method, headers });
    // Methods are case-sensitive, but "get" becomes "GET" there.
    if (request.method === method) return request;
  } catch {
    // CONNECT, TRACE and TRACK are no methods for a Request.
  }
  throw new RequestFault(501, `method ${excerpt(method)}, wanted GET`);
}

/** The URL of a request, from its target and its Host header. */
function toUrl(target: string, host: string, scheme: string): URL {
  const origin = `${scheme}://${host}`;
  if (!HOST.test(host) || !URL.canParse(origin)) {
    throw new RequestFault(
      400,
      `Host ${excerpt(host)}, wanted a name or address, and a port if any`,
    );
  }
  const path = target.startsWith(`${origin}/`)
    ? target.slice(origin.length)
    : target;
  if (!path.startsWith("/") || path.includes("#")) {
    throw new RequestFault(400, `target ${excerpt(target)}, wanted a path`);
  }
  // Joined as text: to a URL parser "//a/b" alone would name a host.
  return new URL(origin + path);
}

const HOST = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d+)?$/i;

/** What a request to upgrade offers. */
export interface UpgradeOffer {
  /** The key, for {@linkcode writeUpgradeResponse}. */
  readonly key: string;
  /** The subprotocols to choose from, the client's best first. */
  readonly protocols: readonly string[];
}

/**
 * Whether a request asks to upgrade to WebSocket, and rightly so.
 *
 * Neither origin nor path are looked at: they are for the caller to judge.
 * Extensions that are offered are passed over, as none are spoken.
 *
 * @returns What the request offers, or the response that refuses it: 400, 405,
 * or 426 with the version that is spoken.
 */
export function checkUpgrade(request: Request): UpgradeOffer | Response {
  const { headers, method } = request;
  if (method !== "GET") {
    return refuse(405, `Method ${excerpt(method)}, wanted GET`, {
      "allow": "GET",
    });
  }
  if (!listHas(headers.get("upgrade"), "websocket")) {
    return refuse(426, "No Upgrade header with websocket, wanted one", SPOKEN);
  }
  if (!listHas(headers.get("connection"), "upgrade")) {
    return refuse(400, "No Connection header with Upgrade, wanted one");
  }
  const version = headers.get("sec-websocket-version");
  if (version !== "13") {
    return refuse(
      426,
      `WebSocket version ${excerpt(version ?? "")}, wanted 13`,
      SPOKEN,
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
  const protocols = offered === null ? [] : splitList(offered);
  if (!areProtocols(protocols)) {
    return refuse(
      400,
      `Sec-WebSocket-Protocol ${
        excerpt(offered ?? "")
      }, wanted tokens that differ`,
    );
  }
  return { key, protocols };
}

/** Tells a client what to upgrade to. */
const SPOKEN = { "upgrade": "websocket", "sec-websocket-version": "13" };

const REASONS = {
  400: "Bad Request",
  405: "Method Not Allowed",
  426: "Upgrade Required",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  505: "HTTP Version Not Supported",
} as const;

function refuse(
  status: keyof typeof REASONS,
  text: string,
  headers: HeadersInit = {},
): Response {
  const statusText = REASONS[status];
  return new Response(`${text}\n`, { status, statusText, headers });
}

/** What {@linkcode writeUpgradeResponse} is to agree to. */
export interface UpgradeResponseInit {
  /** The request's key. */
  readonly key: string;
  /** The subprotocol chosen of those that were offered; none by default. */
  readonly protocol?: string;
  /** Further header fields, such as `Set-Cookie`. */
  readonly headers?: HeadersInit;
}

/**
 * The bytes of the answer that agrees to upgrade; frames follow.
 *
 * @throws {TypeError} If the key is not 16 bytes in Base64, the subprotocol not
 * a token, or a header one of the handshake's own or not to be sent.
 */
export async function writeUpgradeResponse(
  init: UpgradeResponseInit,
): Promise<Uint8Array> {
  const { key, protocol = "", headers } = init;
  if (!isKey(key)) {
    throw new TypeError(
      `Cannot agree to the WebSocket: key ${
        excerpt(key)
      }, wanted 16 bytes in Base64`,
    );
  }
  const fields: [string, string][] = [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", await acceptKey(key)],
  ];
  if (protocol !== "") {
    if (!isToken(protocol)) {
      throw new TypeError(
        `Cannot agree to the WebSocket: subprotocol ${
          excerpt(protocol)
        }, wanted a token`,
      );
    }
    fields.push(["Sec-WebSocket-Protocol", protocol]);
  }
  return writeHead("HTTP/1.1 101 Switching Protocols", [
    ...fields,
    ...ownFields(headers),
  ]);
}
