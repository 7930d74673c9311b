/**
 * Measures a scenario: all contenders in turn, round by round.
 *
 * @module
 */

import type { Contender, Programs } from "./_contenders.ts";
import type { Extent, Scenario } from "./_scenarios.ts";
import { Side } from "./_side.ts";
import { median } from "./_statistics.ts";
import type { Figures } from "./_work.ts";

/** For how many rounds the engine may learn what is fast, before the first that counts. */
const WARM_UP_ROUNDS = 4;

/** What share of a volume is moved to warm up. */
const WARM_UP_SHARE = 1 / 8;

/** The memory of one side, in bytes. */
export interface Memory {
  /** With one connection. */
  readonly start: number;
  /** With all connections, before the first round. */
  readonly idle: number;
  /** At most, until the last round was done. */
  readonly peak: number;
}

/** What a contender made of a scenario. */
export interface Result {
  readonly scenario: string;
  readonly contender: Contender;
  /** The median of each figure, and what a connection costs in memory (`clientKiB`, `serverKiB`). */
  readonly figures: Figures;
  /** The figures of each round. */
  readonly rounds: readonly Figures[];
  readonly client: Memory;
  readonly server: Memory;
}

/** How a scenario is measured. */
export interface Setting extends Extent {
  readonly rounds: number;
}

/**
 * Measures a scenario with every contender that can take part.
 *
 * Each has two processes of its own for it, so no other scenario shows in their memory or in what the
 * engine has learned to be fast. Rounds take turns: what slows the machine down for a while slows all.
 */
export async function measure(
  scenario: Scenario,
  contenders: ReadonlyMap<Contender, Programs>,
  setting: Setting,
): Promise<Result[]> {
  await using stack = new AsyncDisposableStack();
  const entries: Entry[] = [];
  for (const [contender, programs] of contenders) {
    if (contender === "go" && !scenario.go) continue;
    entries.push(
      stack.use(new Entry(contender, programs, scenario, setting)),
    );
  }
  for (const entry of entries) await entry.prepare();
  const rounds = Math.min(setting.rounds, scenario.mostRounds ?? Infinity);
  for (let round = 0; round < rounds; round++) {
    // In turn from either end: who follows upon whom must not matter.
    const order = round % 2 === 0 ? entries : entries.toReversed();
    for (const entry of order) await entry.round();
  }
  const results: Result[] = [];
  for (const entry of entries) results.push(await entry.result());
  return results;
}

/** A contender in a scenario. */
class Entry implements AsyncDisposable {
  readonly #contender: Contender;
  readonly #scenario: Scenario;
  readonly #setting: Setting;
  readonly #client: Side;
  readonly #server: Side;
  /** How many connections there are beside the first. */
  readonly #more: number;
  readonly #rounds: Figures[] = [];
  /** The memory of client and server with one connection, and with all. */
  #start: readonly Figures[] = [];
  #idle: readonly Figures[] = [];

  constructor(
    contender: Contender,
    programs: Programs,
    scenario: Scenario,
    setting: Setting,
  ) {
    this.#contender = contender;
    this.#scenario = scenario;
    this.#setting = setting;
    this.#more = Math.ceil((scenario.connections - 1) * setting.share);
    this.#client = new Side(programs.client);
    this.#server = new Side(programs.server);
  }

  /** Opens the connections, and warms up. */
  async prepare(): Promise<void> {
    const { seconds, share } = this.#setting;
    const { work, warmUp = work, transport = "tcp" } = this.#scenario;
    const ports = await this.#server.perform({ kind: "ports" });
    const connect = (connections: number) =>
      this.#client.perform({ kind: "connect", transport, ports, connections });

    // The first one makes both sides load all that they need.
    await connect(1);
    this.#start = await this.#memory();
    await connect(this.#more);
    this.#idle = await this.#memory();
    await this.#client.perform(
      warmUp({
        seconds: seconds * WARM_UP_ROUNDS,
        share: share * WARM_UP_SHARE,
      }),
    );
  }

  /** Does the work once, and notes the figures. */
  async round(): Promise<void> {
    this.#rounds.push(
      await this.#client.perform(this.#scenario.work(this.#setting)),
    );
  }

  /** What came out. */
  async result(): Promise<Result> {
    const end = await this.#memory();
    const memory = (side: 0 | 1): Memory => ({
      start: this.#start[side]!["resident"]!,
      idle: this.#idle[side]!["resident"]!,
      peak: end[side]!["peak"]!,
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

  /** What each connection but the first costs. */
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

/** The median of each figure. */
function medians(rounds: readonly Figures[]): Figures {
  return Object.fromEntries(
    Object.keys(rounds[0] ?? {}).map((name) => [
      name,
      median(rounds.map((figures) => figures[name]!)),
    ]),
  );
}
