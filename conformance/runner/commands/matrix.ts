/**
 * The command `matrix`.
 *
 * @module
 */

import manifest from "../../corpus/manifest.json" with { type: "json" };
import { casesOf, CORPUS } from "../cases/corpus.ts";
import { glob } from "../cases/glob.ts";
import { parseArguments } from "../command_line/arguments.ts";
import { type Command, UsageError } from "../command_line/command.ts";
import type { Cell } from "../matrix/ledger.ts";
import { type CoverageMatrix, coverageOf } from "../matrix/matrix.ts";

/** Prints the matrix of coverage. */
export const matrixCommand: Command = {
  name: "matrix",
  summary: "print which classes of values the cases show, in which fields",
  help: `Usage: matrix [PATTERN] [options]

Prints the matrix of the corpus: a row for each field of each kind, in each situation, with the number of
classes of values that cases show, of all that can go wrong there; then the holes, with the reasons that the
manifest gives. With a PATTERN, only the cells whose names match, each with its cases.

The names of cells are paths, such as codec/01/decode/SingleRequest/id/every-byte,
session/01/acceptor/written/SingleResult/payload/size-65536, websocket/acceptor/read/Notification/merged and
limits/acceptor/streams/crash.

Options:
  --holes                Print the holes only

Exit status: 0 if each hole has a reason; 1 if one has none; 2 if the arguments are wrong.`,
  run(args, { out }) {
    const { words: [pattern], flags } = parseArguments(args, {
      flags: ["holes"],
      words: { least: 0, most: 1 },
    });
    const { holes: reasons = {} } = manifest as {
      holes?: Record<string, string>;
    };
    const matrix = coverageOf(casesOf(CORPUS), reasons);
    if (pattern !== undefined) {
      const cells = matrix.cells.filter(({ name }) => glob(pattern)(name));
      if (cells.length === 0) throw new UsageError("no cell matches");
      out(cells.map(cellLine).join(""));
    } else {
      if (!flags.has("holes")) out(rows(matrix.cells));
      out(holesOf(matrix, reasons));
      out(summary(matrix));
    }
    const open = matrix.holes.filter((hole) => hole.pattern === undefined);
    return Promise.resolve(open.length === 0 ? 0 : 1);
  },
};

function cellLine({ name, missing, wanted, cases }: Cell): string {
  const seen = wanted - missing.length;
  return `${name}  ${seen} of ${wanted}  ${cases.join(" ") || "-"}\n`;
}

function rowOf({ name }: Cell): string {
  return name.slice(0, name.lastIndexOf("/"));
}

function rows(cells: readonly Cell[]): string {
  return Array.from(Map.groupBy(cells, rowOf), ([row, of]) => {
    const filled = of.filter(({ missing }) => missing.length === 0);
    const cases = new Set(of.flatMap((cell) => cell.cases));
    return `${row.padEnd(56)} ${
      `${filled.length} of ${of.length}`.padStart(10)
    } classes, ${cases.size} cases\n`;
  }).join("");
}

function holesOf(
  { holes }: CoverageMatrix,
  reasons: Readonly<Record<string, string>>,
): string {
  return Array.from(
    Map.groupBy(holes, ({ pattern }) => pattern),
    ([pattern, of]) =>
      pattern === undefined
        ? of.map(({ cell }) => `HOLE ${cellLine(cell)}`).join("")
        : `${of.length} holes: ${pattern}\n  ${reasons[pattern]}\n`,
  ).join("");
}

function summary({ cells, holes }: CoverageMatrix): string {
  const open = holes.filter(({ pattern }) => pattern === undefined).length;
  return `${cells.length} cells: ${cells.length - holes.length} filled, ${
    holes.length - open
  } holes with a reason, ${open} without\n`;
}
