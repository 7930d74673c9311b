/**
 * The check of options that decide on requests, before there is a request.
 *
 * @module
 */

import { describeValue } from "../../quoting/value.ts";
import { addressMatcher } from "../ip_addresses.ts";
import { FORWARDING_HEADERS } from "./_forwarded.ts";
import { areProtocols } from "./_handshake.ts";
import type { AcceptOptions } from "./_negotiate.ts";

/**
 * Checks options by which requests are accepted: one that no request can ever
 * match is a mistake.
 *
 * @throws {TypeError} If an option is invalid.
 */
export function checkAcceptOptions(options: AcceptOptions): void {
  const { trustedProxies, proxyHeaders, hosts, origins, protocols } = options;
  // Throws for what is not an address.
  if (trustedProxies !== undefined) addressMatcher(trustedProxies);
  if (
    proxyHeaders !== undefined &&
    !Object.keys(FORWARDING_HEADERS).includes(proxyHeaders)
  ) {
    throw invalid(
      "proxyHeaders",
      proxyHeaders,
      '"x-forwarded", "forwarded" or "none"',
    );
  }
  if (hosts !== undefined && hosts !== "*") {
    checkList("hosts", hosts, '"*", or a list of names', checkHost);
  }
  if (
    origins !== undefined && origins !== "same" && origins !== "*" &&
    typeof origins !== "function"
  ) {
    const wanted = '"same", "*", a list of origins, or a function';
    checkList("origins", origins, wanted, checkOrigin);
  }
  if (protocols !== undefined) {
    const wanted = "a list of tokens that differ";
    checkList("protocols", protocols, wanted, () => {});
    if (!areProtocols(protocols)) {
      throw invalid("protocols", protocols.join(", "), wanted);
    }
  }
}

/** Checks each item of a list. A string in its place would match its parts. */
function checkList(
  name: string,
  list: unknown,
  wanted: string,
  check: (name: string, item: string) => void,
): void {
  if (!Array.isArray(list)) throw invalid(name, list, wanted);
  list.forEach((item: unknown, at) => {
    if (typeof item !== "string") {
      throw invalid(`${name}[${at}]`, item, "a string");
    }
    check(`${name}[${at}]`, item);
  });
}

/** Checks a name that requests may be addressed to. */
function checkHost(name: string, item: string): void {
  if (/^\.?[^\s/?#@\\*.][^\s/?#@\\*]*$/.test(item)) {
    if (URL.canParse(`http://${item.replace(/^\./, "")}`)) return;
  }
  throw invalid(
    name,
    item,
    'a name such as "example.com", or ".example.com" for all names below it as well',
  );
}

/** Checks an origin: browsers send each in one form only. */
function checkOrigin(name: string, item: string): void {
  // A pattern is none: the URL parser takes "*" for a name.
  const url = item.includes("*") ? null : URL.parse(item);
  // That of a URL whose scheme only some programs know is "null".
  const origin = url !== null && url.origin === "null" && url.host !== ""
    ? `${url.protocol}//${url.host}`
    : url?.origin;
  if (item === origin) return;
  throw invalid(
    name,
    item,
    origin === undefined || origin === "null"
      ? 'an origin such as "https://example.com"'
      : describeValue(origin),
  );
}

function invalid(name: string, value: unknown, wanted: string): TypeError {
  return new TypeError(
    `Cannot set ${name}: got ${describeValue(value)}, wanted ${wanted}`,
  );
}
