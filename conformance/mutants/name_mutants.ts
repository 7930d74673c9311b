/**
 * Mutants that read or write request IDs and names wrongly.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants of request IDs and names. */
export const NAME_MUTANTS: readonly Mutant[] = [
  {
    name: "id-of-three-bytes",
    does: "reads and writes request IDs of three bytes",
    edits: [{ in: "LAYOUTS", from: '"01", 4', to: '"01", 3' }],
  },
  {
    name: "id-as-ascii",
    does: "drops the highest bit of each byte of a request ID",
    edits: [{
      in: "readId",
      from: "(low << 8 | bytes[at + 3]!) >>> 0",
      to: "(low << 8 | bytes[at + 3]!) & 0x7f7f7f7f",
    }],
  },
  {
    name: "id-of-three-bytes-in-00-forgotten",
    does: "uses request IDs of four bytes in version 00",
    edits: [{ in: "LAYOUTS", from: '"00", 3', to: '"00", 4' }],
  },
  {
    name: "id-length-unchecked",
    does: "accepts request IDs of any length, and cuts or pads them",
    edits: [{
      in: "requestId",
      from: "if (bytes.byteLength !== wanted)",
      to: "if (wanted < 0)",
    }],
  },
  {
    name: "name-length-in-characters",
    does: "counts the characters of a name instead of its bytes",
    edits: [{ in: "nameLength", from: "utf8Length(name)", to: "name.length" }],
  },
  {
    name: "empty-name-length-left-out",
    does: "writes no length for an empty name",
    edits: [
      {
        in: "measure",
        from: 'nameLength(message.operation, kind, "operation")',
        to: '(nameLength(message.operation, kind, "operation") || -3)',
      },
      {
        in: "measure",
        from: 'nameLength(message.name, kind, "name")',
        to: '(nameLength(message.name, kind, "name") || -3)',
      },
    ],
  },
  {
    name: "name-one-too-long-written",
    does: "writes a name of 4,096 bytes with the length 000",
    edits: [{
      in: "nameLength",
      from: "length <= $max)",
      to: "length <= $max + 1)",
    }],
  },
  {
    name: "name-length-cut",
    does: "writes the last three digits of a name's length, however long it is",
    edits: [{
      in: "nameLength",
      from: "length <= $max)",
      to: "length !== Infinity)",
    }],
  },
  {
    name: "byte-order-mark-dropped",
    does: "drops a byte order mark at the beginning of a name",
    edits: [{ in: "strictUtf8", from: ", ignoreBOM: true", to: "" }],
  },
  {
    name: "bad-utf8-replaced",
    does: "reads names that are not UTF-8 with replacement characters",
    edits: [{ in: "strictUtf8", from: "fatal: true,", to: "" }],
  },
  {
    name: "names-normalised",
    does: "normalises the text of names",
    edits: [{
      in: "utf8Text",
      from: "strictUtf8.decode(bytes)",
      to: 'strictUtf8.decode(bytes).normalize("NFC")',
    }],
  },
  {
    name: "longest-name-refused",
    does: "refuses a name of 4,095 bytes",
    edits: [{ in: "MAX_NAME_BYTES", from: "4095", to: "4094" }],
  },
  {
    name: "name-limit-ignored",
    does: "reads names of any length, whatever the limit",
    edits: [{
      in: "HeaderParser",
      from: "if (nameLength > $max)",
      to: "if (nameLength < 0)",
    }],
  },
  {
    name: "names-cached-by-ends",
    does: "takes names of one length that begin and end alike for one name",
    edits: [{
      in: "sameBytes",
      from: "if (known[index] !== bytes[at + index]) return false;",
      to: "void index;",
    }],
  },
  {
    name: "empty-name-keeps-earlier",
    does: "reads an empty name as the name before it",
    edits: [{
      in: "HeaderParser.parse",
      from: "if ((flags & HAS_NAME) !== 0) {\n      header.name =",
      to:
        'if ((flags & HAS_NAME) !== 0 && (nameLength > 0 || header.name === "")) {\n      header.name =',
    }],
  },
  {
    name: "long-name-cut",
    does:
      "writes 1,024 bytes of a name that is not ASCII, and zeros behind them",
    edits: [{
      in: "writeName",
      from: "utf8.encodeInto(name, buffer.subarray(start, start + length));",
      to:
        "utf8.encodeInto(name, buffer.subarray(start, start + Math.min(length, 1024)));",
    }],
  },
];
