/**
 * Measures a scenario with all contenders, round by round.
 *
 * @module
 */

import type { Contender, Programs } from "./_contenders.ts";
import type { RoundOptions, Scenario } from "./_scenarios.ts";
import { WorkerProcess } from "./_worker_process.ts";
import { median } from "./statistics.ts";
import type { Figures } from "./_work.ts";

/**
 * The length of the warm-up, in rounds, for the engine to compile the hot code.
 */
const WARM_UP_ROUNDS = 4;

/** The fraction of the full volume that the warm-up transfers. */
const WARM_UP_SCALE = 1 / 8;

/** The resident memory of one process, in bytes. */
export interface Memory {
  /** With one connection. */
  readonly start: number;
  /** With all connections, before the first round. */
  readonly idle: number;
  /** The peak up to the end of the last round. */
  readonly peak: number;
}

/** The result of a scenario for one contender. */
export interface Result {
  readonly scenario: string;
  readonly contender: Contender;
  /**
   * The median of each figure, and the memory per connection (`clientKiB`,
   * `serverKiB`).
   */
  readonly figures: Figures;
  /** The figures of each round. */
  readonly rounds: readonly Figures[];
  readonly client: Memory;
  readonly server: Memory;
}

/** Options for measuring a scenario. */
export interface MeasureOptions extends RoundOptions {
  readonly rounds: number;
}

/**
 * Measures a scenario with every contender that supports it.
 *
 * Each contender gets two new processes for each scenario, so other scenarios
 * affect neither their memory nor the code that the engine has optimized.
 * Rounds alternate between contenders, so a temporary slowdown of the machine
 * affects all of them.
 */
export async function measure(
  scenario: Scenario,
  contenders: ReadonlyMap<Contender, Programs>,
  options: MeasureOptions,
): Promise<Result[]> {
  await using stack = new AsyncDisposableStack();
  const runs: ScenarioRun[] = [];
  for (const [contender, programs] of contenders) {
    if (contender === "go" && !scenario.go) continue;
    runs.push(
      stack.use(new ScenarioRun(contender, programs, scenario, options)),
    );
  }
  for (const run of runs) await run.prepare();
  const rounds = Math.min(options.rounds, scenario.maxRounds ?? Infinity);
  for (let round = 0; round < rounds; round++) {
    // Every other round runs in reverse order, so that no contender always runs
    // after the same one.
    const order = round % 2 === 0 ? runs : runs.toReversed();
    for (const run of order) await run.round();
  }
  const results: Result[] = [];
  for (const run of runs) results.push(await run.result());
  return results;
}

/** The run of a scenario for one contender. */
class ScenarioRun implements AsyncDisposable {
  readonly #contender: Contender;
  readonly #scenario: Scenario;
  readonly #options: MeasureOptions;
  readonly #client: WorkerProcess;
  readonly #server: WorkerProcess;
  /** The number of connections after the first. */
  readonly #more: number;
  readonly #rounds: Figures[] = [];
  /** The memory of client and server with one connection. */
  #start: readonly Figures[] = [];
  /** The memory of client and server with all connections. */
  #idle: readonly Figures[] = [];

  constructor(
    contender: Contender,
    programs: Programs,
    scenario: Scenario,
    options: MeasureOptions,
  ) {
    this.#contender = contender;
    this.#scenario = scenario;
    this.#options = options;
    this.#more = Math.ceil((scenario.connections - 1) * options.scale);
    this.#client = new WorkerProcess(programs.client);
    this.#server = new WorkerProcess(programs.server);
  }

  /** Opens the connections and warms up. */
  async prepare(): Promise<void> {
    const { seconds, scale } = this.#options;
    const { work, warmUp = work, transport = "tcp" } = this.#scenario;
    const ports = await this.#server.perform({ kind: "ports" });
    const connect = (connections: number) =>
      this.#client.perform({ kind: "connect", transport, ports, connections });

    // The first connection makes both processes load all of their code.
    await connect(1);
    this.#start = await this.#memory();
    await connect(this.#more);
    this.#idle = await this.#memory();
    await this.#client.perform(
      warmUp({
        seconds: seconds * WARM_UP_ROUNDS,
        scale: scale * WARM_UP_SCALE,
      }),
    );
  }

  /** Performs the work once and records the figures. */
  async round(): Promise<void> {
    this.#rounds.push(
      await this.#client.perform(this.#scenario.work(this.#options)),
    );
  }

  /** Returns the result. */
  async result(): Promise<Result> {
    const end = await this.#memory();
    const memory = (index: 0 | 1): Memory => ({
      start: this.#start[index]!["resident"]!,
      idle: this.#idle[index]!["resident"]!,
      peak: end[index]!["peak"]!,
    });
    const [client, server] = [memory(0), memory(1)];
    return {
      scenario: this.#scenario.name,
      contender: this.#contender,
      figures: {
        ...medians(this.#rounds),
        clientKiB: this.#perConnection(client),
        serverKiB: this.#perConnection(server),
      },
      rounds: this.#rounds,
      client,
      server,
    };
  }

  /** Returns the memory of each connection after the first, in KiB. */
  #perConnection({ start, idle }: Memory): number {
    return (idle - start) / 1024 / Math.max(1, this.#more);
  }

  async #memory(): Promise<Figures[]> {
    return [
      await this.#client.perform({ kind: "memory" }),
      await this.#server.perform({ kind: "memory" }),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

/** Returns the median of each figure. */
function medians(rounds: readonly Figures[]): Figures {
  return Object.fromEntries(
    Object.keys(rounds[0] ?? {}).map((name) => [
      name,
      median(rounds.map((figures) => figures[name]!)),
    ]),
  );
}
