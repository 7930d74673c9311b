/**
 * A client for adapters: programs around other implementations of Gotalk that do what they are told.
 *
 * `conformance/adapters/README.md` defines what is said to them.
 *
 * @module
 */

import type {
  CallReport,
  ConnectionOptions,
  ConnectionReport,
  RequestOptions,
  Transport,
} from "./_reports.ts";

/** How long an adapter may take for anything, in milliseconds. */
const PATIENCE = 20_000;

/** The version of the page that defines the lines. */
const PROTOCOL = 1;

type Arguments = Readonly<Record<string, unknown>>;

/** An answer, with bytes in place of hexadecimal digits. */
type Answer = Record<string, unknown>;

/** What lies between this side and an adapter. */
export interface AdapterLines {
  /** What the adapter says, line by line. */
  readonly received: ReadableStream<string>;
  /** Says a line to the adapter. */
  send(line: string): Promise<void>;
  /** Ends the adapter, and waits until it has ended. */
  end(): Promise<void>;
}

/** An adapter that runs. Disposing of it ends it and all that it has open. */
export class Adapter implements AsyncDisposable {
  readonly #lines: AdapterLines;
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>();
  readonly #ended: Promise<void>;
  #seq = 0;

  private constructor(lines: AdapterLines) {
    this.#lines = lines;
    this.#ended = this.#readAnswers();
  }

  /** Starts to talk with an adapter. */
  static async start(lines: AdapterLines): Promise<Adapter> {
    const adapter = new Adapter(lines);
    try {
      await adapter.ask("start", { protocol: PROTOCOL });
      return adapter;
    } catch (error) {
      await lines.end();
      throw error;
    }
  }

  /** Gives a command; rejects when the adapter did not do it. */
  async ask(command: string, args: Arguments = {}): Promise<Answer> {
    const seq = ++this.#seq;
    const answered = Promise.withResolvers<Answer>();
    this.#waiting.set(seq, answered);
    const line = JSON.stringify({ seq, command, ...args }, hexOfBytes);
    await this.#lines.send(line);
    const answer = await answered.promise;
    const { skipped, errored } = answer;
    if (skipped !== undefined || errored !== undefined) {
      const why = JSON.stringify(skipped ?? errored);
      throw new Error(`Cannot do ${line}: the adapter answered ${why}`);
    }
    return answer;
  }

  /** Listens on a free address of this machine, with the standard operations. */
  async listen(
    transport: Transport,
    options?: ConnectionOptions,
  ): Promise<AdapterListener> {
    const answer = await this.ask("listen", { transport, options });
    return new AdapterListener(this, answer as unknown as ListenAnswer);
  }

  /** Connects; rejects when the connection does not open. */
  async connect(
    address: string,
    options?: ConnectionOptions,
  ): Promise<AdapterConnection> {
    const answer = await this.ask("connect", { address, options });
    if (answer.state !== "open") {
      throw new Error(`Cannot connect to ${address}: it is ${answer.state}`);
    }
    return new AdapterConnection(this, answer.connection as string);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lines.end();
    await this.#ended;
  }

  async #readAnswers(): Promise<void> {
    for await (const line of this.#lines.received) {
      const answer: Answer = JSON.parse(line, bytesOfHex);
      const seq = answer.seq as number;
      delete answer.seq;
      this.#waiting.get(seq)?.resolve(answer);
      this.#waiting.delete(seq);
    }
    for (const { reject } of this.#waiting.values()) {
      reject(new Error("Cannot wait for an answer: the adapter has ended"));
    }
  }
}

/** What `listen` is answered with. */
interface ListenAnswer {
  readonly listener: string;
  readonly address: string;
  readonly script?: string;
}

/** A listener of an adapter. */
export class AdapterListener {
  /** Where it listens. */
  readonly address: string;
  /** Where it gives out gotalk.js. */
  readonly script: string | undefined;
  readonly #adapter: Adapter;
  readonly #handle: string;

  constructor(adapter: Adapter, { listener, address, script }: ListenAnswer) {
    this.address = address;
    this.script = script;
    this.#adapter = adapter;
    this.#handle = listener;
  }

  /** The first connection that it has accepted. */
  async accepted(): Promise<AdapterConnection> {
    const { connections } = await this.#adapter.ask("report", {
      listener: this.#handle,
      timeout: PATIENCE,
    });
    const [handle] = connections as string[];
    if (handle === undefined) {
      throw new Error(`Cannot wait longer for a connection to ${this.address}`);
    }
    return new AdapterConnection(this.#adapter, handle);
  }
}

