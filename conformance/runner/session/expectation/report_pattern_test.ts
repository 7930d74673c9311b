import { assertEquals } from "@std/assert";
import type { ReportPattern } from "../../cases/case.ts";
import type { CallReport, ConnectionReport } from "../../implementation.ts";
import { matchReport, reportNeeds } from "./report_pattern.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const nothing = new Map<string, Uint8Array>();

const call: CallReport = {
  outcome: "stream",
  parts: [bytes("a"), bytes("bc")],
  ended: false,
};
const connection: ConnectionReport = {
  state: "closed",
  code: 2,
  notes: [{ name: "n", payload: bytes("x") }],
  heartbeats: [{ load: 1, time: 2 }, { load: 3, time: 4 }],
};

function matches(pattern: ReportPattern): boolean {
  const report = pattern.state === undefined ? call : connection;
  return matchReport(pattern, report, nothing) !== undefined;
}

Deno.test("a report matches by the fields of its pattern", () => {
  const state = "closed";
  const right: ReportPattern[] = [
    {},
    { outcome: "stream", ended: false },
    { parts: ["a", { size: 2 }] },
    { joined: "abc" },
    { state, code: 2 },
    { state, code: { min: 1 }, notes: [{ name: "n", payload: "x" }] },
    { state, heartbeats: [{ load: 1 }] },
    { state, heartbeats: [{ load: 1 }, { time: 4 }] },
  ];
  const wrong: ReportPattern[] = [
    { outcome: "result" },
    { ended: true },
    { parts: ["a"] },
    { parts: ["a", "b"] },
    { joined: "ab" },
    { payload: "" },
    { wait: { min: 0 } },
    { state: "open" },
    { state, code: 1 },
    { state, notes: [] },
    { state, notes: [{ name: "m", payload: "x" }] },
    { state, notes: [{ name: "n", payload: "y" }] },
    { state, heartbeats: [{ load: 1 }, { load: 3 }, {}] },
  ];
  for (const pattern of right) {
    assertEquals(matches(pattern), true, JSON.stringify(pattern));
  }
  for (const pattern of wrong) {
    assertEquals(matches(pattern), false, JSON.stringify(pattern));
  }
});

Deno.test("a pattern binds bytes of a report", () => {
  const found = matchReport(
    { parts: [{ bind: "first" }, { unlike: "first" }] },
    call,
    nothing,
  );
  assertEquals(found?.get("first"), bytes("a"));
});

Deno.test("a report must contain what its patterns need", () => {
  const open = { isUnsettled: false, isOpen: false };
  assertEquals(reportNeeds([{ outcome: "result" }]), open);
  assertEquals(reportNeeds([{ outcome: "pending" }]), {
    ...open,
    isUnsettled: true,
  });
  assertEquals(reportNeeds([{ ended: false, parts: ["a", "b"] }]), {
    ...open,
    parts: 2,
  });
  assertEquals(
    reportNeeds([{ state: "open", notes: [{ name: "n", payload: "" }] }]),
    { ...open, isOpen: true, notes: 1 },
  );
});
