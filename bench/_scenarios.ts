/**
 * The scenarios that are measured.
 *
 * @module
 */

import type { Transport, Work } from "./_work.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** The largest payload that the peers accept, in bytes. */
export const MAX_PAYLOAD: number = 64 * MIB;

/** The length of a round. */
export interface RoundOptions {
  /**
   * The duration of a round, in seconds, unless a fixed volume determines it.
   */
  readonly seconds: number;
  /**
   * The fraction of the full volumes and connection counts that is used, from 0
   * to 1.
   */
  readonly scale: number;
}

/** One line of the table. */
export interface Row {
  /** The figure of the scenario that it shows. */
  readonly figure: string;
  readonly title: string;
  readonly unit: string;
}

/** Work that every contender performs in several rounds. */
export interface Scenario {
  /** The name that `--only` matches. */
  readonly name: string;
  readonly rows: readonly Row[];
  /** The number of connections to open first. */
  readonly connections: number;
  /** The transport of the connections; TCP by default. */
  readonly transport?: Transport;
  /** Returns the work of the client in each round. */
  readonly work: (options: RoundOptions) => Work;
  /**
   * Returns the work of the client during the warm-up; by default that of a
   * round.
   */
  readonly warmUp?: (options: RoundOptions) => Work;
  /**
   * The maximum number of rounds, for scenarios with long rounds and little
   * variation.
   */
  readonly maxRounds?: number;
  /** Whether the Go implementation supports it; `false` by default. */
  readonly go?: boolean;
}

const ARTICLE = { upload: "an upload", download: "a download" } as const;

/** All scenarios, in the order in which they are measured. */
export const SCENARIOS: readonly Scenario[] = [
  ...[1, 64, 1024].flatMap((inFlight) => [
    calls("16B", 16, inFlight),
    calls("1KiB", KIB, inFlight),
  ]),
  {
    name: "notifications-16B",
    rows: [row("rate", "notifications 16 B", "1/s")],
    connections: 1,
    work: ({ seconds }) => ({ kind: "notifications", size: 16, seconds }),
    go: true,
  },
  calls("1MiB", MIB, 1),
  calls("1MiB", MIB, 1, true),
  calls("64MiB", MAX_PAYLOAD, 1),
  calls("64MiB", MAX_PAYLOAD, 1, true),
  transfer("upload", false),
  transfer("upload", true),
  transfer("download", false),
  transfer("download", true),
  active(100),
  active(1_000),
  {
    name: "connections-idle",
    rows: [
      row("clientKiB", "10,000 idle connections, client", "KiB each"),
      row("serverKiB", "10,000 idle connections, server", "KiB each"),
    ],
    connections: 10_000,
    work: () => ({ kind: "memory" }),
    maxRounds: 1,
  },
  beside("stream", "upload"),
  beside("download", "download"),
  over("tcp-uncredited", transfer("upload", false)),
  over("tcp-uncredited", transfer("download", false)),
  over("websocket", calls("16B", 16, 1)),
  over("websocket", calls("1KiB", KIB, 1)),
  over("websocket", calls("64KiB", 64 * KIB, 1)),
  over("websocket", calls("16B", 16, 64)),
  over("upgrade", calls("16B", 16, 1)),
  over("upgrade", calls("16B", 16, 64)),
  over("upgrade", calls("16B", 16, 1024)),
  over("upgrade-merged", calls("16B", 16, 1)),
  over("upgrade-merged", calls("16B", 16, 64)),
  over("upgrade-merged", calls("16B", 16, 1024)),
];

function row(figure: string, title: string, unit: string): Row {
  return { figure, title, unit };
}

function calls(
  text: string,
  size: number,
  inFlight: number,
  recycles = false,
): Scenario {
  const payload = text.replace(/\D+$/, " $&");
  const isSmall = size <= KIB;
  const work = (inFlight: number) => ({ seconds, scale }: RoundOptions) => ({
    kind: "calls",
    size: isSmall ? size : Math.ceil(size * scale),
    inFlight,
    seconds,
    recycles,
  } as const);
  return {
    name: `calls-${text}-${inFlight}${recycles ? "-recycled" : ""}`,
    rows: [
      row(
        "rate",
        `calls ${payload}, ${inFlight} in flight${
          recycles ? ", recycled" : ""
        }`,
        "1/s",
      ),
    ],
    connections: 1,
    work: work(inFlight),
    // With one small call at a time, the engine needs many rounds until it
    // compiles the hot code.
    warmUp: work(isSmall ? Math.max(inFlight, 64) : inFlight),
    go: true,
  };
}

/**
 * Returns a scenario over another transport, which the Go program does not
 * support.
 */
function over(transport: Transport, scenario: Scenario): Scenario {
  return {
    ...scenario,
    name: `${transport}-${scenario.name}`,
    rows: scenario.rows.map(({ title, ...row }) => ({
      ...row,
      title: `${title}, ${transport}`,
    })),
    transport,
    go: false,
  };
}

function transfer(kind: "upload" | "download", byob: boolean): Scenario {
  return {
    name: byob ? `${kind}-byob` : kind,
    rows: [
      row(
        "rate",
        `${kind} 1 GiB, 64 KiB chunks${byob ? ", byob" : ""}`,
        "MB/s",
      ),
    ],
    connections: 1,
    work: ({ scale }) => ({
      kind,
      bytes: Math.ceil(KIB * MIB * scale),
      chunk: 64 * KIB,
      byob,
    }),
    maxRounds: 3,
  };
}

/** Returns the scenario of calls beside a transfer on the same connection. */
function beside(name: string, direction: "upload" | "download"): Scenario {
  return {
    name: `beside-${name}`,
    rows: [
      row("alone50", "call 16 B alone, median", "µs"),
      row("alone99", "call 16 B alone, 99th percentile", "µs"),
      row("loaded50", `call 16 B during ${ARTICLE[direction]}, median`, "µs"),
      row(
        "loaded99",
        `call 16 B during ${ARTICLE[direction]}, 99th percentile`,
        "µs",
      ),
    ],
    connections: 1,
    work: ({ seconds }) => ({
      kind: "latency",
      direction,
      size: 16,
      chunk: 64 * KIB,
      seconds: seconds * 2,
    }),
  };
}

function active(connections: number): Scenario {
  const title = `calls 16 B, ${connections.toLocaleString("en")} connections`;
  return {
    name: `connections-${connections}`,
    rows: [row("rate", title, "1/s")],
    connections,
    work: ({ seconds }) => ({
      kind: "calls",
      size: 16,
      inFlight: 1,
      seconds,
      recycles: false,
    }),
    go: true,
  };
}
