import { assertEquals, assertGreater } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { reconnect } from "@gotalk/gotalk";

/** The example, in a process. */
class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor(port: number) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-check",
        "--allow-net=127.0.0.1",
        new URL("./graceful.ts", import.meta.url).href,
        `${port}`,
      ],
      stdout: "piped",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
  }

  /** The address that it prints. */
  async address(): Promise<string> {
    return (await this.#lines.read()).value!;
  }

  /** Ends it, and returns the number of calls that it has answered. */
  async end(): Promise<number> {
    this.#child.kill("SIGTERM");
    const { value } = await this.#lines.read();
    assertEquals((await this.#child.status).code, 0);
    return Number(/\d+/.exec(value!)![0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#lines.cancel();
  }
}

Deno.test("a server that is ended by SIGTERM under load and started again loses no call, and repeats none", async () => {
  await using first = new Program(0);
  const address = await first.address();
  const clients = Array.from(
    { length: 8 },
    () => reconnect(address, { initialDelay: 50, maxDelay: 200 }),
  );
  let ended = false;
  let calls = 0;
  /** Makes calls one after the other. */
  async function load(client: typeof clients[number]): Promise<void> {
    while (!ended) {
      const call = calls++;
      assertEquals(await client.request("work", call), call);
    }
  }
  const loads = clients.flatMap((client) =>
    Array.from({ length: 16 }, () => load(client))
  );
  const all = Promise.all(loads);
  /** Waits until this number of calls more was made. */
  const more = (count: number) => {
    const wanted = calls + count;
    return Promise.race([
      all,
      (async () => {
        while (calls < wanted) await clients[0]!.request("work", 0), calls++;
      })(),
    ]);
  };
  await more(500);
  let answered = await first.end();
  assertGreater(answered, 499);
  await using second = new Program(Number(new URL(address).port));
  assertEquals(await second.address(), address.replace(/\/$/, ""));
  await more(500);
  ended = true;
  await all;
  answered += await second.end();
  assertEquals(answered, calls);
  await Promise.all(clients.map((client) => client.close()));
});
