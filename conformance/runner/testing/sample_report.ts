/**
 * A report with one result of each verdict, for the tests of reports.
 *
 * @module
 */

import type { Report, Result, Verdict } from "../judging/report.ts";

/** A report of an implementation that is good at some things. */
export function sampleReport(changes: Partial<Report> = {}): Report {
  const implementation = {
    name: "sample",
    version: "1.2.3",
    language: "none",
    homepage: "https://sample.example/",
  };
  return {
    schema: 1,
    corpus: { version: "1.0.0" },
    implementation,
    description: {
      implementation,
      roles: { acceptor: ["tcp"] },
      versions: ["01"],
      operations: ["echo"],
      limits: { name: 4095, payload: 0xffff_ffff },
      features: ["codec"],
    },
    started: "2026-11-25T12:00:00.000Z",
    duration: 1234.5,
    options: { level: "must", seed: 1, jobs: 8 },
    results: [
      result("codec/request/echo/chunk:whole", "pass"),
      result("codec/request/echo/encode", "fail", {
        reason: "wrote 15 bytes, wanted 16",
        expected: ["the bytes r0001004echo00000000"],
        trace: [{ at: 0.25, by: "<", text: 'a "<b>" & \u0001 # ]]>' }],
      }),
      result("codec/request/other/encode", "fail", {
        level: "should",
        gated: false,
        reason: "upper case",
      }),
      result("session/call/slow/role:acceptor/over:tcp", "errored", {
        reason: "could not connect",
      }),
      result("session/call/weak/role:acceptor/over:tcp", "weak", {
        reason: "no ProtocolError",
      }),
      result("session/close/known/role:acceptor/over:tcp", "known", {
        reason: "drops answers # row 77",
      }),
      result("session/close/flaky/role:acceptor/over:tcp", "flaky", {
        reason: "now and then",
      }),
      result("session/stream/none/role:acceptor/over:tcp", "not-applicable", {
        reason: "needs streams",
      }),
      result("session/stream/no/role:acceptor/over:tcp", "skipped", {
        reason: "not today",
      }),
    ],
    stale: ["session/gone"],
    statements: [
      {
        id: "request/answered",
        level: "must",
        passed: 1,
        failed: 1,
        tested: true,
      },
      {
        id: "close/between",
        level: "must",
        passed: 0,
        failed: 0,
        tested: false,
      },
    ],
    status: 1,
    ...changes,
  };
}

/** One result. */
function result(
  name: string,
  verdict: Verdict,
  changes: Partial<Result> = {},
): Result {
  const [suite, topic, what] = name.split("/") as [string, string, string];
  return {
    name,
    id: `${suite}/${topic}/${what}`,
    suite,
    level: "must",
    title: `Something about ${what} holds`,
    spec: ["request/answered"],
    verdict,
    gated: true,
    duration: 12.5,
    ...changes,
  };
}
