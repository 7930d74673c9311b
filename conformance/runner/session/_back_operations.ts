/**
 * Commands for a server without an adapter, which its standard operations carry
 * out: those that send something back.
 *
 * @module
 */

import type { Message } from "@gotalk/gotalk/codec";
import { toBytes } from "../cases/bytes.ts";
import type { ReportPattern, SessionCase } from "../cases/case.ts";
import {
  AdapterError,
  type CallReport,
  type CommandName,
  type Commands,
  type ConnectionReport,
  SkippedError,
} from "../implementation.ts";
import type { CommandSender } from "./_command_client.ts";
import type { DoStep } from "./_command_steps.ts";
import type { SessionConnection } from "./_session_connection.ts";
import { settlesWithin } from "./_timeout.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How a call settles if its answer shows it. After a failure, the server answers with an ErrorResult too. */
const SHOWN_OUTCOMES: readonly (string | undefined)[] = [
  "result",
  "retry",
  "error",
  "pending",
];

/** The interval at which a report is looked for again, in milliseconds: nothing announces it. */
const INTERVAL = 20;

/**
 * Returns why operations of a server cannot carry out the commands of a case;
 * `undefined` if they can.
 */
export function whyNoOperations(session: SessionCase): string | undefined {
  for (const step of session.steps) {
    const what = "do" in step
      ? whyNotDone(step)
      : "report" in step
      ? whyNotReported(step.report, [step.is].flat())
      : undefined;
    if (what !== undefined) return `no operation of a target ${what}`;
  }
  const isCommanded = session.steps.some((step) => "do" in step);
  return isCommanded && session.options?.["maxConcurrentRequests"] !== undefined
    ? "the operations of a target take a place under the limit of the case"
    : undefined;
}

function whyNotDone(step: DoStep): string | undefined {
  if (step.do !== "request" && step.do !== "notify") {
    return `carries out the command ${step.do}`;
  }
  if (step.retry) return "repeats a request";
  if (step.mayBeRefused) return "shows whether it has sent something";
  return isText(toBytes(step.payload ?? "")) && isText(toBytes(step.name ?? ""))
    ? undefined
    : "sends bytes that are not text";
}

function whyNotReported(
  name: string,
  patterns: readonly ReportPattern[],
): string | undefined {
  if (name === "connection") {
    const hasNotes = patterns.every(({ notes, state, code, heartbeats }) =>
      notes !== undefined && state !== "closed" && code === undefined &&
      heartbeats === undefined
    );
    return hasNotes ? undefined : "reports the state of a connection";
  }
  const other = patterns.find(({ outcome }) =>
    !SHOWN_OUTCOMES.includes(outcome)
  );
  return other === undefined
    ? undefined
    : `shows the outcome ${other.outcome ?? "of a stream"}`;
}

function isText(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** A request of the runner that carries out a command. */
interface Asked {
  readonly answered: Promise<Message>;
  answer: Message | undefined;
}

/** Carries out commands by requests on the connection of a case, whose results no step of the case sees. */
export class BackOperations implements CommandSender {
  readonly #connection: SessionConnection;
  readonly #timeout: number;
  readonly #signal: AbortSignal;
  readonly #asked = new Map<string, Asked>();

  /**
   * Creates the operations of a connection.
   *
   * @param timeout How long an answer may take, in milliseconds.
   */
  constructor(
    connection: SessionConnection,
    timeout: number,
    signal: AbortSignal,
  ) {
    this.#connection = connection;
    this.#timeout = timeout;
    this.#signal = signal;
  }

  /**
   * Carries out a command.
   *
   * @throws {SkippedError} If no operation can.
   * @throws {AdapterError} If an operation fails.
   */
  async send<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
    extra = 0,
  ): Promise<Commands[C]["answer"]> {
    return await this.#carryOut(command, args, extra) as Commands[C]["answer"];
  }

  async #carryOut(
    command: CommandName,
    args: object,
    extra: number,
  ): Promise<object> {
    switch (command) {
      case "request": {
        const { operation, payload } = args as Commands["request"]["args"];
        const argument = { operation, payload: utf8.decode(payload) };
        return { call: await this.#ask("call-back", argument) };
      }
      case "notify": {
        const { name, payload } = args as Commands["notify"]["args"];
        await this.#result("notify-back", {
          name,
          payload: utf8.decode(payload),
        });
        return {};
      }
      case "report": {
        const about = args as { call?: string; notes?: number };
        return about.call === undefined
          ? await this.#reportNotes(about.notes ?? 0, extra)
          : await this.#reportCall(about.call, extra);
      }
      default:
        throw new SkippedError(
          `no operation of a target carries out the command ${command}`,
        );
    }
  }

  async #reportCall(call: string, timeout: number): Promise<CallReport> {
    const asked = this.#asked.get(call);
    const until = performance.now() + timeout;
    while (asked?.answer === undefined && !this.#connection.ended) {
      const left = until - performance.now();
      if (left <= 0 || asked === undefined) return { outcome: "pending" };
      await settlesWithin(
        asked.answered,
        Math.min(left, INTERVAL),
        this.#signal,
      );
    }
    const answer = asked?.answer;
    switch (answer?.kind) {
      case "SingleResult":
        return { outcome: "result", payload: answer.payload };
      case "ErrorResult":
        return { outcome: "error", payload: answer.payload };
      case "RetryResult":
        return {
          outcome: "retry",
          wait: answer.wait,
          payload: answer.payload,
        };
      default:
        throw new SkippedError(
          "no operation of a target shows how a call ends with its connection",
        );
    }
  }

  /** Reports the notifications, once there are enough of them. */
  async #reportNotes(
    wanted: number,
    timeout: number,
  ): Promise<ConnectionReport> {
    const until = performance.now() + timeout;
    for (;;) {
      const listed = JSON.parse(utf8.decode(await this.#result("notes")));
      const notes = (listed as { name: string; payload: string }[])
        .map(({ name, payload }) => ({
          name,
          payload: Uint8Array.fromHex(payload),
        }));
      if (notes.length >= wanted || performance.now() >= until) {
        return { state: "open", notes, heartbeats: [] };
      }
      await settlesWithin(new Promise(() => {}), INTERVAL, this.#signal);
    }
  }

  /** Sends a request, and returns the payload of its result. */
  async #result(operation: string, argument?: unknown): Promise<Uint8Array> {
    const asked = this.#asked.get(await this.#ask(operation, argument))!;
    await settlesWithin(asked.answered, this.#timeout, this.#signal);
    const { answer } = asked;
    if (answer?.kind === "SingleResult") return answer.payload;
    throw new AdapterError(
      `Cannot use the operation ${operation} of the target: got ${
        answer?.kind ?? `no answer within ${this.#timeout} ms`
      }, wanted a SingleResult`,
    );
  }

  /** Sends a request; returns its ID, by which the answer is found, and which no case and no health check uses. */
  async #ask(operation: string, argument?: unknown): Promise<string> {
    const id = `^${this.#asked.size.toString(36).padStart(3, "0")}`;
    const { promise: answered, resolve } = Promise.withResolvers<Message>();
    const asked: Asked = { answered, answer: undefined };
    this.#asked.set(id, asked);
    this.#connection.divert(id, (message) => {
      asked.answer = message;
      resolve(message);
    });
    await this.#connection.send([{
      kind: "SingleRequest",
      id,
      operation,
      payload: argument === undefined
        ? ""
        : [{ utf8: JSON.stringify(argument) }],
    }]);
    return id;
  }
}