/** A connection of an adapter. */
export class AdapterConnection {
  readonly #adapter: Adapter;
  readonly #handle: string;

  constructor(adapter: Adapter, handle: string) {
    this.#adapter = adapter;
    this.#handle = handle;
  }

  /** Makes a single request; resolves when it is handed over. */
  async request(
    operation: string,
    payload: Uint8Array,
    options: RequestOptions = {},
  ): Promise<AdapterCall> {
    const args = { operation, payload, ...options };
    return this.#call(await this.#ask("request", args));
  }

  /** Opens a stream request. */
  async openStream(operation: string): Promise<AdapterCall> {
    return this.#call(await this.#ask("open-stream", { operation }));
  }

  /** Sends a notification. */
  async notify(
    name: string,
    payload: Uint8Array,
    options: Pick<RequestOptions, "text"> = {},
  ): Promise<void> {
    await this.#ask("notify", { name, payload, ...options });
  }

  /** What is known of it once so many notifications and heartbeats have come. */
  async heard(
    enough: { readonly notes?: number; readonly heartbeats?: number },
  ): Promise<ConnectionReport> {
    const report = await this.#report({ ...enough, timeout: PATIENCE });
    const { notes = 0, heartbeats = 0 } = enough;
    if (report.notes.length < notes || report.heartbeats.length < heartbeats) {
      throw new Error(
        `Cannot wait longer for ${JSON.stringify(enough)}: the connection is ` +
          `${report.state}, there are ${report.notes.length} notes and ` +
          `${report.heartbeats.length} heartbeats`,
      );
    }
    return report;
  }

  /** What is known of it now. */
  now(): Promise<ConnectionReport> {
    return this.#report({});
  }

  /** What is known of it once it is closed. */
  async closed(): Promise<ConnectionReport> {
    const report = await this.#report({ timeout: PATIENCE });
    if (report.state !== "closed") {
      throw new Error(
        `Cannot wait longer for a connection to close: it is ${report.state}`,
      );
    }
    return report;
  }

  /** Closes it. */
  async close(): Promise<void> {
    await this.#ask("close", { timeout: PATIENCE });
  }

  async #report(args: Arguments): Promise<ConnectionReport> {
    return await this.#ask("report", args) as unknown as ConnectionReport;
  }

  #ask(command: string, args: Arguments): Promise<Answer> {
    return this.#adapter.ask(command, { connection: this.#handle, ...args });
  }

  #call({ call }: Answer): AdapterCall {
    return new AdapterCall(this.#adapter, call as string);
  }
}

/** A call that an adapter has made. */
export class AdapterCall {
  readonly #adapter: Adapter;
  readonly #handle: string;

  constructor(adapter: Adapter, handle: string) {
    this.#adapter = adapter;
    this.#handle = handle;
  }

  /** Sends a part of a stream request. */
  async write(payload: Uint8Array): Promise<void> {
    await this.#ask("write", { payload });
  }

  /** Ends a stream request. */
  async end(): Promise<void> {
    await this.#ask("end", {});
  }

  /** What is known of it once there are so many parts. */
  partsCame(parts: number): Promise<CallReport> {
    return this.#ask("report", { parts, timeout: PATIENCE });
  }

  /** What is known of it now. */
  now(): Promise<CallReport> {
    return this.#ask("report", {});
  }

  /** What became of it. */
  async settled(): Promise<CallReport> {
    const report = await this.#ask("report", { timeout: PATIENCE });
    if (report.outcome === "pending" || report.ended === false) {
      throw new Error(
        `Cannot wait longer for a call: ${JSON.stringify(report)}`,
      );
    }
    return report;
  }

  async #ask(command: string, args: Arguments): Promise<CallReport> {
    const answer = await this.#adapter.ask(command, {
      call: this.#handle,
      ...args,
    });
    return answer as unknown as CallReport;
  }
}

/** For `JSON.stringify`: bytes as hexadecimal digits. */
function hexOfBytes(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? value.toHex() : value;
}

/** For `JSON.parse`: the bytes of those fields that are bytes. */
function bytesOfHex(key: string, value: unknown): unknown {
  if (key === "payload" && typeof value === "string") {
    return Uint8Array.fromHex(value);
  }
  if (key === "parts" && Array.isArray(value)) {
    return value.map((part) => Uint8Array.fromHex(part));
  }
  return value;
}
