/**
 * Commands for a server without an adapter, which its standard operations carry
 * out: those that send something back.
 *
 * @module
 */

import type { Message } from "@gotalk/gotalk/codec";
import {
  AdapterError,
  type CallReport,
  type CommandName,
  type Commands,
  type ConnectionReport,
  SkippedError,
} from "../implementation.ts";
import type { CommandSender } from "./_command_client.ts";
import { argumentOf } from "./_operable.ts";
import type { SessionConnection } from "./_session_connection.ts";
import { settlesWithin } from "./_timeout.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The interval at which a report is looked for again, in milliseconds: nothing announces it. */
const INTERVAL = 20;

/** A request of the runner that carries out a command. */
interface Asked {
  /** Resolves when it has settled. */
  readonly answered: Promise<void>;
  /** The result that has settled it; the last part of a stream is empty. */
  answer: Message | undefined;
  /** The parts of its result so far. */
  readonly parts: Uint8Array[];
  /** Whether the request is a stream. */
  readonly isStream: boolean;
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
        const { operation, payload, retry } =
          args as Commands["request"]["args"];
        return {
          call: await this.#ask(
            "call-back",
            argumentOf({ operation, ...retry ? { retry } : {} }, payload),
          ),
        };
      }
      case "notify": {
        const { name, payload } = args as Commands["notify"]["args"];
        await this.#result("notify-back", argumentOf({ name }, payload));
        return {};
      }
      case "open-stream": {
        const { operation } = args as Commands["open-stream"]["args"];
        return {
          call: await this.#ask("stream-back", { operation }, "StreamRequest"),
        };
      }
      case "write": {
        const { call: id, payload } = args as Commands["write"]["args"];
        await this.#sendPart(id, payload);
        return {};
      }
      case "end":
        await this.#sendPart((args as Commands["end"]["args"]).call);
        return {};
      case "report": {
        const about = args as { call?: string; parts?: number; notes?: number };
        return about.call === undefined
          ? await this.#reportNotes(about.notes ?? 0, extra)
          : await this.#reportCall(about.call, extra, about.parts);
      }
      default:
        throw new SkippedError(
          `no operation of a target carries out the command ${command}`,
        );
    }
  }

  async #reportCall(
    call: string,
    timeout: number,
    wanted = Infinity,
  ): Promise<CallReport> {
    const asked = this.#asked.get(call)!;
    const until = performance.now() + timeout;
    while (
      asked.answer === undefined && asked.parts.length < wanted &&
      !this.#connection.ended
    ) {
      const left = until - performance.now();
      if (left <= 0) break;
      await settlesWithin(
        asked.answered,
        Math.min(left, INTERVAL),
        this.#signal,
      );
    }
    const parts = asked.isStream ? { parts: [...asked.parts] } : {};
    const { answer } = asked;
    switch (answer?.kind) {
      case "SingleResult":
        return { outcome: "result", payload: answer.payload, ...parts };
      case "StreamResult":
        return { outcome: "stream", ended: true, parts: [...asked.parts] };
      case "ErrorResult":
        return { outcome: "error", payload: answer.payload, ...parts };
      case "RetryResult": {
        const { wait, payload } = answer;
        return { outcome: "retry", wait, payload, ...parts };
      }
    }
    if (!this.#connection.ended) {
      return asked.isStream
        ? { outcome: "stream", ended: false, parts: [...asked.parts] }
        : { outcome: "pending" };
    }
    throw new SkippedError(
      "no operation of a target shows how a call ends with its connection",
    );
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
  async #ask(
    operation: string,
    argument?: unknown,
    kind: "SingleRequest" | "StreamRequest" = "SingleRequest",
  ): Promise<string> {
    const id = `^${this.#asked.size.toString(36).padStart(3, "0")}`;
    const { promise: answered, resolve } = Promise.withResolvers<void>();
    const asked: Asked = {
      answered,
      answer: undefined,
      parts: [],
      isStream: kind === "StreamRequest",
    };
    this.#asked.set(id, asked);
    this.#connection.divert(id, (message) => {
      if (message.kind === "StreamResult" && message.payload.byteLength > 0) {
        asked.parts.push(message.payload);
        return;
      }
      asked.answer = message;
      resolve();
    });
    await this.#connection.send([{
      kind,
      id,
      operation,
      payload: argument === undefined
        ? ""
        : [{ utf8: JSON.stringify(argument) }],
    }]);
    return id;
  }

  /** Sends a part of a stream, or its end. */
  async #sendPart(id: string, payload?: Uint8Array): Promise<void> {
    await this.#connection.send([{
      kind: "StreamRequestPart",
      id,
      payload: payload === undefined ? "" : [{ hex: payload.toHex() }],
    }]);
  }
}
