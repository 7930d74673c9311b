import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseArguments } from "./arguments.ts";
import { COMMANDS, isCommandName } from "./commands.ts";
import { commandHelp, programHelp } from "./help.ts";
import { gotalk } from "./testing/program.ts";

/** Whether every line fits into a terminal of 80 columns. */
function assertFits(text: string): void {
  for (const line of text.split("\n")) assert(line.length <= 80, line);
}

Deno.test("the help lists every command, and fits into 80 columns", () => {
  const help = programHelp();
  assertFits(help);
  for (const [name, { about }] of Object.entries(COMMANDS)) {
    assertStringIncludes(help, `\n  ${name.padEnd(13)}${about}`);
  }
});

const NAMES = Object.keys(COMMANDS).filter(isCommandName);

for (const name of NAMES) {
  Deno.test(`the help of ${name} fits, and its examples are right`, async () => {
    const command = await COMMANDS[name].load();
    assertFits(commandHelp(name, command));
    assert(command.examples.length > 0);
    for (const [example] of command.examples) {
      const [first, ...args] = words(example);
      assertEquals(first, name);
      parseArguments(args, command);
    }
    const names = command.options.map((option) => option.name);
    assertEquals(names.length, new Set(names).size);
  });
}

/** Splits a command line as a shell does, up to a redirection. */
function words(text: string): string[] {
  const [command = ""] = text.split(/ [<>] /);
  return Array.from(
    command.matchAll(/(?:'[^']*'|[^' ])+/g),
    ([word]) => word.replaceAll("'", ""),
  );
}

Deno.test("the program shows its help and version, and refuses other words", async () => {
  const { status, out } = await gotalk(["--help"]);
  assertEquals([status, out], [0, `${programHelp()}\n`]);
  const notify = await gotalk(["notify", "x", "--help"]);
  assertEquals(notify.status, 0);
  assertStringIncludes(notify.out, "Usage: gotalk notify URL NAME [INPUT]");
  assertStringIncludes((await gotalk(["--version"])).out, "gotalk 0.");
  for (const args of [[], ["frob"], ["constructor"], ["--frob"]]) {
    const { status, out, err } = await gotalk(args);
    assertEquals([status, out], [2, ""]);
    assertStringIncludes(err, "see gotalk --help\n");
  }
});
