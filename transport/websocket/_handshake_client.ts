/**
 * The client side of the opening handshake (RFC 6455 section 4.1).
 *
 * @module
 */

import { areProtocols, extraFields, isKey } from "./_handshake.ts";
import {
  excerpt,
  type Head,
  HeadReader,
  listHas,
  MAX_HEAD,
  writeHead,
} from "./_http.ts";

/** Input of {@linkcode writeUpgradeRequest}. */
export interface UpgradeRequestInit {
  /** A `ws:`, `wss:`, `http:` or `https:` URL. */
  readonly url: string | URL;
  /** The key from `newKey`, a different one for each request. */
  readonly key: string;
  /** The subprotocols to offer, in order of preference; none by default. */
  readonly protocols?: readonly string[];
  /**
   * The origin to send, `"same"` for that of the URL; none by default
   * (websocket/origin-sent).
   */
  readonly origin?: string | undefined;
  /** Additional fields. An `Origin` among them replaces `origin`. */
  readonly headers?: HeadersInit;
}

/**
 * Returns the bytes of a request to upgrade. It offers no extensions
 * (websocket/extensions).
 *
 * @throws {TypeError} If the URL has another scheme or credentials, the key is
 * not 16 bytes in Base64, the subprotocols are not distinct tokens, or a header
 * is invalid or reserved for the handshake.
 */
