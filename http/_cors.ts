/**
 * What pages of other origins may do with the server (CORS).
 *
 * @module
 */

import { checkOptionNames, type OptionNames } from "../quoting/option_names.ts";
import type { OriginPolicy } from "../transport/websocket/upgrade.ts";
import { describeValue } from "../quoting/value.ts";
import { checkNumberOption } from "../transport/number_option.ts";
import type { Reply } from "./_reply.ts";

/** What pages of accepted origins may send and read. */
export interface CorsOptions {
  /**
   * Whether the browser sends cookies and other credentials, and lets the page
   * read what it receives for them; `false` by default. Not together with the
   * origins `"*"`.
   */
  readonly credentials?: boolean | undefined;
  /**
   * Names of further request headers that pages may set, besides `Content-Type`,
   * `Authorization`, `Prefer` and those of a trace context.
   */
  readonly headers?: readonly string[] | undefined;
  /** How long browsers remember what is allowed, in seconds; 600 by default. */
  readonly maxAge?: number | undefined;
}

const OPTIONS: OptionNames<CorsOptions> = {
  credentials: 1,
  headers: 1,
  maxAge: 1,
};

const HEADERS = [
  "authorization",
  "content-type",
  "prefer",
  "traceparent",
  "tracestate",
];

const EXPOSED = "allow, retry-after, www-authenticate";

const DEFAULT_MAX_AGE = 600;

/** The longest time that fits where browsers keep it, in seconds. */
const MAX_AGE = 2 ** 31 - 1;

/** What the name of a header is. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Adds the headers of CORS to responses. The origin of the request has been accepted. */
export class Cors {
  readonly #allowsAll: boolean;
  readonly #credentials: boolean;
  readonly #headers: string;
  readonly #maxAge: string;

  /**
   * Creates it from options.
   *
   * @throws {TypeError} If one is of the wrong kind, or if they allow every page to
   * use the credentials of its visitors.
   * @throws {RangeError} If `maxAge` is less than 0.
   */
  constructor(
    origins: OriginPolicy | undefined,
    options: CorsOptions = {},
  ) {
    checkOptionNames(options, OPTIONS);
    const { credentials = false, headers = [], maxAge = DEFAULT_MAX_AGE } =
      options;
    this.#allowsAll = origins === "*";
    if (this.#allowsAll && credentials) {
      throw new TypeError(
        'Cannot set cors.credentials: got true with origins "*", wanted a list of origins',
      );
    }
    if (!Array.isArray(headers)) {
      throw new TypeError(
        `Cannot set cors.headers: got ${
          describeValue(headers)
        }, wanted a list of names`,
      );
    }
    for (const name of headers as readonly unknown[]) {
      if (typeof name === "string" && TOKEN.test(name)) continue;
      throw new TypeError(
        `Cannot set cors.headers: got ${
          describeValue(name)
        }, wanted the name of a header`,
      );
    }
    if (typeof credentials !== "boolean") {
      throw new TypeError(
        `Cannot set cors.credentials: got ${
          describeValue(credentials)
        }, wanted true or false`,
      );
    }
    checkNumberOption("cors.maxAge", maxAge, 0);
    this.#credentials = credentials;
    this.#headers = [...HEADERS, ...headers].join(", ");
    this.#maxAge = String(Math.min(Math.floor(maxAge), MAX_AGE));
  }

  /** Returns the headers that let the page that sent a request read the response. */
  headersFor({ headers }: Request): Record<string, string> {
    const origin = headers.get("origin");
    if (origin === null) return this.#allowsAll ? {} : { vary: "Origin" };
    return {
      ...!this.#allowsAll && { vary: "Origin" },
      "access-control-allow-origin": this.#allowsAll ? "*" : origin,
      "access-control-expose-headers": EXPOSED,
      ...this.#credentials && { "access-control-allow-credentials": "true" },
    };
  }

  /** Answers a preflight request of a browser. */
  preflight(allow: string): Reply {
    return {
      status: 204,
      headers: {
        allow,
        "access-control-allow-methods": allow,
        "access-control-allow-headers": this.#headers,
        "access-control-max-age": this.#maxAge,
      },
      body: null,
    };
  }
}
