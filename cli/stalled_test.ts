import { assertEquals, assertMatch } from "@std/assert";
import { gotalk, RunningProgram } from "./testing/program.ts";

/** More than the buffers of a connection on loopback hold, as JSON. */
const LARGE = JSON.stringify("a".repeat(16 * 1024 * 1024));

/** A server that sends the version, and reads nothing but `first` bytes. */
class StalledServer implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns: Deno.Conn[] = [];
  readonly #read = Promise.withResolvers<void>();

  constructor() {
    void this.#accept();
  }

  get url(): string {
    return `tcp://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  /** Resolves once a client has sent something. */
  get read(): Promise<void> {
    return this.#read.promise;
  }

  async #accept(): Promise<void> {
    try {
      for await (const conn of this.#listener) {
        this.#conns.push(conn);
        await conn.write(new TextEncoder().encode("01"));
        await conn.read(new Uint8Array(16));
        this.#read.resolve();
      }
    } catch {
      // It is closed.
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const conn of this.#conns) conn.close();
  }
}

/** Subcommands that send much, or wait for an answer. */
const COMMANDS: readonly (readonly string[])[] = [
  ["request", "echo", "-"],
  ["request", "echo", "1", "--login=login=-"],
  ["notify", "echo", "-"],
  ["stream", "echo"],
  ["ping"],
  ["operations"],
];

for (const [name, ...args] of COMMANDS) {
  // The second one is not for the quick way.
  for (const end of name === "ping" ? [""] : ["", "/"]) {
    const title = [name, ...args, ...end && ["(whole peer)"]].join(" ");
    Deno.test(`${title} ends in time if the remote peer reads nothing`, async () => {
      using server = new StalledServer();
      const url = `${server.url}${end}`;
      const { status, out, err } = await gotalk(
        [name!, url, ...args, "--timeout=300ms"],
        { input: LARGE },
      );
      assertEquals([status, out], [4, ""], err);
      assertMatch(err, /^gotalk: [^\n]+ 300 ms[^\n]*\n$/);
    });

    Deno.test(`${title} ends at an interrupt if the remote peer reads nothing`, async () => {
      using server = new StalledServer();
      await using program = new RunningProgram(
        [name!, `${server.url}${end}`, ...args],
      );
      const written = program.write(LARGE).then(() => program.end());
      written.catch(() => {/* It has ended. */});
      await server.read;
      assertEquals(await program.interrupt(), 130);
    });
  }
}
