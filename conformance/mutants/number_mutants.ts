/**
 * Mutants that read or write numbers wrongly.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** The statement that notes the value of the upper-case form of a digit. */
const NOTED = "if (value > 9) VALUES[lower - 32] = value;";

/** Mutants of numbers. */
export const NUMBER_MUTANTS: readonly Mutant[] = [
  {
    name: "name-length-read-in-decimal",
    does: "reads the length of a name as a decimal number",
    edits: [{
      in: "readHex3",
      from: "a << 8 | b << 4 | c",
      to: "a * 100 + b * 10 + c",
    }],
  },
  {
    name: "name-length-written-in-decimal",
    does: "writes the length of a name as a decimal number",
    edits: [{
      in: "writeName",
      from: "writeHex3(buffer, at, length)",
      to: "writeHex3(buffer, at, parseInt(`${length % 1000}`, 16))",
    }],
  },
  {
    name: "sizes-written-in-decimal",
    does: "writes the size of a payload as a decimal number",
    edits: [{
      in: "write",
      from: "message.payload.byteLength",
      to: "parseInt(`${message.payload.byteLength}`, 16)",
    }],
  },
  {
    name: "numbers-signed",
    does: "reads numbers from 80000000 up as negative ones",
    edits: [{
      in: "readHex8",
      from: "high * 0x10000 + low",
      to: "(high << 16 | low)",
    }],
  },
  {
    name: "numbers-cut-to-sixteen-bits",
    does: "reads only the last four of eight digits",
    edits: [{ in: "readHex8", from: "high * 0x10000 + low", to: "low" }],
  },
  {
    name: "upper-case-written",
    does: "writes upper-case digits",
    edits: [
      { in: "DIGITS", from: '"0123456789abcdef"', to: '"0123456789ABCDEF"' },
      { in: "VALUES", from: NOTED, to: NOTED.replace("-", "+") },
    ],
  },
  {
    name: "upper-case-refused",
    does: "reads lower-case digits only",
    edits: [{ in: "VALUES", from: NOTED, to: "" }],
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
    does: `reads "${digit}" as a digit`,
    edits: [{
      in: "VALUES",
      from: NOTED,
      to: `${NOTED} VALUES["${digit}".charCodeAt(0)] = ${
        name === "colon" ? 10 : 0
      };`,
    }],
  })),
  {
    name: "digits-unchecked",
    does: "reads any byte that is not a digit as 0",
    edits: [{
      in: "VALUES",
      from: NOTED,
      to:
        `${NOTED} for (const [at, value] of VALUES.entries()) if (value > 15) VALUES[at] = 0;`,
    }],
  },
  {
    name: "last-digit-unchecked",
    does: "checks only the first three of four digits",
    edits: [{
      in: "readHex4",
      from: "(a | b | c | d) > 15 ? -1 : a << 12 | b << 8 | c << 4 | d",
      to: "(a | b | c) > 15 ? -1 : a << 12 | b << 8 | c << 4 | d & 15",
    }],
  },
  {
    name: "load-and-time-swapped",
    does: "writes the time of a heartbeat before its load",
    edits: [{
      in: "write",
      from:
        "writeHex4(buffer, field, message.load); return writeHex8(buffer, field + 4, message.time);",
      to:
        "writeHex8(buffer, field, message.time); return writeHex4(buffer, field + 8, message.load);",
    }],
  },
  {
    name: "numbers-unchecked",
    does: "writes the low digits of numbers that do not fit",
    edits: [{ in: "checkNumber", first: "if (largest >= 0) return;" }],
  },
];