export function writeUpgradeRequest(init: UpgradeRequestInit): Uint8Array {
  const url = new URL(init.url);
  const secure = SECURE.get(url.protocol);
  if (secure === undefined) {
    throw new TypeError(
      `Cannot open the WebSocket: URL scheme ${
        excerpt(url.protocol)
      }, wanted ws:, wss:, http: or https:`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(
      "Cannot open the WebSocket: the URL has a user name or a password, wanted them in an Authorization header",
    );
  }
  if (!isKey(init.key)) {
    throw new TypeError(
      `Cannot open the WebSocket: key ${
        excerpt(init.key)
      }, wanted 16 bytes in Base64`,
    );
  }
  const protocols = init.protocols ?? [];
  if (!areProtocols(protocols)) {
    throw new TypeError(
      `Cannot open the WebSocket: subprotocols ${
        excerpt(protocols.join(", "))
      }, wanted tokens that differ`,
    );
  }
  const own = extraFields(init.headers);
  const fields: [string, string][] = [
    ["Host", url.host],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", init.key],
    ["Sec-WebSocket-Version", "13"],
  ];
  if (protocols.length > 0) {
    fields.push(["Sec-WebSocket-Protocol", protocols.join(", ")]);
  }
  const { origin } = init;
  if (origin !== undefined && !own.some(([name]) => name === "origin")) {
    const same = `${secure ? "https" : "http"}://${url.host}`;
    fields.push(["Origin", origin === "same" ? same : origin]);
  }
  return writeHead(`GET ${url.pathname}${url.search} HTTP/1.1`, [
    ...fields,
    ...own,
  ]);
}

const SECURE: ReadonlyMap<string, boolean> = new Map([
  ["ws:", false],
  ["wss:", true],
  ["http:", false],
  ["https:", true],
]);

/** The server did not accept the upgrade. */
export class UpgradeResponseError extends Error {
  /** `"UpgradeResponseError"`. */
  override readonly name = "UpgradeResponseError";
  /** The status of the response, or 0 if the response is malformed. */
  readonly status: number;
  /** The header fields of the response; none if it is malformed. */
  readonly headers: Headers;

  /** An error with the known parts of the response. */
  constructor(problem: string, status = 0, headers: Headers = new Headers()) {
    super(`Cannot open the WebSocket: ${problem}`);
    this.status = status;
    this.headers = headers;
  }
}

/** What a {@linkcode ResponseReader} expects. */
export interface ResponseReaderInit {
  /** The {@linkcode acceptKey} of the key that was sent. */
  readonly accept: string;
  /** The subprotocols that were offered. */
  readonly protocols?: readonly string[];
  /** Whether the request had an `Origin`; true by default. */
  readonly hasOrigin?: boolean;
  /** The largest head in bytes; 16 KiB by default. */
  readonly maxHead?: number | undefined;
}

/** A response that accepts the upgrade. */
export interface UpgradeResponse {
  /** The selected subprotocol, or "" for none. */
  readonly protocol: string;
  /** The header fields. */
  readonly headers: Headers;
  /** The bytes after the response: a view of the last chunk. */
  readonly rest: Uint8Array;
}

/**
 * Reads the response to {@linkcode writeUpgradeRequest} from chunks that are cut
 * anywhere. It cannot be used after `push` returned a response or threw.
 */
export class ResponseReader {
  readonly #accept: string;
  readonly #protocols: readonly string[];
  readonly #hasOrigin: boolean;
  #head: HeadReader;
  #maxHead: number;

  /** A reader for the response to one request. */
  constructor(init: ResponseReaderInit) {
    this.#accept = init.accept;
    this.#protocols = init.protocols ?? [];
    this.#hasOrigin = init.hasOrigin ?? true;
    this.#maxHead = init.maxHead ?? MAX_HEAD;
    this.#head = this.#newHead();
  }

  /**
   * Takes the next bytes; returns the response once its head is complete.
   *
   * @throws {UpgradeResponseError} If the server refused, or the response is
   * malformed.
   */
  push(chunk: Uint8Array): UpgradeResponse | undefined {
    for (;;) {
      const head = this.#head.push(chunk);
      if (head === undefined) return undefined;
      chunk = head.rest;
      const [, version, code, reason = ""] =
        /^HTTP\/1\.([01]) ([1-5]\d\d)(?: (.*))?$/.exec(head.startLine) ?? [];
      const status = Number(code ?? 0);
      if (status === 101 && version === "1") return this.#checkAccepted(head);
      if (status === 0 || status === 101) {
        throw new UpgradeResponseError(
          `first line ${excerpt(head.startLine)}, wanted one of HTTP/1.1`,
        );
      }
      if (status >= 200) {
        throw new UpgradeResponseError(
          `the server responded with ${status} ${excerpt(reason)}, wanted 101` +
            (status === 403 && !this.#hasOrigin
              ? "; it may require an Origin, which the option origin sends"
              : ""),
          status,
          head.headers,
        );
      }
      // 100, 103: the final response follows, within the same limit.
      this.#maxHead -= this.#head.length;
      this.#head = this.#newHead();
    }
  }

  /**
   * Reports the end of the connection before the end of the response.
   *
   * @throws {UpgradeResponseError} Always.
   */
  end(): never {
    throw new UpgradeResponseError(
      `the connection ended after ${this.#head.length} bytes of the answer, wanted all of its head`,
    );
  }

  #newHead(): HeadReader {
    return new HeadReader(
      this.#maxHead,
      (_status, problem) =>
        new UpgradeResponseError(`the answer has ${problem}`),
    );
  }

  /** Checks a response with status 101. */
  #checkAccepted({ headers, rest }: Head): UpgradeResponse {
    const wrong = (name: string, wanted: string) =>
      new UpgradeResponseError(
        `the answer has ${name} ${
          excerpt(headers.get(name) ?? "")
        }, wanted ${wanted}`,
        101,
        headers,
      );
    if (headers.get("upgrade")?.toLowerCase() !== "websocket") {
      throw wrong("Upgrade", "websocket");
    }
    if (!listHas(headers.get("connection"), "upgrade")) {
      throw wrong("Connection", "Upgrade");
    }
    if (headers.get("sec-websocket-accept") !== this.#accept) {
      throw wrong("Sec-WebSocket-Accept", excerpt(this.#accept));
    }
    if (headers.has("sec-websocket-extensions")) {
      throw wrong("Sec-WebSocket-Extensions", "none as none was offered");
    }
    const protocol = headers.get("sec-websocket-protocol");
    if (protocol !== null && !this.#protocols.includes(protocol)) {
      throw wrong(
        "Sec-WebSocket-Protocol",
        `one that was offered (${excerpt(this.#protocols.join(", "))})`,
      );
    }
    return { protocol: protocol ?? "", headers, rest };
  }
}
