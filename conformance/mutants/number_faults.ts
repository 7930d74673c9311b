/**
 * Mistakes in numbers.
 *
 * @module
 */

import type { Fault } from "./fault.ts";

const ENCODER = "codec/encoder.ts";
const FIELDS = "codec/_fields.ts";

/** What stands where the value of both cases of a digit is noted. */
const NOTED = "if (value > 9) VALUES[lower - 32] = value;";

/** Mistakes in numbers. */
export const NUMBER_FAULTS: readonly Fault[] = [
  {
    name: "name-length-read-in-decimal",
    does: "reads the length of a name as a decimal number",
    edits: [[
      FIELDS,
      "(a | b | c) > 15 ? -1 : a << 8 | b << 4 | c;",
      "(a | b | c) > 15 ? -1 : a * 100 + b * 10 + c;",
    ]],
  },
  {
    name: "name-length-written-in-decimal",
    does: "writes the length of a name as a decimal number",
    edits: [[
      ENCODER,
      "  writeHex3(buffer, at, length);\n",
      "  writeHex3(buffer, at, parseInt(`${length % 1000}`, 16));\n",
    ]],
  },
  {
    name: "sizes-written-in-decimal",
    does: "writes the size of a payload as a decimal number",
    edits: [[
      ENCODER,
      "writeHex8(buffer, at + length - 8, message.payload.byteLength);",
      "writeHex8(buffer, at + length - 8, parseInt(`${message.payload.byteLength}`, 16));",
    ]],
  },
  {
    name: "numbers-signed",
    does: "takes numbers from 80000000 on for negative ones",
    edits: [[FIELDS, "high * 0x10000 + low;", "(high << 16 | low);"]],
  },
  {
    name: "numbers-cut-to-sixteen-bits",
    does: "reads only the last four of eight digits",
    edits: [[FIELDS, "high * 0x10000 + low;", "low;"]],
  },
  {
    name: "upper-case-written",
    does: "writes upper-case digits",
    edits: [
      [FIELDS, '"0123456789abcdef"', '"0123456789ABCDEF"'],
      [FIELDS, NOTED, "if (value > 9) VALUES[lower + 32] = value;"],
    ],
  },
  {
    name: "upper-case-refused",
    does: "reads lower-case digits only",
    edits: [[FIELDS, NOTED, ""]],
  },
  ...([
    ["colon", ":"],
    ["space", " "],
    ["plus", "+"],
    ["minus", "-"],
    ["letter-x", "x"],
    ["letter-g", "g"],
    ["underscore", "_"],
    ["nul", "\\0"],
    ["slash", "/"],
    ["at-sign", "@"],
  ] as const).map(([name, digit]) => ({
    name: `digit-${name}`,
    does: `takes "${digit}" for a digit`,
    edits: [[
      FIELDS,
      NOTED,
      `${NOTED} VALUES["${digit}".charCodeAt(0)] = ${
        name === "colon" ? 10 : 0
      };`,
    ]] as const,
  })),
  {
    name: "last-digit-unchecked",
    does: "checks only the first three of four digits",
    edits: [[
      FIELDS,
      "(a | b | c | d) > 15 ? -1 : a << 12 | b << 8 | c << 4 | d;",
      "(a | b | c) > 15 ? -1 : a << 12 | b << 8 | c << 4 | d & 15;",
    ]],
  },
  {
    name: "load-and-time-swapped",
    does: "writes the time of a heartbeat before its load",
    edits: [[
      ENCODER,
      "writeHex4(buffer, field, message.load);\n      return writeHex8(buffer, field + 4, message.time);",
      "writeHex8(buffer, field, message.time);\n      return writeHex4(buffer, field + 8, message.load);",
    ]],
  },
  {
    name: "numbers-unchecked",
    does: "writes the low digits of numbers that do not fit",
    edits: [[
      ENCODER,
      "if (Number.isInteger(value) && value >= 0 && value <= largest) return;",
      "if (largest >= 0) return;",
    ]],
  },
];
