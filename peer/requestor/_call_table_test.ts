import { assertEquals, assertNotEquals } from "@std/assert";
import { requestIdBytes } from "../../codec/mod.ts";
import { toText } from "../testing/scripted_channel.ts";
import {
  CallTable,
  ID_COUNT,
  idOf,
  serialOf,
  type TableEntry,
} from "./_call_table.ts";

/** Adds `count` entries. */
function add(table: CallTable<TableEntry>, count: number): TableEntry[] {
  return Array.from({ length: count }, () => {
    const entry = { id: 0 };
    table.add(entry);
    return entry;
  });
}

Deno.test("a call table assigns an ID to each entry and finds the entry by it", () => {
  const table = new CallTable();
  const entries = add(table, 1000);
  assertEquals(table.size, 1000);
  assertEquals(new Set(entries.map(({ id }) => id)).size, 1000);
  for (const entry of entries) assertEquals(table.get(entry.id), entry);
  assertEquals(new Set(table.values()), new Set(entries));
});

Deno.test("a call table does not find a removed entry, not even when its slot is taken", () => {
  const table = new CallTable();
  const [first] = add(table, 1);
  table.delete(first!);
  const others = add(table, 31);
  assertEquals(table.get(first!.id), undefined);
  table.delete(first!);
  assertEquals(table.size, 31);
  for (const entry of others) table.delete(entry);
  // The counter reaches the slot of the first one again.
  const later = add(table, 64).at(-1)!;
  assertEquals(table.get(first!.id), undefined);
  assertEquals(table.get(later.id), later);
});

Deno.test("a call table does not find an ID that it has not assigned", () => {
  const table = new CallTable();
  add(table, 10);
  for (const id of [0, 0xffffffff, idOf(10), idOf(64), idOf(1 << 20)]) {
    assertEquals(table.get(id), undefined);
  }
});

Deno.test("a call table skips the ID of an entry that stays, and repeats no ID soon (request/id-unique, stream/id-fresh)", () => {
  const table = new CallTable();
  const [kept] = add(table, 1);
  const ids = new Set([kept!.id]);
  for (let round = 0; round < 100_000; round++) {
    const [entry] = add(table, 1);
    assertNotEquals(entry!.id, kept!.id);
    ids.add(entry!.id);
    table.delete(entry!);
  }
  assertEquals(ids.size, 100_001);
  assertEquals(table.get(kept!.id), kept);
});

Deno.test("a call table that grows keeps all entries, whichever were removed before", () => {
  const table = new CallTable();
  const kept: TableEntry[] = [];
  for (const [index, entry] of add(table, 500).entries()) {
    if (index % 3 === 0) table.delete(entry);
    else kept.push(entry);
  }
  kept.push(...add(table, 5000));
  assertEquals(table.size, kept.length);
  for (const entry of kept) assertEquals(table.get(entry.id), entry);
});

Deno.test("request IDs are four readable characters that count up", () => {
  const ids = [0, 1, 9, 10, 63, 64, ID_COUNT - 1].map((serial) =>
    toText(requestIdBytes(idOf(serial)))
  );
  assertEquals(ids, ["0000", "0001", "0009", "000A", "000_", "0010", "____"]);
});

Deno.test("the serial number of a request ID can be recovered", () => {
  for (let serial = 0; serial < ID_COUNT; serial += 997) {
    assertEquals(serialOf(idOf(serial)), serial);
  }
});

Deno.test("the serial number of a foreign request ID is in range", () => {
  for (const id of [0, 0xffffffff, 0x20202020, 0x80000000]) {
    const serial = serialOf(id);
    assertEquals(serial >= 0 && serial < ID_COUNT, true);
  }
});
