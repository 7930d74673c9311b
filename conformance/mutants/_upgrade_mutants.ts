/**
 * Mutants that read the head of an upgrade wrongly.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Where the name of a header field ends. */
const COLON = 'const colon = field.indexOf(":");';

/** Takes a header field. */
const FIELD = "headers.append(name, field.slice(colon + 1));";

/** Compares the host of a page with that of the server. */
const SAME_HOST = "URL.parse(`${scheme}//${server.host}`)?.host === page.host";

/** The host of the server. */
const HOST = '(URL.parse(`${scheme}//${server.host}`)?.host ?? "?")';

/** Mutants of what a request may have besides. */
const REQUESTS: readonly Mutant[] = [
  {
    name: "twelve-header-fields",
    does: "refuses a head of more than twelve fields",
    edits: [{ in: "MAX_FIELDS", from: "100", to: "12" }],
  },
  {
    name: "head-of-a-kibibyte",
    does: "refuses a head of more than 1,024 bytes",
    edits: [{ in: "MAX_HEAD", from: "16_384", to: "1_024" }],
  },
  {
    name: "content-length-refused",
    does: "refuses a request that says that it has no body",
    edits: [{
      in: "toRequest",
      from: '(length !== null && length !== "0")',
      to: "length !== null",
    }],
  },
  {
    name: "whole-target-refused",
    does: "refuses a request whose target is a whole URL",
    edits: [{
      in: "toUrl",
      from: 'path === undefined || target === ""',
      to: '!target.startsWith("/") || path === undefined',
    }],
  },
];

/** Mutants of the Origin header. */
const ORIGINS: readonly Mutant[] = [
  {
    name: "origin-compared-by-its-end",
    does: "accepts pages whose host ends like that of the server",
    edits: [{
      in: "isSameOrigin",
      from: SAME_HOST,
      to: `page.host.endsWith(${HOST})`,
    }],
  },
  {
    name: "origin-compared-by-its-beginning",
    does: "accepts pages whose host begins like that of the server",
    edits: [{
      in: "isSameOrigin",
      from: SAME_HOST,
      to: `page.host.startsWith(${HOST})`,
    }],
  },
  {
    name: "origin-of-any-scheme",
    does: "accepts pages of the host of the server with any scheme",
    edits: [{
      in: "isSameOrigin",
      from: 'if (!isSecure && page.protocol !== "http:") return false;',
      to: "",
    }],
  },
];

/** Mutants of the response. */
const RESPONSES: readonly Mutant[] = [
  {
    name: "first-protocol-answered",
    does: "selects a subprotocol that was not offered",
    edits: [{
      in: "writeUpgradeResponse",
      from: 'if (protocol !== "") {',
      to:
        'if (protocol === "") fields.push(["Sec-WebSocket-Protocol", "gotalk"]); else {',
    }],
  },
  {
    name: "extension-selected",
    does: "selects an extension whether it was offered or not",
    edits: [{
      in: "writeUpgradeResponse",
      from: 'if (protocol !== "") {',
      to:
        'fields.push(["Sec-WebSocket-Extensions", "permessage-deflate"]); if (protocol !== "") {',
    }],
  },
  {
    name: "upgrade-answer-case",
    does: "takes no response with another Upgrade header than websocket",
    edits: [{
      in: "ResponseReader.#checkAccepted",
      from: 'headers.get("upgrade")?.toLowerCase() !== "websocket"',
      to: 'headers.get("upgrade") !== "websocket"',
    }],
  },
  {
    name: "connection-answer-case",
    does: "takes no response with another Connection header than Upgrade",
    edits: [{
      in: "ResponseReader.#checkAccepted",
      from: '!listHas(headers.get("connection"), "upgrade")',
      to: 'headers.get("connection") !== "Upgrade"',
    }],
  },
];

/** Mutants of header fields. */
export const UPGRADE_MUTANTS: readonly Mutant[] = [
  ...REQUESTS,
  ...ORIGINS,
  ...RESPONSES,
  {
    name: "host-wanted-first",
    does: "refuses a request whose first header is not Host",
    edits: [{
      in: "HeadReader.#parse",
      from: COLON,
      to:
        `if (this.#skipEmptyLines && !/^host:/i.test(fields[0]!)) throw this.#fail(400, "mutant"); ${COLON}`,
    }],
  },
  {
    name: "headers-in-capitals-unknown",
    does: "does not know headers whose names are in capitals",
    edits: [{
      in: "HeadReader.#parse",
      from: FIELD,
      to: `if (name === name.toUpperCase()) continue; ${FIELD}`,
    }],
  },
  {
    name: "header-space-kept",
    does: "takes spaces around the value of a header for a part of it",
    edits: [{
      in: "HeadReader.#parse",
      from: FIELD,
      to:
        `if (/^\\s\\s|\\s$/.test(field.slice(colon + 1))) throw this.#fail(400, "mutant"); ${FIELD}`,
    }],
  },
  {
    name: "header-space-demanded",
    does: "ends the name of a header only before a space or tab",
    edits: [{
      in: "HeadReader.#parse",
      from: COLON,
      to: "const colon = field.search(/:[ \\t]/);",
    }],
  },
  {
    name: "key-in-url-alphabet",
    does: "refuses a key with the characters + and / of Base64",
    edits: [{ in: "isKey", from: "[A-Za-z0-9+/]", to: "[A-Za-z0-9_-]" }],
  },
  {
    name: "upgrade-compared-with-case",
    does: "takes no other Upgrade header than websocket",
    edits: [{
      in: "checkUpgrade",
      from: '!listHas(headers.get("upgrade"), "websocket")',
      to: 'headers.get("upgrade") !== "websocket"',
    }],
  },
  {
    name: "malformed-request-in-silence",
    does:
      "ends the connection without a response if a line of a request is no header",
    edits: [{
      in: "readRequest",
      from: "if (error instanceof UpgradeRequestError)",
      to: "if (error instanceof UpgradeRequestError && error.status !== 400)",
    }],
  },
];
