/**
 * As much of HTTP/1.1 (RFC 9112) as an upgrade to WebSocket needs: reading a
 * head, writing a head, writing a response that refuses.
 *
 * @module
 */

import { concat } from "@std/bytes";

/** The largest head that is read by default, in bytes. */
export const MAX_HEAD = 8192;

/** The largest body of a refusal that is written by default, in bytes. */
const MAX_BODY = 65536;

const TAB = 0x09, LF = 0x0a, CR = 0x0d, SPACE = 0x20, DELETE = 0x7f;

/** Fields whose meaning would hang on who reads them if they came twice. */
const SINGLE: ReadonlySet<string> = new Set([
  "content-length",
  "host",
  "origin",
  "sec-websocket-accept",
  "sec-websocket-key",
  "sec-websocket-version",
]);

/** Whether text is a token (RFC 9110 section 5.6.2), as names must be. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
}

/** Whether text can stand in a head: no line ends, no other control codes. */
function isFieldText(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

/** Whether a comma-separated list has a word, in any case of letters. */
export function listHas(list: string | null, word: string): boolean {
  return splitList(list ?? "").some((item) => item.toLowerCase() === word);
}

/** The items of a comma-separated list without the blanks around them. */
export function splitList(list: string): string[] {
  return list.split(",").map((item) => item.trim());
}

/** The start of a text, in quotes, to show what was wrong. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** A head, and the bytes that came after it. */
export interface Head {
  /** The request line or the status line. */
  readonly startLine: string;
  /** The fields. */
  readonly headers: Headers;
  /** A view of the last chunk. */
  readonly rest: Uint8Array;
}

/**
 * Reads the head of one HTTP message from chunks cut anywhere.
 *
 * It is strict where leniency is known to end in two readings of the same
 * bytes: lines end in CR LF, no control characters, no folded lines, names are
 * tokens right before their colon, and what may come only once does.
 */
export class HeadReader {
  readonly #limit: number;
  readonly #fail: (status: 400 | 431, problem: string) => Error;
  readonly #lines: string[] = [];
  #line = "";
  #length = 0;
  #afterReturn = false;

  /**
   * A reader for one head.
   *
   * @param limit The largest head in bytes, its empty line included.
   * @param fail Makes the error to throw, of the HTTP status that fits (400 or
   * 431) and of what is wrong.
   */
  constructor(
    limit: number,
    fail: (status: 400 | 431, problem: string) => Error,
  ) {
    this.#limit = limit;
    this.#fail = fail;
  }

  /** The bytes of the head so far. */
  get length(): number {
    return this.#length;
  }

  /** Takes the next bytes; gives the head when it is complete. */
  push(chunk: Uint8Array): Head | undefined {
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
      if (byte === CR) continue;
      if (byte !== LF) {
        this.#line += String.fromCharCode(byte);
      } else if (this.#line !== "") {
        this.#lines.push(this.#line);
        this.#line = "";
      } else {
        return this.#parse(chunk.subarray(at + 1));
      }
    }
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
      if (headers.has(name) && SINGLE.has(name.toLowerCase())) {
        throw this.#fail(400, `header ${name} twice, wanted it once`);
      }
      headers.append(name, field.slice(colon + 1));
    }
    return { startLine, headers, rest };
  }
}

/**
 * The bytes of a head.
 *
 * All that the project writes in HTTP passes here, so nothing a caller hands in
 * can end a line or begin another.
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
  /** Whether it answers HEAD, so that the body is left out. */
  readonly head?: boolean;
  /** The largest body in bytes; 64 KiB by default. */
  readonly maxBody?: number;
}

/**
 * The bytes of a response after which the connection ends.
 *
 * The fields that frame the body are ours: `Content-Length` and `Connection`
 * are written as they must be, whatever the response has.
 *
 * @returns The head and the whole body.
 * @throws {RangeError} If the body is larger than `maxBody`.
 * @throws {TypeError} If the response is an error response (status 0), its body
 * has been read before, or a field has control characters.
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

/** Fields that say where a message ends and how the connection goes on. */
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

/**
 * Reads the first bytes of a response's body, to show why a server refused.
 */
export class BodyExcerpt {
  readonly #raw: Uint8Array;
  readonly #chunked: boolean;
  #length = 0;

  /**
   * A reader for one body.
   *
   * @param status The response's status.
   * @param headers The response's fields, which say where the body ends.
   * @param limit The bytes to keep, at most.
   */
  constructor(status: number, headers: Headers, limit: number) {
    this.#chunked = listHas(headers.get("transfer-encoding"), "chunked");
    const announced = status === 204 || status === 304
      ? 0
      : parseInt(headers.get("content-length") ?? "", 10);
    this.#raw = new Uint8Array(
      !this.#chunked && announced < limit ? Math.max(announced, 0) : limit,
    );
  }

  /** Takes the next bytes; true once there is nothing more to wait for. */
  push(chunk: Uint8Array): boolean {
    const part = chunk.subarray(0, this.#raw.length - this.#length);
    this.#raw.set(part, this.#length);
    this.#length += part.length;
    return this.#length === this.#raw.length || this.#read().ended;
  }

  /** What came so far, as text. */
  get text(): string {
    // As a stream, so that a character cut at the end is left out.
    return new TextDecoder().decode(this.#read().bytes, { stream: true });
  }

  #read(): { bytes: Uint8Array; ended: boolean } {
    const bytes = this.#raw.subarray(0, this.#length);
    return this.#chunked ? readChunked(bytes) : { bytes, ended: false };
  }
}

/** The data of a chunked body as far as it is there, and whether it ended. */
function readChunked(raw: Uint8Array): { bytes: Uint8Array; ended: boolean } {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (true) {
    const start = raw.indexOf(LF, at) + 1;
    if (start === 0) return { bytes: concat(parts), ended: false };
    const size = parseInt(String.fromCharCode(...raw.subarray(at, start)), 16);
    // The last chunk, or nothing that can be read.
    if (!(size > 0)) return { bytes: concat(parts), ended: true };
    parts.push(raw.subarray(start, start + size));
    at = start + size + 2;
  }
}
