import { assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "./peer/limits.ts";
import type { PeerEventDetails } from "./peer/events.ts";

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 * 1024 };

/**
 * Returns the numbers in a cell such as `256 KiB, 8 MiB`, `10,000; 1 KiB/s` or
 * `500 to 5,000`.
 */
function numbers(cell: string): number[] {
  return Array.from(
    cell.matchAll(/(\d[\d,]*\d|\d)(?: (KiB|MiB))?/g),
    ([, digits = "", unit]) =>
      Number(digits.replaceAll(",", "")) *
      (unit === undefined ? 1 : UNITS[unit]!),
  );
}

/**
 * Reads the table of limits: names in the first column, defaults in the second.
 */
function documentedLimits(markdown: string): Record<string, number | number[]> {
  const lines = markdown.split("\n");
  const head = lines.findIndex((line) =>
    /^\| limit +\| +default \|/.test(line)
  );
  const limits: Record<string, number | number[]> = {};
  for (const line of lines.slice(head + 2)) {
    if (!line.startsWith("|")) break;
    const [, first = "", second = ""] = line.split("|");
    const names = Array.from(
      first.matchAll(/`(\w+)`/g),
      ([, name = ""]) => name,
    );
    const values = second.trim() === "off" ? [Infinity] : numbers(second);
    if (names.length === 1) {
      limits[names[0]!] = values.length === 1 ? values[0]! : values;
    } else {
      assertEquals(
        values.length,
        names.length,
        `${first.trim()}: a default for each name`,
      );
      names.forEach((name, index) => limits[name] = values[index]!);
    }
  }
  return limits;
}

Deno.test("the README's table of limits lists every limit with its default", async () => {
  const readme = await Deno.readTextFile(
    new URL("./README.md", import.meta.url),
  );
  assertEquals(documentedLimits(readme), {
    ...DEFAULT_LIMITS,
    overloadWait: [...DEFAULT_LIMITS.overloadWait],
  });
});

/** The fields of each event. A new event is an error of types here, and then missing in the README. */
const EVENTS = {
  state: ["state"],
  heartbeat: ["load", "time"],
  drop: ["kind", "reason"],
  refusal: ["operation", "limit"],
  "invalid-input": ["operation", "error"],
  unsent: ["operation", "limit"],
  cancel: ["operation", "reason"],
  drain: ["reason"],
  "handler-error": ["operation", "error"],
  "hook-error": ["hook", "error"],
  retry: ["operation", "attempt", "wait"],
} as const satisfies {
  readonly [Type in PeerEventDetails["type"]]: readonly Exclude<
    keyof Extract<PeerEventDetails, { type: Type }>,
    "type"
  >[];
};

Deno.test("the README's table of events has every event, with its fields", async () => {
  const readme = await Deno.readTextFile(
    new URL("./README.md", import.meta.url),
  );
  const rows = readme.slice(readme.indexOf("| event ")).split("\n\n")[0]!
    .split("\n").slice(2).map((row) => row.split("|"));
  const quoted = (cell = "") =>
    Array.from(cell.matchAll(/`([\w-]+)`/g), ([, name = ""]) => name);
  assertEquals(
    Object.fromEntries(rows.map((row) => [quoted(row[1])[0], quoted(row[3])])),
    EVENTS,
  );
});
