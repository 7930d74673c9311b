import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { needing } from "../scripts/find_program.ts";

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function attack(...args: string[]): Promise<Run> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-all",
      new URL("main.ts", import.meta.url).href,
      ...args,
    ],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("deno task attack prints help", async () => {
  const { code, stdout } = await attack("--help");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "Usage: deno task attack");
});

for (
  const [args, message] of [
    [["--seconds", "0"], 'Cannot set --seconds: got "0"'],
    [["--target", "udp"], 'Cannot set --target: got "udp"'],
    [["--layer", "ip"], 'Cannot set --layer: got "ip"'],
    [["--stop-after", "x"], 'Cannot set --stop-after: got "x"'],
    [["no-such"], "Cannot attack by no-such"],
    [["--unknown"], "'--unknown'"],
  ] as const
) {
  Deno.test(`deno task attack refuses ${args.join(" ")}`, async () => {
    const { code, stderr } = await attack(...args);
    assertEquals(code, 2);
    assertStringIncludes(stderr, message);
  });
}

Deno.test(needing({ linux: Deno.build.os === "linux" ? "linux" : undefined }, {
  name: "deno task attack judges a server by what an attack does to it",
  fn: async () => {
    const page = await Deno.makeTempFile();
    await Deno.writeTextFile(page, "# Attacks\n");
    const options = ["--clients", "2", "--seconds", "0.2", "--target", "tcp"];
    options.push("--update", "--page", page);
    const { code, stdout } = await attack(...options, "echo");
    assertEquals(code, 0, stdout);
    assertMatch(stdout, /^\| echo \(tcp\) \| \d+ → \d+ → \d+ +\|/m);
    assertMatch(stdout, /^1 passed, 0 failed: 2 hostile clients/m);
    const written = await Deno.readTextFile(page);
    assertMatch(written, /^Last run: on \d+ cores?\. 1 of \d+ rows\./m);
    assertStringIncludes(written, "| 2, 0.2 s ");
    assertStringIncludes(written, stdout.split("\n").slice(0, 3).join("\n"));
    // What the page has is not measured again.
    const again = await attack(...options, "--missing", "echo");
    assertMatch(again.stdout, /^0 passed, 0 failed/m);
    await Deno.remove(page);
  },
}));
