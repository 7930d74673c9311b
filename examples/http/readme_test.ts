import { assertEquals } from "@std/assert";
import { findProgram, needing } from "../../scripts/find_program.ts";

/** What a terminal shows: a command, and what it prints. */
interface Shown {
  readonly command: string;
  readonly output: string;
}

/** Reads the commands of the block of code that begins with a prompt. */
function shownCommands(markdown: string, start: string): Shown[] {
  const from = markdown.indexOf(start);
  const block = markdown.slice(from, markdown.indexOf("```", from));
  return block.split(/^\$ /m).filter((text) => text !== "").map((text) => {
    const end = text.indexOf("\n");
    return { command: text.slice(0, end), output: text.slice(end + 1) };
  });
}

Deno.test(needing({ curl: await findProgram(["curl"], "--version") }, {
  name: "the README's commands of curl print what it says",
  async fn(test) {
    const readme = await Deno.readTextFile(
      new URL("../../README.md", import.meta.url),
    );
    const app = new URL("./app.ts", import.meta.url);
    const [, program = ""] = (await Deno.readTextFile(app)).split("*/\n\n");
    assertEquals(readme.includes(`\`\`\`ts ignore\n${program}\`\`\``), true);
    const { default: { fetch } } = await import(app.href);
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      fetch,
    );
    const commands = shownCommands(readme, "$ curl localhost:8000");
    assertEquals(commands.length, 8);
    for (const { command, output } of commands) {
      await test.step(command, async () => {
        const address = `127.0.0.1:${server.addr.port}`;
        const { stdout } = await new Deno.Command("sh", {
          args: ["-c", command.replace("localhost:8000", address)],
          env: { no_proxy: "127.0.0.1" },
        }).output();
        // A terminal begins a line for the next prompt.
        const printed = new TextDecoder().decode(stdout);
        assertEquals(printed.replace(/([^\n])$/, "$1\n"), output);
      });
    }
  },
}));
