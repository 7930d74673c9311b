/**
 * Measures small calls beside a bulk stream on the same connection, and the
 * stream beside the calls: `deno task bench:beside [OPTIONS]`.
 *
 *     --rounds=7      number of rounds to take medians of
 *     --seconds=0.5   length of each measurement
 *     --limits={}     limits of both peers, as JSON
 *     --byob          the streams are read into buffers of the reader
 *
 * The goal, P12: the 99th percentile of a call of 16 bytes beside an upload or a
 * download is at most 5 times that of one without, and the stream is at least
 * 0.9 times as fast as without the calls, and as without credit. The calls are
 * made one after another.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { connect, type Peer } from "../mod.ts";
import { Child } from "./_child.ts";
import { positive } from "./command_line.ts";
import { median, quantile } from "./statistics.ts";

const DIRECTIONS = ["upload", "download"] as const;

/** What is measured in one round, in microseconds and MB/s. */
type Figures = Record<
  | "alone50"
  | "alone99"
  | "beside50"
  | "beside99"
  | "streamAlone"
  | "streamBeside"
  | "streamUncredited",
  number
>;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "0.5" },
    limits: { type: "string", default: "{}" },
    byob: { type: "boolean", default: false },
  },
});
const rounds = positive("rounds", values.rounds);
const seconds = positive("seconds", values.seconds);

const payload = new Uint8Array(16);
const chunk = new Uint8Array(64 * 1024);

/** Makes calls one after another. Returns how long each took, in microseconds. */
async function calls(peer: Peer): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  for (let before = performance.now(); before < end;) {
    await peer.requestBytes("echo", payload);
    const now = performance.now();
    times.push((now - before) * 1000);
    before = now;
  }
  return times;
}

/** A stream that goes on until it is ended. */
interface Running {
  /** Ends it. Returns its rate in MB/s. */
  end(): Promise<number>;
}

function upload(peer: Peer): Running {
  const start = performance.now();
  let isWanted = true;
  const { readable, writable } = peer.stream(
    values.byob ? "sink-byob" : "sink",
  );
  const received = new Response(readable).text();
  const sent = (async () => {
    const writer = writable.getWriter();
    while (isWanted) await writer.write(chunk);
    await writer.close();
  })();
  return {
    async end() {
      isWanted = false;
      await sent;
      const bytes = Number(await received);
      return bytes / 1000 / (performance.now() - start);
    },
  };
}

/** Reads a stream and drops what it reads. */
interface Reading {
  /** Reads once. Returns the number of bytes. */
  read(): Promise<number>;
  /** Leaves the stream. */
  cancel(): Promise<void>;
}

function usualReader(stream: ReadableStream<Uint8Array>): Reading {
  const reader = stream.getReader();
  return {
    read: async () => (await reader.read()).value?.byteLength ?? 0,
    cancel: () => reader.cancel(),
  };
}

function bufferReader(stream: ReadableStream<Uint8Array>): Reading {
  const reader = stream.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(256 * 1024);
  return {
    async read() {
      const { value } = await reader.read(new Uint8Array(buffer));
      if (value === undefined) return 0;
      buffer = value.buffer;
      return value.byteLength;
    },
    cancel: () => reader.cancel(),
  };
}

function download(peer: Peer): Running {
  const start = performance.now();
  let isWanted = true;
  let bytes = 0;
  const { readable, writable } = peer.stream("source");
  void writable.close();
  const received = (async () => {
    const reader = values.byob ? bufferReader(readable) : usualReader(readable);
    while (isWanted) bytes += await reader.read();
    const rate = bytes / 1000 / (performance.now() - start);
    await reader.cancel().catch(() => {});
    return rate;
  })();
  return {
    end() {
      isWanted = false;
      return received;
    },
  };
}

const STREAMS = { upload, download };

/** Returns the rate of a stream during an activity. */
async function during(running: Running, work: Promise<unknown>) {
  await work;
  return running.end();
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, seconds * 1000));
}

async function round(
  peer: Peer,
  direction: (typeof DIRECTIONS)[number],
): Promise<Figures> {
  const stream = STREAMS[direction];
  const alone = await calls(peer);
  const streamAlone = await during(stream(peer), pause());
  const calling = stream(peer);
  const beside = await calls(peer);
  const streamBeside = await calling.end();
  // Nothing else ends a download that its server does not know to be left.
  const uncredited = await connect(url, { limits, extensions: false });
  const streamUncredited = await during(stream(uncredited), pause());
  uncredited.abort();
  return {
    alone50: quantile(alone, 0.5),
    alone99: quantile(alone, 0.99),
    beside50: quantile(beside, 0.5),
    beside99: quantile(beside, 0.99),
    streamAlone,
    streamBeside,
    streamUncredited,
  };
}

await using server = new Child("./_beside_server.ts", values.limits);
const port = await server.ask<number>({ kind: "port" });
const url = `tcp://127.0.0.1:${port}`;
const limits = JSON.parse(values.limits);
const peer = await connect(url, { limits });

const figures: Record<(typeof DIRECTIONS)[number], Figures[]> = {
  upload: [],
  download: [],
};
for (let number = -1; number < rounds; number++) {
  // The order changes, so that neither always follows the other.
  const order = number % 2 === 0 ? DIRECTIONS : DIRECTIONS.toReversed();
  for (const direction of order) {
    const measured = await round(peer, direction);
    // The first round warms up.
    if (number >= 0) figures[direction].push(measured);
  }
}

/** Returns the median of a figure, or of a ratio of two, over all rounds. */
function of(
  direction: (typeof DIRECTIONS)[number],
  figure: keyof Figures,
  by?: keyof Figures,
): number {
  return median(
    figures[direction].map((measured) =>
      measured[figure] / (by === undefined ? 1 : measured[by])
    ),
  );
}

for (const direction of DIRECTIONS) {
  const print = (
    what: string,
    { alone, beside, unit, digits = 0, goal }: {
      alone: keyof Figures;
      beside: keyof Figures;
      unit: string;
      digits?: number;
      goal: string;
    },
  ) => {
    const both = [of(direction, alone), of(direction, beside)];
    console.log(
      `${direction.padEnd(9)}${what.padEnd(24)}${
        both.map((value) => value.toFixed(digits).padStart(9)).join("")
      } ${unit.padEnd(5)}${
        of(direction, beside, alone).toFixed(2).padStart(6)
      }  ${goal}`,
    );
  };
  if (direction === "upload") {
    console.log(
      `${" ".repeat(33)}    alone   beside       ratio  goal (P12)`,
    );
  }
  print("call, median", {
    alone: "alone50",
    beside: "beside50",
    unit: "µs",
    goal: "",
  });
  print("call, 99th percentile", {
    alone: "alone99",
    beside: "beside99",
    unit: "µs",
    goal: "≤ 5",
  });
  print("stream", {
    alone: "streamAlone",
    beside: "streamBeside",
    unit: "MB/s",
    goal: "≥ 0.9",
  });
  print("stream, without credit", {
    alone: "streamUncredited",
    beside: "streamBeside",
    unit: "MB/s",
    goal: "≥ 0.9",
  });
}
await peer.close();
