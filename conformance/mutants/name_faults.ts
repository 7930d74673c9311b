/**
 * Mistakes in request IDs and names.
 *
 * @module
 */

import type { Fault } from "./fault.ts";

const ENCODER = "codec/encoder.ts";
const FIELDS = "codec/_fields.ts";
const HEADER = "codec/_header_parser.ts";
const LAYOUT = "codec/_layout.ts";

/** Mistakes in request IDs and names. */
export const NAME_FAULTS: readonly Fault[] = [
  {
    name: "id-of-three-bytes",
    does: "reads and writes request IDs of three bytes",
    edits: [[
      LAYOUT,
      '"01": versionLayout(4, KINDS_01)',
      '"01": versionLayout(3, KINDS_01)',
    ]],
  },
  {
    name: "id-as-ascii",
    does: "drops the highest bit of each byte of a request ID",
    edits: [[
      FIELDS,
      "(low << 8 | bytes[at + 3]!) >>> 0;",
      "(low << 8 | bytes[at + 3]!) & 0x7f7f7f7f;",
    ]],
  },
  {
    name: "id-of-three-bytes-in-00-forgotten",
    does: "uses request IDs of four bytes in version 00",
    edits: [[
      LAYOUT,
      '"00": versionLayout(3, KINDS_00)',
      '"00": versionLayout(4, KINDS_00)',
    ]],
  },
  {
    name: "id-length-unchecked",
    does: "takes request IDs of any length and cuts or fills them",
    edits: [[
      "codec/request_id.ts",
      "if (bytes.byteLength !== wanted) {",
      "if (wanted < 0) {",
    ]],
  },
  {
    name: "name-length-in-characters",
    does: "counts the characters of a name, not its bytes",
    edits: [[
      ENCODER,
      'typeof name === "string" ? utf8Length(name) : name.byteLength;',
      'typeof name === "string" ? name.length : name.byteLength;',
    ]],
  },
  {
    name: "empty-name-length-left-out",
    does: "writes no length for an empty name",
    edits: [
      [
        ENCODER,
        'return layout.length + nameLength(message.operation, kind, "operation");',
        'return layout.length + (nameLength(message.operation, kind, "operation") || -3);',
      ],
      [
        ENCODER,
        'return layout.length + nameLength(message.name, kind, "name");',
        'return layout.length + (nameLength(message.name, kind, "name") || -3);',
      ],
    ],
  },
  {
    name: "name-one-too-long-written",
    does: "writes a name of 4,096 bytes with the length 000",
    edits: [[
      ENCODER,
      "if (length <= MAX_NAME) return length;",
      "if (length <= MAX_NAME + 1) return length;",
    ]],
  },
  {
    name: "name-length-cut",
    does: "writes the last three digits of a name's length, however long it is",
    edits: [[
      ENCODER,
      "if (length <= MAX_NAME) return length;",
      "if (length !== Infinity) return length;",
    ]],
  },
  {
    name: "byte-order-mark-dropped",
    does: "drops a byte order mark at the beginning of a name",
    edits: [[
      "codec/_quote.ts",
      "{ fatal: true, ignoreBOM: true }",
      "{ fatal: true }",
    ]],
  },
  {
    name: "bad-utf8-replaced",
    does: "reads names that are not UTF-8 with replacement characters",
    edits: [
      [
        "codec/_quote.ts",
        "{ fatal: true, ignoreBOM: true }",
        "{ ignoreBOM: true }",
      ],
    ],
  },
  {
    name: "names-normalised",
    does: "normalises the text of names",
    edits: [[
      "codec/_quote.ts",
      "return strictUtf8.decode(bytes);",
      'return strictUtf8.decode(bytes).normalize("NFC");',
    ]],
  },
  {
    name: "longest-name-refused",
    does: "refuses a name of 4,095 bytes",
    edits: [["codec/name.ts", "MAX_NAME = 4095", "MAX_NAME = 4094"]],
  },
  {
    name: "name-limit-ignored",
    does: "reads names of any length, whatever the limit is",
    edits: [[
      HEADER,
      "if (nameLength > this.#maxName) {",
      "if (nameLength < 0) {",
    ]],
  },
];
