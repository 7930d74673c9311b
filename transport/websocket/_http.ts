/**
 * The part of HTTP/1.1 (RFC 9112) that an upgrade to WebSocket needs: reading a
 * head, writing a head, and writing a response that refuses.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { excerpt } from "../../quoting/quote.ts";

/** The default limit of a head that is read, in bytes. */
export const MAX_HEAD = 16_384;

/**
 * The most fields of a head that is read, as in many HTTP servers. The time that
 * the platform's `Headers` and `Request` take grows with the square of their
 * number: with 3,000 fields of a head of 16 KiB it is seconds.
 */
const MAX_FIELDS = 100;

/** The default limit of a response body that is written, in bytes. */
const MAX_BODY = 65536;

const TAB = 0x09, LF = 0x0a, CR = 0x0d, SPACE = 0x20, DELETE = 0x7f;

/**
 * Fields that must not repeat: recipients disagree on which value counts. A
 * response may name the versions that the server speaks in several fields (RFC
 * 6455 section 4.4); a request may not (section 11.3.5).
 */
const SINGLE = {
  request: new Set([
    "content-length",
    "host",
    "origin",
    "sec-websocket-key",
    "sec-websocket-version",
  ]),
  response: new Set(["content-length", "sec-websocket-accept"]),
} as const satisfies Record<string, ReadonlySet<string>>;

/** Whether the text is a token (RFC 9110 section 5.6.2), as names must be. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
}

/** Whether the text can stand in a head: it has no control characters. */
function isFieldText(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

/** Whether a comma-separated list has a word, regardless of case. */
export function listHas(list: string | null, word: string): boolean {
  return splitList(list ?? "").some((item) => item.toLowerCase() === word);
}

/**
 * Returns the items of a comma-separated list, trimmed, without empty ones
 * (RFC 9110 section 5.6.1.2).
 */
export function splitList(list: string): string[] {
  return list.split(",").map((item) => item.trim()).filter((item) =>
    item !== ""
  );
}

/** Returns the text with one character for each byte. */
function latin1(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4_096) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 4_096)));
  }
  return parts.join("");
}

/** A head, and the bytes after it. */
export interface Head {
  /** The request line or the status line. */
  readonly startLine: string;
  /** The fields. */
  readonly headers: Headers;
  /** A view of the last chunk. */
  readonly rest: Uint8Array;
}

/**
 * Reads the head of one HTTP message from chunks that are cut anywhere.
 *
 * It is strict where lenient readers are known to disagree about the same
 * bytes: lines end in CR LF, there are no control characters and no folded
 * lines, names are tokens directly before their colon, and certain fields do
 * not repeat.
 */
export class HeadReader {
  readonly #limit: number;
  readonly #fail: (status: 400 | 431, problem: string) => Error;
  readonly #skipEmptyLines: boolean;
  readonly #single: ReadonlySet<string>;
  readonly #lines: string[] = [];
  #line = "";
  #length = 0;
  #afterReturn = false;

  /**
   * A reader for one head.
   *
   * @param limit The largest head in bytes, its empty line included.
   * @param fail Makes the error to throw, from an HTTP status and the problem.
   * @param kind Whose head it is, which decides on the fields that may repeat.
   */
  constructor(
    limit: number,
    fail: (status: 400 | 431, problem: string) => Error,
    kind: keyof typeof SINGLE = "request",
  ) {
    this.#limit = limit;
    this.#fail = fail;
    this.#single = SINGLE[kind];
    this.#skipEmptyLines = kind === "request";
  }

  /** The request line or the status line; `undefined` until it is complete. */
  get startLine(): string | undefined {
    return this.#lines[0];
  }

  /** Starts another head within the rest of the limit. */
  restart(): void {
    this.#lines.length = 0;
  }

  /** The number of bytes that were read, those of earlier heads included. */
  get length(): number {
    return this.#length;
  }

