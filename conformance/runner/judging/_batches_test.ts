import { assertEquals } from "@std/assert";
import type { SessionCase, Step } from "../cases/case.ts";
import type { CaseRun } from "../cases/expand.ts";
import { batches } from "./_batches.ts";

const FLOOD: Step = {
  flood: { times: 2, send: [{ kind: "Heartbeat", load: 0, time: 0 }] },
};
const MEMORY: Step = { memory: { growth: 1 } };

function runOf(name: string, ...steps: readonly Step[]): CaseRun {
  const session: SessionCase = {
    id: name,
    since: "1.0.0",
    level: "must",
    title: name,
    spec: [],
    roles: ["acceptor"],
    steps: [{ handshake: {} }, ...steps],
  };
  return {
    kind: "session",
    name,
    case: session,
    role: "acceptor",
    over: "tcp",
  };
}

Deno.test("runs share an implementation only with those that they do not disturb", () => {
  const runs = [
    runOf("echo", { echo: "ping" }),
    runOf("unread", { hold: {} }),
    runOf("flood", FLOOD),
    runOf("flood-measured", FLOOD, MEMORY),
    runOf("flood-virtual", FLOOD, { advance: 10 }),
    runOf("virtual", { advance: 10 }),
  ];
  const names = Object.entries(batches(runs, () => undefined)).map(
    ([batch, its]) => [batch, its.map(({ name }: CaseRun) => name)],
  );
  assertEquals(Object.fromEntries(names), {
    common: ["echo"],
    virtual: ["virtual"],
    waiting: [],
    timed: [],
    large: ["unread"],
    busy: ["flood"],
    heavy: ["flood-measured", "flood-virtual"],
    ending: [],
  });
});
