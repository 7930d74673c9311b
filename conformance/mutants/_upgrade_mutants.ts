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

/** Mutants of header fields. */
export const UPGRADE_MUTANTS: readonly Mutant[] = [
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
];
