import { assertEquals, assertGreater } from "@std/assert";
import type { Report } from "./testing/deploy.ts";

Deno.test("on a platform that starts, kills and moves instances, no call runs twice, and those in doubt are reported", async () => {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--unstable-worker-options",
      "--allow-net=127.0.0.1",
      "--allow-read",
      new URL("./testing/deploy.ts", import.meta.url).href,
    ],
    stderr: "null",
  }).output();
  assertEquals(success, true);
  const report: Report = JSON.parse(new TextDecoder().decode(stdout));
  const { calls, kills, mayRead, outcomes, wrong } = report;
  assertEquals({ calls, kills, mayRead, wrong }, {
    calls: 480,
    kills: 12,
    mayRead: false,
    wrong: [],
  });
  // Clients have come back after each kill.
  assertGreater(outcomes["result"], 240);
  assertGreater(outcomes["unknown"], 0);
});
