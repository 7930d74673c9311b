/**
 * The client's side of WebSocket's opening handshake (RFC 6455 section 4.1).
 *
 * @module
 */

import { areProtocols, isKey, ownFields } from "./_handshake.ts";
import {
  BodyExcerpt,
  excerpt,
  type Head,
  HeadReader,
  listHas,
  MAX_HEAD,
  writeHead,
} from "./_http.ts";

/** What {@linkcode writeUpgradeRequest} is to ask for. */
export interface UpgradeRequestInit {
  /** A `ws:`, `wss:`, `http:` or `https:` URL. */
  readonly url: string | URL;
  /** A key of its own for every request, from `newKey`. */
  readonly key: string;
  /** The subprotocols to offer, best first; none by default. */
  readonly protocols?: readonly string[];
  /**
   * Further fields. `Origin` is the URL's own unless it is here: there are
   * servers that refuse a request without one.
   */
  readonly headers?: HeadersInit;
}

/**
 * The bytes of a request to upgrade.
 *
 * @throws {TypeError} If the URL has another scheme or has credentials, if the
 * key is not 16 bytes in Base64, if a subprotocol is not a token or comes
 * twice, or if a header is one of the handshake's own or cannot be sent.
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
  const own = ownFields(init.headers);
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
  if (!own.some(([name]) => name === "origin")) {
    fields.push(["Origin", `${secure ? "https" : "http"}://${url.host}`]);
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

/** The server did not agree to speak WebSocket. */
export class ResponseFault extends Error {
  /** `"ResponseFault"`. */
  override readonly name = "ResponseFault";
  /** The status it answered, or 0 if its answer was not understood. */
  readonly status: number;
  /** The header fields of the answer, as far as it was understood. */
  readonly headers: Headers;
  /** The first bytes of the answer's body as text, often its reason. */
  readonly body: string;

  /** A fault with what is known of the answer. */
  constructor(
    problem: string,
    status = 0,
    headers: Headers = new Headers(),
    body = "",
  ) {
    super(`Cannot open the WebSocket: ${problem}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** What a {@linkcode ResponseReader} wants to see. */
export interface ResponseReaderInit {
  /** The {@linkcode acceptKey} of the key that was sent. */
  readonly accept: string;
  /** The subprotocols that were offered. */
  readonly protocols?: readonly string[];
  /** The largest head in bytes; 8 KiB by default. */
  readonly maxHead?: number;
}

/** The server agreed. */
export interface UpgradeAnswer {
  /** The subprotocol it chose, or "" for none. */
  readonly protocol: string;
  /** The header fields of its answer. */
  readonly headers: Headers;
  /** What came after the answer: a view of the last chunk. */
  readonly rest: Uint8Array;
}

/** The bytes of a refusal's body that its error shows, at most. */
const EXCERPT = 1024;

/**
 * Reads the answer to {@linkcode writeUpgradeRequest} from chunks cut anywhere.
 *
 * For one answer: to be dropped once `push` gave one or threw.
 */
export class ResponseReader {
  readonly #accept: string;
  readonly #protocols: readonly string[];
  #head: HeadReader;
  #maxHead: number;
  #refusal: Refusal | undefined;

  /** A reader that wants an answer to what was asked. */
  constructor(init: ResponseReaderInit) {
    this.#accept = init.accept;
    this.#protocols = init.protocols ?? [];
    this.#maxHead = init.maxHead ?? MAX_HEAD;
    this.#head = this.#newHead();
  }

  /**
   * Takes the next bytes.
   *
   * @returns The answer once it is complete and right.
   * @throws {ResponseFault} If the server refused, or its answer is not right.
   */
  push(chunk: Uint8Array): UpgradeAnswer | undefined {
    while (this.#refusal === undefined) {
      const head = this.#head.push(chunk);
      if (head === undefined) return undefined;
      chunk = head.rest;
      const [, version, code, reason = ""] =
        /^HTTP\/1\.([01]) ([1-5]\d\d)(?: (.*))?$/.exec(head.startLine) ?? [];
      const status = Number(code ?? 0);
      if (status === 101 && version === "1") return this.#agree(head);
      if (status === 0 || status === 101) {
        throw new ResponseFault(
          `first line ${excerpt(head.startLine)}, wanted one of HTTP/1.1`,
        );
      }
      if (status >= 200) {
        this.#refusal = new Refusal(status, reason, head.headers);
      } else {
        // 100, 103: the answer proper follows, within the same limit.
        this.#maxHead -= this.#head.length;
        this.#head = this.#newHead();
      }
    }
    if (this.#refusal.push(chunk)) throw this.#refusal.fault();
    return undefined;
  }

  /**
   * To be called when the connection ends, or time is up, without an answer.
   *
   * @throws {ResponseFault} Always, with what there was.
   */
  end(): never {
    throw this.#refusal?.fault() ?? new ResponseFault(
      `the connection ended after ${this.#head.length} bytes of the answer, wanted all of its head`,
    );
  }

  #newHead(): HeadReader {
    return new HeadReader(
      this.#maxHead,
      (_status, problem) => new ResponseFault(`the answer has ${problem}`),
    );
  }

  /** Checks an answer with status 101. */
  #agree({ headers, rest }: Head): UpgradeAnswer {
    const wrong = (name: string, wanted: string) =>
      new ResponseFault(
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

/** An answer with another status, whose body may say why. */
class Refusal {
  readonly #status: number;
  readonly #reason: string;
  readonly #headers: Headers;
  readonly #body: BodyExcerpt;

  constructor(status: number, reason: string, headers: Headers) {
    this.#status = status;
    this.#reason = reason;
    this.#headers = headers;
    this.#body = new BodyExcerpt(status, headers, EXCERPT);
  }

  push(chunk: Uint8Array): boolean {
    return this.#body.push(chunk);
  }

  fault(): ResponseFault {
    const body = this.#body.text;
    return new ResponseFault(
      `the server answered ${this.#status} ${excerpt(this.#reason)} ${
        excerpt(body)
      }, wanted 101`,
      this.#status,
      this.#headers,
      body,
    );
  }
}
