import { assert, assertEquals } from "@std/assert";
import { findProgram, needing } from "../../../scripts/find_program.ts";
import { campaign, type Fate } from "./campaign.ts";
import { cover } from "./coverage.ts";
import { switchablePython } from "./python.ts";
import { chosenRuns } from "./runs.ts";
import { loadCoverage, saveCoverage } from "./saved_coverage.ts";

const python = await findProgram(["python3"], "--version");

Deno.test(needing({ python }, {
  name: "a campaign kills what its cases see, and no other mutant",
  async fn() {
    const path = await Deno.makeTempDir();
    try {
      const subject = await switchablePython(new URL(`file://${path}/`));
      const runs = chosenRuns({ only: "codec/heartbeat/{upper-case,example}" });
      const coverage = await cover(subject, runs, { jobs: 1 });
      assertEquals(coverage.failing, []);
      assertEquals(coverage.passing.length, runs.length);

      const numbers = [...subject.points.keys()].filter((number) => {
        const { id } = subject.points[number]!;
        return /:Decoder\._number:length:|:Peer\.drain:drop:/.test(id);
      });
      const fates = await campaign(subject, coverage, numbers, {
        jobs: 1,
        finds: 2,
      });
      const statuses = (part: string) =>
        fates.filter(({ point }) => point.id.includes(part))
          .map(({ status }) => status);
      assert(statuses("_number").includes("killed"));
      assertEquals(new Set(statuses("drain")), new Set(["unreached"]));
      const isFound = ({ killedBy }: Fate) =>
        killedBy.some((run) => run.startsWith("codec/heartbeat/upper-case/"));
      assert(fates.some(isFound));

      const kept = `${path}/control.json`;
      await saveCoverage(kept, subject.points, coverage);
      const loaded = await loadCoverage(kept, subject.points, runs);
      assertEquals(loaded?.reaching, coverage.reaching);
      assertEquals(await loadCoverage(kept, [], runs), undefined);
    } finally {
      await Deno.remove(path, { recursive: true });
    }
  },
}));
