/**
 * Drives adapters: programs around other implementations of Gotalk.
 *
 * `conformance/implementations/adapters/README.md` defines their commands.
 *
 * @module
 */

import type {
  CallReport,
  Commands,
  ConnectionOptions,
  ConnectionReport,
  Implementation,
} from "@gotalk/conformance";

/** How long an adapter may take to report anything, in milliseconds. */
const TIMEOUT = 20_000;

/** The transport of a connection. */
export type Transport = "tcp" | "websocket";

/** How an adapter sends a single request. */
export interface RequestOptions {
  /** Whether the implementation repeats the request itself after a RetryResult. */
  readonly retry?: boolean;
  /** Only gotalk.js: whether the payload is passed as text, so that a text message carries it. */
  readonly text?: boolean;
}

/** A running adapter. Disposing of it stops it and closes all that it has open. */
export class Adapter implements AsyncDisposable {
  readonly #implementation: Implementation;

  constructor(implementation: Implementation) {
    this.#implementation = implementation;
  }

  /** Listens on a free address of this machine, with the standard operations. */
  async listen(
    transport: Transport,
    options: ConnectionOptions = {},
  ): Promise<AdapterListener> {
    const answer = await this.#implementation.ask("listen", {
      transport,
      options,
    });
    return new AdapterListener(this.#implementation, answer);
  }

  /**
   * Connects.
   *
   * @throws {Error} If the connection does not open.
   */
  async connect(
    address: string,
    options: ConnectionOptions = {},
  ): Promise<AdapterConnection> {
    const { state, connection } = await this.#implementation.ask("connect", {
      address,
      options,
    });
    if (state === "open") {
      return new AdapterConnection(this.#implementation, connection);
    }
    throw new Error(`Cannot connect to ${address}: it is ${state}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#implementation[Symbol.asyncDispose]();
  }
}

/** A listener of an adapter. */
export class AdapterListener {
  /** Its address. */
  readonly address: string;
  /** The URL of gotalk.js, where the listener serves it. */
  readonly script: string | undefined;
  readonly #implementation: Implementation;
  readonly #handle: string;

  constructor(
    implementation: Implementation,
    { listener, address, script }: Commands["listen"]["answer"],
  ) {
    this.address = address;
    this.script = script;
    this.#implementation = implementation;
    this.#handle = listener;
  }

  /** Waits for the first connection that it accepts. */
  async accepted(): Promise<AdapterConnection> {
    const report = await this.#implementation.ask("report", {
      listener: this.#handle,
      timeout: TIMEOUT,
    });
    const [handle] = (report as { connections: string[] }).connections;
    if (handle === undefined) {
      throw new Error(`Cannot wait longer for a connection to ${this.address}`);
    }
    return new AdapterConnection(this.#implementation, handle);
  }
}

/** A connection of an adapter. */
export class AdapterConnection {
  readonly #implementation: Implementation;
  readonly #handle: string;

  constructor(implementation: Implementation, handle: string) {
    this.#implementation = implementation;
    this.#handle = handle;
  }

  /** Sends a single request; resolves when the library has taken it. */
  async request(
    operation: string,
    payload: Uint8Array,
    options: RequestOptions = {},
  ): Promise<AdapterCall> {
    const connection = this.#handle;
    const args = { connection, operation, payload, ...options };
    return this.#call(await this.#implementation.ask("request", args));
  }

  /** Opens a stream request. */
  async openStream(operation: string): Promise<AdapterCall> {
    const args = { connection: this.#handle, operation };
    return this.#call(await this.#implementation.ask("open-stream", args));
  }

  /** Sends a notification. */
  async notify(
    name: string,
    payload: Uint8Array,
    options: Pick<RequestOptions, "text"> = {},
  ): Promise<void> {
    const args = { connection: this.#handle, name, payload, ...options };
    await this.#implementation.ask("notify", args);
  }

  /** Waits for a number of notifications and heartbeats. */
  async received(
    enough: { readonly notes?: number; readonly heartbeats?: number },
  ): Promise<ConnectionReport> {
    const report = await this.#report({ ...enough, timeout: TIMEOUT });
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

  /** Returns its present state. */
  now(): Promise<ConnectionReport> {
    return this.#report({});
  }

  /** Waits until it is closed. */
  async closed(): Promise<ConnectionReport> {
    const report = await this.#report({ timeout: TIMEOUT });
    if (report.state !== "closed") {
      throw new Error(
        `Cannot wait longer for a connection to close: it is ${report.state}`,
      );
    }
    return report;
  }

  /** Closes it. */
  async close(): Promise<void> {
    const connection = this.#handle;
    await this.#implementation.ask("close", { connection, timeout: TIMEOUT });
  }

  async #report(
    enough: { notes?: number; heartbeats?: number; timeout?: number },
  ): Promise<ConnectionReport> {
    const connection = this.#handle;
    const report = await this.#implementation.ask("report", {
      connection,
      ...enough,
    });
    return report as ConnectionReport;
  }

  #call({ call }: { readonly call: string }): AdapterCall {
    return new AdapterCall(this.#implementation, call);
  }
}

/** A call of an adapter. */
export class AdapterCall {
  readonly #implementation: Implementation;
  readonly #handle: string;

  constructor(implementation: Implementation, handle: string) {
    this.#implementation = implementation;
    this.#handle = handle;
  }

  /** Sends a part of a stream request. */
  async write(payload: Uint8Array): Promise<void> {
    await this.#implementation.ask("write", { call: this.#handle, payload });
  }

  /** ConnectionPair a stream request. */
  async end(): Promise<void> {
    await this.#implementation.ask("end", { call: this.#handle });
  }

  /** Waits for a number of parts. */
  partsReceived(parts: number): Promise<CallReport> {
    return this.#report({ parts, timeout: TIMEOUT });
  }

  /** Returns its present state. */
  now(): Promise<CallReport> {
    return this.#report({});
  }

  /** Waits until it settles. */
  async settled(): Promise<CallReport> {
    const report = await this.#report({ timeout: TIMEOUT });
    if (report.outcome === "pending" || report.ended === false) {
      throw new Error(
        `Cannot wait longer for a call: ${JSON.stringify(report)}`,
      );
    }
    return report;
  }

  async #report(
    enough: { parts?: number; timeout?: number },
  ): Promise<CallReport> {
    const call = this.#handle;
    return await this.#implementation.ask("report", {
      call,
      ...enough,
    }) as CallReport;
  }
}
