import { assertEquals, assertStringIncludes } from "@std/assert";
import { findProgram, needing } from "../../scripts/find_program.ts";
import { gotalk } from "../testing/program.ts";

/** What checks a script without running it, and what runs a few of its completions. */
const SHELLS: Readonly<Record<string, { check: string[]; run?: string }>> = {
  bash: {
    check: ["-n"],
    run: `. "$1"
complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gotalk 2>/dev/null; echo "\${COMPREPLY[*]}"; }
complete_words gotalk re
complete_words gotalk request --ti
complete_words gotalk serve --ex
complete_words gotalk decode --`,
  },
  zsh: { check: ["-n"] },
  fish: { check: ["--no-execute"] },
};

for (const [shell, { check, run }] of Object.entries(SHELLS)) {
  const program = await findProgram([shell], "--version");
  Deno.test(needing({ [shell]: program }, {
    name: `${shell} accepts the completions for it`,
    fn: async () => {
      const { status, out, err } = await gotalk(["completions", shell]);
      assertEquals([status, err], [0, ""]);
      const file = await Deno.makeTempFile();
      try {
        await Deno.writeTextFile(file, out);
        const checked = await output(program!, ...check, file);
        assertEquals(checked, "");
        if (run === undefined) return;
        assertEquals(
          (await output(program!, "-c", run, "-", file)).split("\n"),
          [
            "request replay repl",
            "--timeout",
            "--exec",
            "--payload --port --json --help",
            "",
          ],
        );
      } finally {
        await Deno.remove(file);
      }
    },
  }));
}

async function output(program: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, { args }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stderr) + decoder.decode(stdout);
}

Deno.test("completions name each command and option, with what they do", async () => {
  const { out } = await gotalk(["completions", "fish"]);
  assertStringIncludes(
    out,
    "-f -a decode -d 'print the messages of recordings and captures'",
  );
  assertStringIncludes(
    out,
    "from request' -l ca -r -F -d 'certificates in PEM",
  );
});

Deno.test("completions refuses other shells", async () => {
  const { status, out, err } = await gotalk(["completions", "tcsh"]);
  assertEquals([status, out], [2, ""]);
  assertStringIncludes(err, "wanted bash, zsh or fish");
});
