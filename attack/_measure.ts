/**
 * Measures one attack.
 *
 * @module
 */

import { quantile } from "../bench/statistics.ts";
import type { Attack, MemoryException, Target } from "./_attack.ts";
import type { Count } from "./_client.ts";
import { type Probe, probeControl, probeGotalk } from "./_probe.ts";
import { Program, type Usage } from "./_program.ts";

/**
 * How long a server has to close its files after an attack, in milliseconds:
 * while reading pauses, only heartbeats show that a client has left, of which
 * the system rejects the first and the second one fails, after 20 seconds each.
 */
const RECOVERY = 45_000;

/** How many more files than before a server may have open. */
const SPARE_FILES = 2;

/** How long the well-behaved client calls before the attack, in milliseconds. */
const WARM_UP = 500;

/** The interval between two readings of what the server uses, in milliseconds. */
const INTERVAL = 50;

/** How to attack. */
export interface AttackOptions {
  /** The number of hostile clients. */
  readonly clients: number;
  /** The duration in seconds. */
  readonly seconds: number;
  /** The limit of the server's heap, in MiB. */
  readonly heap: number;
  /** Whether to attack a plain server as well. */
  readonly control: boolean;
}

/** The latency of a well-behaved client, in milliseconds. */
export interface Latency {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** A figure before an attack, at most, and after it. */
export interface Spread {
  readonly before: number;
  readonly peak: number;
  readonly after: number;
}

/** What is measured of a server that is attacked. */
export interface Figures {
  /** Memory that is resident, in bytes. */
  readonly memory: Spread;
  /** The number of open files. */
  readonly files: Spread;
  /** How long the calls of the well-behaved client take meanwhile. */
  readonly latency: Latency;
}

/** The outcome of an attack. */
export interface Outcome extends Figures {
  readonly attack: string;
  readonly target: Target;
  /** The same of a plain server under the same flood. */
  readonly control: Figures | undefined;
  readonly count: Count;
  /** Whether the latency is that of a new connection and its first call. */
  readonly reconnects: boolean;
  /** How much memory may grow although that misses the goal. */
  readonly exception: MemoryException | undefined;
  /** Why the server or the well-behaved client ended; `undefined` if neither did. */
  readonly failure: string | undefined;
}

/** Attacks a Gotalk server, and then a plain one if the options say so. */
export async function measure(
  attack: Attack,
  target: Target,
  options: AttackOptions,
): Promise<Outcome> {
  const outcome = await attackServer("server.ts", attack, target, options);
  const control = options.control
    ? await attackServer("control_server.ts", attack, target, options)
    : undefined;
  return { ...outcome, control };
}

async function attackServer(
  program: "server.ts" | "control_server.ts",
  attack: Attack,
  target: Target,
  { clients, seconds, heap }: AttackOptions,
): Promise<Outcome> {
  const isControl = program === "control_server.ts";
  await using server = new Program(program, [target], heap);
  const address = JSON.parse(await server.nextLine());
  const probe = await (isControl ? probeControl : probeGotalk)(
    address,
    attack.reconnects === true,
  );
  await sleep(WARM_UP);
  probe.restart();
  const before = await server.usage();
  const usages: Usage[] = [before];
  const count = await attackFor(
    seconds,
    new Program("clients.ts", [
      String(clients),
      attack.name,
      JSON.stringify(address),
    ]),
    async () => {
      if (!server.hasExited) {
        usages.push(await server.usage().catch(() => before));
      }
    },
  );
  await probe.callEnded();
  const latency = latencyOf(probe);
  const after = isControl ? usages.at(-1)! : await recovered(server, before);
  usages.push(after);
  const failure = server.hasExited
    ? `the server ended: ${lastLine(await server.stderr)}`
    : probe.failure && `the well-behaved client failed: ${probe.failure}`;
  await Promise.try(() => probe[Symbol.asyncDispose]()).catch(() => {});
  const spread = (figure: keyof Usage) => ({
    before: before[figure],
    peak: Math.max(...usages.map((usage) => usage[figure])),
    after: after[figure],
  });
  return {
    attack: attack.name,
    target,
    memory: spread("memory"),
    files: spread("files"),
    latency,
    control: undefined,
    reconnects: attack.reconnects === true,
    exception: attack.exceptions?.[target],
    count,
    failure,
  };
}

/** Lets hostile clients work, and watches meanwhile. */
async function attackFor(
  seconds: number,
  clients: Program,
  watch: () => Promise<void>,
): Promise<Count> {
  await using program = clients;
  await program.nextLine();
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await sleep(INTERVAL);
    await watch();
  }
  await program.endInput();
  return JSON.parse(await program.nextLine());
}

/** Waits until the server has closed the files of the attack; returns what it uses then. */
async function recovered(server: Program, before: Usage): Promise<Usage> {
  const end = performance.now() + RECOVERY;
  let usage = before;
  do {
    await sleep(INTERVAL);
    if (server.hasExited) break;
    usage = await server.usage();
  } while (
    usage.files > before.files + SPARE_FILES && performance.now() < end
  );
  return usage;
}

/** Whether the files that are left are those of before. */
export function filesAreBack({ files }: Outcome): boolean {
  return files.after <= files.before + SPARE_FILES;
}

function latencyOf({ latencies }: Probe): Latency {
  return {
    median: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    max: quantile(latencies, 1),
  };
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

function sleep(delay: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay));
}
