import { assert, assertEquals } from "@std/assert";
import { findProgram, needing } from "../../../scripts/find_program.ts";

const python = await findProgram(["python3"], "--version");

Deno.test(needing({ python }, {
  name: "the arguments of max and min are not swapped in Python either",
  async fn() {
    const source = await Deno.makeTempDir();
    const target = await Deno.makeTempDir();
    try {
      const text = "def f(a, b):\n    return max(a, b) + g(a, b)\n";
      await Deno.writeTextFile(`${source}/a.py`, text);
      const script = new URL("mutate.py", import.meta.url).pathname;
      const { success, stdout } = await new Deno.Command("python3", {
        args: [script, source, target, "a.py"],
      }).output();
      assert(success);
      const points: { operator: string; before: string }[] = JSON
        .parse(new TextDecoder().decode(stdout));
      const swapped = points.filter(({ operator }) => operator === "argument");
      assertEquals(swapped.map(({ before }) => before), ["a, b"]);
    } finally {
      await Deno.remove(source, { recursive: true });
      await Deno.remove(target, { recursive: true });
    }
  },
}));
