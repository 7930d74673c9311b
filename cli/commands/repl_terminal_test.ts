/**
 * Tests the subcommand `repl` in a terminal, which `script` of util-linux makes.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { Handlers, serve } from "@gotalk/gotalk";
import { findProgram, needing } from "../../scripts/find_program.ts";

const SCRIPT = await findProgram(["script"], "--version");
const MAIN = new URL("../main.ts", import.meta.url).pathname;

/** The longest time that a test takes, in milliseconds. */
const TIMEOUT = 60_000;

const CTRL_C = "\x03";
const CTRL_D = "\x04";

/** The program in a terminal. Disposing of it ends it. */
class TerminalProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #output: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(...args: readonly string[]) {
    const command = [Deno.execPath(), "run", "-A", "--no-check", MAIN, ...args]
      .map((word) => `'${word}'`).join(" ");
    this.#child = new Deno.Command(SCRIPT ?? "script", {
      args: [
        "--quiet",
        "--flush",
        "--return",
        "--command",
        command,
        "/dev/null",
      ],
      env: { TERM: "xterm" },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout
      .pipeThrough(new TextDecoderStream() as never)
      .getReader() as ReadableStreamDefaultReader<string>;
  }

  async type(keys: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(keys));
  }

  /** Reads until a text has been shown, and returns what was shown with it. */
  async shown(wanted: string): Promise<string> {
    for (;;) {
      const at = this.#text.indexOf(wanted);
      if (at >= 0) {
        const end = at + wanted.length;
        const shown = this.#text.slice(0, end);
        this.#text = this.#text.slice(end);
        return shown;
      }
      const { done, value } = await this.#output.read();
      if (done) throw new Error(`"${wanted}" is not in ${this.#text}`);
      this.#text += value;
    }
  }

  /** Returns the exit status, once it has ended. */
  async status(): Promise<number> {
    while (!(await this.#output.read()).done);
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#input.close().catch(() => {});
    await this.status();
    this.#output.releaseLock();
  }
}

function terminalTest(
  name: string,
  test: (repl: TerminalProgram, asked: Promise<AbortSignal>) => Promise<void>,
): void {
  Deno.test(needing({ script: SCRIPT }, {
    name: `in a terminal, repl ${name}`,
    timeout: TIMEOUT,
    async fn() {
      const asked = Promise.withResolvers<AbortSignal>();
      const handlers = new Handlers()
        .handle("greet", (name: string) => `Hello ${name}`)
        .handle("wait", (_: unknown, { signal }) => {
          asked.resolve(signal);
          return new Promise(() => {});
        });
      await using server = await serve({ port: 0, onEvent() {} }, handlers);
      await using repl = new TerminalProgram("repl", server.address);
      await repl.shown(".help for help");
      await repl.shown("> ");
      await test(repl, asked.promise);
    },
  }));
}

terminalTest(
  "cancels a request at Ctrl-C, and goes on",
  async (repl, asked) => {
    await repl.type("wait\r");
    const signal = await asked;
    const cancelled = new Promise((resolve) =>
      signal.addEventListener("abort", resolve, { once: true })
    );
    await repl.type(CTRL_C);
    await repl.shown("cancelled by Ctrl-C");
    await cancelled;
    await repl.shown("> ");
    await repl.type('greet "you"\r');
    await repl.shown("Hello you");
    await repl.type(".exit\r");
    assertEquals(await repl.status(), 0);
  },
);

terminalTest("clears the line at Ctrl-C, also from within it", async (repl) => {
  const left = "\x1b[D";
  await repl.type(`greet "nobody${left}${left}${CTRL_C}greet "you"\r`);
  const shown = await repl.shown("Hello ");
  assertStringIncludes(shown, "nobody");
  await repl.shown("you");
  await repl.type(CTRL_D);
  assertEquals(await repl.status(), 0);
});

terminalTest("ends at Ctrl-C on an empty line", async (repl) => {
  await repl.type(CTRL_C);
  assertEquals(await repl.status(), 130);
});
