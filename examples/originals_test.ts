import { assertEquals } from "@std/assert";
import { toText } from "@std/streams";

/** Runs an example to its end, and returns what it prints. */
async function outputOf(name: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--allow-net",
      "--allow-read",
      "--allow-run",
      new URL(name, import.meta.url).href,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [out, errors] = await Promise.all([
    toText(child.stdout),
    toText(child.stderr),
  ]);
  assertEquals((await child.status).code, 0, errors);
  return out;
}

const OUTPUTS = {
  "limits.ts":
    "20 answers, 2 at once, repeats: true\nwithout repeats, some are refused: true\n",
  "pipe.ts": "25 %\n50 %\n75 %\n100 %\n10\n",
  "stream.ts": "HELLO WORLD\n1\n2\n3\n",
  "tcp.ts": "Hello Rasmus, nice that you are happy\n",
  "tls.ts": "Hello Rasmus over tls\n",
};

for (const [name, output] of Object.entries(OUTPUTS)) {
  Deno.test(`the example ${name} prints what it promises`, async () => {
    assertEquals(await outputOf(name), output);
  });
}

Deno.test("the example read_timeout.ts ends the silent client only", async () => {
  const [ended, alive] = (await outputOf("read_timeout.ts")).trim().split("\n");
  assertEquals(alive, "Hello heartbeat");
  assertEquals(ended?.includes("code 3 (timeout)"), true, ended);
});