  /** Takes the next bytes; returns the head once it is complete. */
  push(chunk: Uint8Array): Head | undefined {
    /** Where the part of a line that is not in `#line` yet begins. */
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#length === this.#limit) {
        throw this.#fail(
          431,
          `head of over ${this.#limit} bytes, wanted no more`,
        );
      }
      const isControl = byte < SPACE ? byte !== TAB : byte === DELETE;
      if (this.#afterReturn ? byte !== LF : isControl && byte !== CR) {
        throw this.#fail(
          400,
          `0x${
            byte.toString(16).padStart(2, "0")
          } at byte ${this.#length}, wanted text in lines that end in CR LF`,
        );
      }
      this.#length++;
      this.#afterReturn = byte === CR;
      if (byte !== CR && byte !== LF) continue;
      if (byte === CR) this.#line += latin1(chunk.subarray(start, at));
      start = at + 1;
      if (byte === CR) continue;
      if (this.#line !== "") {
        if (this.#lines.length > MAX_FIELDS) {
          throw this.#fail(
            431,
            `head of over ${MAX_FIELDS} header fields, wanted no more`,
          );
        }
        this.#lines.push(this.#line);
        this.#line = "";
      } else if (this.#lines.length > 0 || !this.#skipEmptyLines) {
        return this.#parse(chunk.subarray(at + 1));
      }
    }
    // In parts: a string that grows by single characters costs 32 bytes each.
    this.#line += latin1(chunk.subarray(start));
    return undefined;
  }

  #parse(rest: Uint8Array): Head {
    const [startLine, ...fields] = this.#lines;
    if (startLine === undefined) {
      throw this.#fail(400, "empty first line, wanted a start line");
    }
    const headers = new Headers();
    for (const field of fields) {
      const colon = field.indexOf(":");
      const name = field.slice(0, Math.max(colon, 0));
      if (!isToken(name)) {
        throw this.#fail(
          400,
          `header line ${excerpt(field)}, wanted a name, a colon and a value`,
        );
      }
      if (headers.has(name) && this.#single.has(name.toLowerCase())) {
        throw this.#fail(400, `header ${name} twice, wanted it once`);
      }
      headers.append(name, field.slice(colon + 1));
    }
    return { startLine, headers, rest };
  }
}

/**
 * Returns the bytes of a head.
 *
 * Everything that is written in HTTP passes here, so no input of a caller can
 * end a line or start another.
 *
 * @throws {TypeError} If a name is not a token, or if any part has control
 * characters or characters beyond U+00FF.
 */
export function writeHead(
  startLine: string,
  fields: Iterable<readonly [name: string, value: string]>,
): Uint8Array {
  if (!isFieldText(startLine)) {
    throw new TypeError(
      `Cannot write HTTP head: start line ${
        excerpt(startLine)
      }, wanted no control characters`,
    );
  }
  let head = `${startLine}\r\n`;
  for (const [name, value] of fields) {
    if (!isToken(name) || !isFieldText(value)) {
      throw new TypeError(
        `Cannot write HTTP head: field ${excerpt(`${name}: ${value}`)}, ` +
          "wanted a token as name and no control characters",
      );
    }
    head += `${name}: ${value}\r\n`;
  }
  head += "\r\n";
  const bytes = new Uint8Array(head.length);
  for (let at = 0; at < head.length; at++) bytes[at] = head.charCodeAt(at);
  return bytes;
}

/** Options of {@linkcode writeResponse}. */
export interface WriteResponseOptions {
  /** Whether it answers a HEAD request, and omits the body. */
  readonly head?: boolean;
  /** The largest body in bytes; 64 KiB by default. */
  readonly maxBody?: number;
}

/**
 * Returns the bytes of a response, head and body, after which the connection
 * ends. It sets `Content-Length` and `Connection` itself, whatever the response
 * has.
 *
 * @throws {RangeError} If the body is larger than `maxBody`.
 * @throws {TypeError} If the response is an error response (status 0), its body
 * has been read, or a field has control characters.
 */
export async function writeResponse(
  response: Response,
  options: WriteResponseOptions = {},
): Promise<Uint8Array> {
  const { status, statusText, headers } = response;
  if (status < 200) {
    throw new TypeError(
      `Cannot write HTTP response: status ${status}, wanted 200 to 599`,
    );
  }
  const body = await readBody(response, options.maxBody ?? MAX_BODY);
  const fields = [...headers].filter(([name]) => !FRAMING.has(name));
  if (status !== 204 && status !== 304) {
    fields.push(["content-length", String(body.length)]);
  }
  fields.push([
    "connection",
    headers.has("upgrade") ? "close, upgrade" : "close",
  ]);
  const head = writeHead(`HTTP/1.1 ${status} ${statusText}`, fields);
  return options.head ? head : concat([head, body]);
}

/** Fields that frame a message or control the connection. */
const FRAMING: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "trailer",
  "transfer-encoding",
]);

async function readBody(
  response: Response,
  limit: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > limit) {
      throw new RangeError(
        `Cannot write HTTP response: body of over ${limit} bytes, wanted no more`,
      );
    }
    parts.push(part);
  }
  return concat(parts);
}
