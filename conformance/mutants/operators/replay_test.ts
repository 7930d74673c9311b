import { assert, assertEquals, assertFalse } from "@std/assert";
import { findProgram, needing } from "../../../scripts/find_program.ts";
import { switchablePython } from "./python.ts";
import { confirms } from "./hunt.ts";
import { replay } from "./replay.ts";
import { chosenRuns } from "./runs.ts";

const python = await findProgram(["python3"], "--version");

const KILLER = "codec/heartbeat/upper-case/chunk:whole";
const OTHER = "codec/heartbeat/example/encode";

Deno.test(needing({ python }, {
  name: "a mutant is tried with its recorded runs, then with those of others",
  async fn() {
    const path = await Deno.makeTempDir();
    try {
      const subject = await switchablePython(new URL(`file://${path}/`));
      const runs = chosenRuns({ only: "codec/heartbeat/*/**" });
      const numbers = [...subject.points.keys()].filter((number) =>
        /^codec\.py:Decoder\._number:/.test(subject.points[number]!.id)
      );
      const hunt = async (
        killers: Readonly<Record<string, readonly string[]>>,
        some: readonly number[] = numbers,
      ) => {
        const { fates, coverage } = await replay(
          subject,
          some,
          { killers },
          runs,
          { updates: false },
        );
        assertEquals(coverage.failing, []);
        return new Map(
          fates.map(({ point, killedBy }) => [point.id, killedBy]),
        );
      };
      const idOf = (number: number) => subject.points[number]!.id;

      // The record of one says what to run with all of them.
      const found = await hunt({ [idOf(numbers[0]!)]: [OTHER, KILLER] });
      const known = numbers.find((number) =>
        found.get(idOf(number))![0] === KILLER
      )!;
      const id = idOf(known);
      assertEquals(
        await hunt({ [id]: [OTHER, KILLER, "no/such/run"] }, [known]),
        new Map([[id, [KILLER, "no/such/run"]]]),
      );
      assertEquals(
        await hunt({ [id]: ["no/such/run"] }, [known]),
        new Map([[id, []]]),
      );
      assertEquals(await hunt({ [id]: [] }, [known]), new Map([[id, []]]));
    } finally {
      await Deno.remove(path, { recursive: true });
    }
  },
}));

Deno.test(needing({ python }, {
  name: "a mutant that is found now and then is not confirmed",
  async fn() {
    const path = await Deno.makeTempDir();
    try {
      const subject = await switchablePython(new URL(`file://${path}/`));
      // Every other start fails.
      const script = `${path}/flapping.sh`;
      await Deno.writeTextFile(
        script,
        `if rmdir ${path}/odd 2>/dev/null; then exec ${subject.command}; fi\nmkdir ${path}/odd\n`,
      );
      const options = { roundTrip: 0, timeoutScale: 1 };
      const isConfirmed = (confirmations?: number) =>
        confirms(`sh ${script}`, [], undefined, { ...options, confirmations });
      assert(await isConfirmed());
      assertFalse(await isConfirmed());
      assertFalse(await isConfirmed(2));
    } finally {
      await Deno.remove(path, { recursive: true });
    }
  },
}));
