import { assertEquals } from "@std/assert";
import type { Outcome } from "./_measure.ts";
import { rowNames, updated } from "./_page.ts";
import { misses, type Row, row, rowName, rowsOf, table } from "./_report.ts";

const MIB = 1024 * 1024;

const CONDITIONS = { clients: 100, seconds: 2 };

const GOOD: Outcome = {
  attack: "echo",
  target: "tcp",
  memory: { before: 50 * MIB, peak: 305 * MIB, after: 60 * MIB },
  files: { before: 24, peak: 124, after: 26 },
  latency: { median: 1, p99: 50, max: 90 },
  control: {
    memory: { before: 40 * MIB, peak: 90 * MIB, after: 80 * MIB },
    files: { before: 20, peak: 120, after: 20 },
    latency: { median: 1, p99: 2, max: 3 },
  },
  count: { connections: 100, ended: 0 },
  reconnects: false,
  exception: undefined,
  failure: undefined,
};

Deno.test("an outcome within every limit misses nothing", () => {
  assertEquals(misses(GOOD), []);
  const slow = { median: 1, p99: 51, max: 90 };
  // Slow beside a plain server that is slow as well, and beside none.
  const control = { ...GOOD.control!, latency: { ...slow, p99: 17 } };
  const alike = { ...GOOD, latency: slow, control };
  assertEquals(misses(alike), []);
  assertEquals(misses({ ...GOOD, latency: slow, control: undefined }), []);
});

Deno.test("each limit that an outcome exceeds is named", () => {
  const { memory, files, latency } = GOOD;
  const cases: [Partial<Outcome>, string][] = [
    [{ memory: { ...memory, peak: 306 * MIB } }, "memory"],
    [{ files: { ...files, after: 27 } }, "3 files open"],
    [{ latency: { ...latency, p99: 51 } }, "slow"],
    [{ latency: { median: NaN, p99: NaN, max: NaN } }, "no call was answered"],
    [{ failure: "the server ended" }, "the server ended"],
    [
      {
        memory: { ...memory, peak: 434 * MIB },
        exception: { most: 384 * MIB, why: "the budget is full" },
      },
      "memory",
    ],
  ];
  for (const [change, missed] of cases) {
    assertEquals(misses({ ...GOOD, ...change }), [missed]);
  }
});

Deno.test("an exception bounds the growth of memory in place of the goal", () => {
  const memory = { ...GOOD.memory, peak: 433 * MIB };
  const exception = { most: 384 * MIB, why: "the budget is full" };
  assertEquals(misses({ ...GOOD, memory, exception }), []);
});

Deno.test("where the client connects anew, each connection has 100 ms, whatever the plain server does", () => {
  const judge = (max: number) =>
    misses({
      ...GOOD,
      reconnects: true,
      latency: { median: 60, p99: 99, max },
    });
  assertEquals([judge(99), judge(100)], [[], ["slow"]]);
});

Deno.test("a row shows what was measured of both servers", () => {
  assertEquals(row(GOOD, CONDITIONS), [
    "echo (tcp)",
    "50 → 305 → 60",
    "40 → 90 → 80",
    "24 → 124 → 26",
    "1.0 / 50.0 / 90.0",
    "1.0 / 2.0 / 3.0",
    "100, 0 ended",
    "100, 2 s",
    "",
    "",
  ]);
  const rows = [GOOD, { ...GOOD, control: undefined }].map((outcome) =>
    row(outcome, CONDITIONS)
  );
  assertEquals(rowsOf(table(rows)), rows);
});

const NAMES = [
  rowName("idle", "tcp"),
  rowName("echo", "tcp"),
  rowName("echo", "tls"),
];
function rowOf(name: string, note: string): Row {
  return [name, "", "", "", "", "", "", "", "", note];
}

Deno.test("updating a page replaces the rows of the attacks that ran", () => {
  let page = "# Attacks\n\n<!-- table -->\n";
  const update = (...rows: Row[]) => page = updated(page, rows, NAMES, 2);
  update(rowOf("echo (tls)", "first"));
  update(rowOf("echo (tcp)", "first"));
  update(rowOf("idle (tcp)", "first"), rowOf("echo (tls)", "second"));
  assertEquals(rowsOf(page), [
    rowOf("idle (tcp)", "first"),
    rowOf("echo (tcp)", "first"),
    rowOf("echo (tls)", "second"),
  ]);
  assertEquals(
    page.split("\n|")[0],
    "# Attacks\n\n<!-- table -->\n\nLast run: on 2 cores. 3 of 3 rows.\n",
  );
  assertEquals([...rowNames(page)], ["idle (tcp)", "echo (tcp)", "echo (tls)"]);
  // The same again changes nothing.
  assertEquals(updated(page, [], NAMES, 2), page);
});

Deno.test("updating a page drops rows of attacks that no longer exist, and of other columns", () => {
  const page = (text: string) => `# Attacks\n\n<!-- table -->\n\n${text}\n`;
  const old = page(table([rowOf("echo (tcp)", ""), rowOf("gone (tcp)", "")]));
  const rows = (text: string) =>
    rowsOf(updated(text, [rowOf("echo (tls)", "")], NAMES, 2));
  assertEquals(rows(old), [rowOf("echo (tcp)", ""), rowOf("echo (tls)", "")]);
  const other = page("| attack | memory |\n| --- | --- |\n| echo (tcp) | 1 |");
  assertEquals(rows(other), [rowOf("echo (tls)", "")]);
});
