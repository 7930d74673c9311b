import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { AdapterError } from "../implementation.ts";
import { startAdapter, words } from "./start_adapter.ts";

const ADAPTER =
  new URL("../testing/misbehaving_adapter.ts", import.meta.url).pathname;
const START = { protocol: 1 } as const;

function command(...args: string[]): string {
  return [Deno.execPath(), "run", ADAPTER, ...args]
    .map((word) => `'${word}'`).join(" ");
}

Deno.test("a command is split into words", () => {
  for (
    const [text, parts] of [
      ["go run .", ["go", "run", "."]],
      ["  a   b ", ["a", "b"]],
      [`"a b" 'c "d"' e\\f`, ["a b", 'c "d"', "e\\f"]],
      [`--x="a \\"b\\""'c'`, ['--x=a "b"c']],
      [`'' ""`, ["", ""]],
      ["", []],
    ] as const
  ) assertEquals(words(text), [...parts]);
});

Deno.test("a program is started, used and stopped", async () => {
  await using adapter = await startAdapter(command());
  const { implementation } = await adapter.ask("start", START);
  assertEquals(implementation.language, "typescript");
  assertEquals(typeof adapter.pid, "number");
});

Deno.test("a missing program is reported at once", async () => {
  await assertRejects(
    () => startAdapter("./no-such-adapter --fast"),
    AdapterError,
    "Cannot start the adapter ./no-such-adapter: ",
  );
  await assertRejects(
    () => startAdapter("no-such-adapter --fast"),
    AdapterError,
    "Cannot start the adapter no-such-adapter: there is no such program in PATH",
  );
  await assertRejects(
    () => startAdapter(" "),
    AdapterError,
    "the command is empty",
  );
});

Deno.test("a program that exits is reported with its status and its last lines", async () => {
  await using implementation = await startAdapter(command("ends"));
  const error = await assertRejects(
    () => implementation.ask("start", START),
    AdapterError,
  ) as AdapterError;
  assertStringIncludes(
    error.message,
    "it exited with status 3, while start was pending; its standard error ends with\n  first words\n  last words",
  );
});

Deno.test("a program that writes other text is broken, and is ended", async () => {
  await using implementation = await startAdapter(command("babbles"));
  await assertRejects(
    () => implementation.ask("start", START),
    AdapterError,
    "its output is no answer: it is not JSON",
  );
});

Deno.test("a program that does not answer is ended", async () => {
  await using implementation = await startAdapter(command("is silent"), {
    answerTimeout: 50,
  });
  await assertRejects(
    () => implementation.ask("start", START),
    AdapterError,
    "no answer to start (seq 1) in 50 ms",
  );
});

Deno.test({
  name: "what a silent program has started is ended with it",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/pid`;
      // The other program has the output of the first one, which stays open as long as it runs.
      const implementation = await startAdapter(
        `sh -c 'sleep 600 & echo $! > ${file}; wait'`,
        { answerTimeout: 2_000 },
      );
      await assertRejects(
        () => implementation.ask("start", START),
        AdapterError,
        "no answer to start (seq 1) in 2000 ms",
      );
      await implementation[Symbol.asyncDispose]();
      const pid = (await Deno.readTextFile(file)).trim();
      const stat = await Deno.readTextFile(`/proc/${pid}/stat`)
        .catch(() => "gone");
      // Nobody may have asked for its exit status yet.
      assertMatch(stat, /^gone$|\) Z /);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "what is out of reach, and keeps the output of a program, is left after some seconds, which is said once",
  ignore: Deno.build.os === "windows",
  permissions: { run: ["sh"], read: true, write: true },
  fn: async () => {
    const { warn } = console;
    const said: string[] = [];
    console.warn = (text) => said.push(text);
    try {
      const began = performance.now();
      await Promise.all([1, 2].map(async () => {
        const implementation = await startAdapter(
          "sh -c 'sleep 30; true'",
          { answerTimeout: 50 },
        );
        await assertRejects(
          () => implementation.ask("start", START),
          AdapterError,
          "no answer to start (seq 1) in 50 ms",
        );
        await implementation[Symbol.asyncDispose]();
      }));
      assert(performance.now() - began < 20_000);
    } finally {
      console.warn = warn;
    }
    assertEquals(said.length, 1);
  },
});

Deno.test("a command with a quote that is not closed is refused", async () => {
  for (const command of ["./adapter 'a b", 'run "x', "it's"]) {
    await assertRejects(
      async () => await startAdapter(command),
      AdapterError,
      "Cannot start an adapter: a quote is not closed in",
    );
  }
});
