/**
 * Checks that an implementation still works while a case misuses it.
 *
 * @module
 */

import type { SessionCase } from "../cases/case.ts";
import type { Implementation } from "../implementation.ts";
import { memoryOf, type ProcessMemory } from "./_process_memory.ts";
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

/** Why a case without any other failure shows nothing. */
const UNMEASURED =
  "its memory can be measured on Linux only, and only if the runner has started it as a program";

/**
 * Checks an implementation on a bystander connection that is open during the
 * whole case, on new connections, and by its memory.
 */
export class HealthChecks {
  readonly #options: HealthCheckOptions;
  readonly #connections: SessionConnection[] = [];
  #bystander: SessionConnection | undefined;
  #heartbeats: ReturnType<typeof setInterval> | undefined;
  #initialMemory: ProcessMemory | undefined;
  #isUnmeasured = false;

  /** Creates the checks of one run. */
  constructor(options: HealthCheckOptions) {
    this.#options = options;
  }

  /** Measures the memory, and opens the bystander connection if the case has one. */
  async begin(): Promise<void> {
    const { implementation, case: { bystander } } = this.#options;
    this.#initialMemory = await memoryOf(implementation.pid);
    if (bystander === true) await this.#openBystander();
  }

  /**
   * Checks the bystander connection, if there is one.
   *
   * @throws {VerdictError} If it is not served, or if the case passes only as far as its memory is not
   * looked at.
   */
  async finish(): Promise<void> {
    if (this.#bystander !== undefined) {
      await this.#mustServe("another connection", this.#bystander);
    }
    if (this.#isUnmeasured) throw new VerdictError("skipped", UNMEASURED);
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
   * @param growth How much the resident memory may have grown, in bytes.
   * @param reserved How much the reserved address space may have grown, in bytes.
   * @throws {VerdictError} If one of them has grown by more.
   */
  async memory(growth: number, reserved = Infinity): Promise<void> {
    const { implementation, trace } = this.#options;
    const now = await memoryOf(implementation.pid);
    const before = this.#initialMemory;
    if (now === undefined || before === undefined) {
      trace.add("#", "the memory of the implementation cannot be measured");
      this.#isUnmeasured = true;
      return;
    }
    for (
      const [what, grown, limit] of [
        ["memory", now.resident - before.resident, growth],
        ["address space", now.reserved - before.reserved, reserved],
      ] as const
    ) {
      const text = `the ${what} has grown by ${grown} bytes`;
      if (limit !== Infinity) trace.add("#", text);
      if (grown <= limit) continue;
      throw new VerdictError("fail", text, [
        `growth by at most ${limit} bytes`,
      ]);
    }
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
