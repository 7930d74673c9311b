/**
 * Servers of NATS and Redis for tests, which can be killed and started again.
 *
 * @module
 */

import { findProgram } from "../scripts/find_program.ts";

/** The servers that can run. */
export const DATA_SERVERS = {
  "nats-server": await findProgram(
    ["nats-server", "/usr/sbin/nats-server"],
    "--version",
  ),
  "redis-server": await findProgram(["redis-server"], "--version"),
} as const;

/** A server of which there is a package. */
export type DataServerName = keyof typeof DATA_SERVERS;

const ARGUMENTS: Record<DataServerName, (port: number) => string[]> = {
  "nats-server": (port) => ["--addr", "127.0.0.1", "--port", `${port}`],
  "redis-server": (port) => [
    "--bind",
    "127.0.0.1",
    "--port",
    `${port}`,
    "--save",
    "",
    "--appendonly",
    "no",
  ],
};

/** A server on a port of loopback that was free. */
export class DataServer implements AsyncDisposable {
  readonly port: number;
  readonly #name: DataServerName;
  #process: Deno.ChildProcess | undefined;

  private constructor(name: DataServerName) {
    this.#name = name;
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = listener.addr.port;
  }

  /** Starts a server, and waits until it accepts connections. */
  static async start(name: DataServerName): Promise<DataServer> {
    const server = new DataServer(name);
    await server.start();
    return server;
  }

  /** Starts it again. */
  async start(): Promise<void> {
    this.#process = new Deno.Command(DATA_SERVERS[this.#name] ?? this.#name, {
      args: ARGUMENTS[this.#name](this.port),
      cwd: "/",
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let ended = false;
    void this.#process.status.then(() => ended = true);
    for (;;) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port: this.port }))
          .close();
        return;
      } catch (error) {
        if (ended) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  /** Kills it, and waits until it is gone. */
  async kill(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    process?.kill("SIGKILL");
    await process?.status;
  }

  /** Stops it for a while, with its connections open. */
  pause(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
