/**
 * Checks that an implementation still works while a case misuses it.
 *
 * @module
 */

import type { SessionCase } from "../cases/case.ts";
import type { Implementation } from "../implementation.ts";
import { optionsOf } from "./_requirements.ts";
import {
  SessionConnection,
  type SessionConnectionOptions,
} from "./_session_connection.ts";
import { errorText, VerdictError } from "./_verdict_error.ts";
import type { Wire } from "./wire/wire.ts";

/** Options of health checks. */
export interface HealthCheckOptions extends SessionConnectionOptions {
  readonly case: SessionCase;
  readonly implementation: Implementation;
  /** Opens another connection. */
  readonly open: () => Promise<Wire>;
}

/**
 * Checks an implementation on a bystander connection that is open during the
 * whole case, on new connections, and by its memory.
 */
export class HealthChecks {
  readonly #options: HealthCheckOptions;
  readonly #connections: SessionConnection[] = [];
  #bystander: SessionConnection | undefined;
  #heartbeats: ReturnType<typeof setInterval> | undefined;
  #initialMemory: number | undefined;

  /** Creates the checks of one run. */
  constructor(options: HealthCheckOptions) {
    this.#options = options;
  }

  /** Measures the memory, and opens the bystander connection if the case has one. */
  async begin(): Promise<void> {
    const { implementation, case: { bystander } } = this.#options;
    this.#initialMemory = await residentMemory(implementation.pid);
    if (bystander === true) await this.#openBystander();
  }

  /**
   * Checks the bystander connection, if there is one.
   *
   * @throws {VerdictError} If it is not served.
   */
  async finish(): Promise<void> {
    if (this.#bystander === undefined) return;
    await this.#mustServe("another connection", this.#bystander);
  }

  /**
   * Runs an `alive` step.
   *
   * @throws {VerdictError} If a new connection is not served.
   */
  async newConnection(): Promise<void> {
    let connection: SessionConnection | undefined;
    try {
      connection = await this.#open("new connection");
    } catch (error) {
      this.#fail("a new connection", error);
    }
    await this.#mustServe("a new connection", connection);
    await connection.dispose();
  }

  /**
   * Runs a `memory` step.
   *
   * @param limit How much the memory may have grown, in bytes.
   * @throws {VerdictError} If it has grown by more.
   */
  async memory(limit: number): Promise<void> {
    const { implementation, trace } = this.#options;
    const now = await residentMemory(implementation.pid);
    if (now === undefined || this.#initialMemory === undefined) {
      trace.add("#", "the memory of the implementation cannot be measured");
      return;
    }
    const growth = now - this.#initialMemory;
    trace.add("#", `the memory has grown by ${growth} bytes`);
    if (growth <= limit) return;
    throw new VerdictError("fail", `the memory has grown by ${growth} bytes`, [
      `growth by at most ${limit} bytes`,
    ]);
  }

  /** Releases all connections. */
  async dispose(): Promise<void> {
    clearInterval(this.#heartbeats);
    await Promise.all(
      this.#connections.map((connection) => connection.dispose()),
    );
  }

  async #openBystander(): Promise<void> {
    const connection = await this.#open("bystander");
    this.#bystander = connection;
    const { readTimeout = 0 } = optionsOf(this.#options.case) ?? {};
    if (readTimeout === 0) return;
    const time = Math.floor(Date.now() / 1000);
    const heartbeat = { kind: "Heartbeat", load: 0, time } as const;
    this.#heartbeats = setInterval(
      () => connection.send([heartbeat]).catch(() => {}),
      readTimeout / 4,
    );
  }

  /** Opens a connection and exchanges the versions on it. */
  async #open(label: string): Promise<SessionConnection> {
    const connection = new SessionConnection(await this.#options.open(), {
      ...this.#options,
      unit: "split",
      label,
    });
    this.#connections.push(connection);
    await connection.handshake();
    connection.endStep();
    return connection;
  }

  async #mustServe(
    which: string,
    connection: SessionConnection,
  ): Promise<void> {
    try {
      await connection.echo("are you there");
    } catch (error) {
      this.#fail(which, error);
    }
  }

  #fail(which: string, error: unknown): never {
    this.#options.signal.throwIfAborted();
    throw new VerdictError(
      "fail",
      `${which} was not served: ${errorText(error)}`,
      [`${which} that is served`],
    );
  }
}

/**
 * Returns the resident memory of a process in bytes, `undefined` where it cannot
 * be measured.
 */
async function residentMemory(
  pid: number | undefined,
): Promise<number | undefined> {
  if (pid === undefined || Deno.build.os !== "linux") return undefined;
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
