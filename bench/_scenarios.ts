/**
 * What is measured.
 *
 * @module
 */

import type { Transport, Work } from "./_work.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** The largest payload that peers of the harness take. */
export const MAX_PAYLOAD: number = 64 * MIB;

/** How much is measured. */
export interface Extent {
  /** How long a round goes on, where it is not done when a volume is through. */
  readonly seconds: number;
  /** What share of the full volumes and numbers of connections is used, 0 to 1. */
  readonly share: number;
}

/** One line of the table. */
export interface Row {
  /** Which of the scenario's figures it shows. */
  readonly figure: string;
  readonly title: string;
  readonly unit: string;
}

/** Something that every contender does, so many times in turn. */
export interface Scenario {
  /** What `--only` picks it by. */
  readonly name: string;
  readonly rows: readonly Row[];
  /** How many connections are opened first. */
  readonly connections: number;
  /** What carries their bytes; TCP by default. */
  readonly transport?: Transport;
  /** What the client then does in each round. */
  readonly work: (extent: Extent) => Work;
  /** What it does before the first one, if that is not the same. */
  readonly warmUp?: (extent: Extent) => Work;
  /** How many rounds suffice, since each one takes long and varies little. */
  readonly mostRounds?: number;
  /** Whether the Go implementation can take part. */
  readonly go?: boolean;
}

/** Everything that is measured, in this order. */
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
    mostRounds: 1,
  },
  {
    name: "beside-stream",
    rows: [
      row("alone50", "call 16 B alone, median", "µs"),
      row("alone99", "call 16 B alone, 99th percentile", "µs"),
      row("beside50", "call 16 B beside a stream, median", "µs"),
      row("beside99", "call 16 B beside a stream, 99th percentile", "µs"),
    ],
    connections: 1,
    work: ({ seconds }) => ({
      kind: "latency",
      size: 16,
      chunk: 64 * KIB,
      seconds: seconds * 2,
    }),
  },
  over("websocket", calls("16B", 16, 1)),
  over("websocket", calls("1KiB", KIB, 1)),
  over("websocket", calls("64KiB", 64 * KIB, 1)),
  over("websocket", calls("16B", 16, 64)),
  over("upgrade", calls("16B", 16, 1)),
  over("upgrade", calls("16B", 16, 64)),
  over("upgrade-merged", calls("16B", 16, 1)),
  over("upgrade-merged", calls("16B", 16, 64)),
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
  const work = (inFlight: number) => ({ seconds, share }: Extent) => ({
    kind: "calls",
    size: isSmall ? size : Math.ceil(size * share),
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
    // One small call after the other, the engine would take many rounds to see what is called often.
    warmUp: work(isSmall ? Math.max(inFlight, 64) : inFlight),
    go: true,
  };
}

/** The same over another transport, which the Go implementation does not take part in. */
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
    work: ({ share }) => ({
      kind,
      bytes: Math.ceil(KIB * MIB * share),
      chunk: 64 * KIB,
      byob,
    }),
    mostRounds: 3,
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
