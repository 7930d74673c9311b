/**
 * Controls adapters: programs that give tests access to other implementations
 * of Gotalk.
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

/** The maximum time that an adapter may take for a report, in milliseconds. */
const TIMEOUT = 20_000;

/** The transport of a connection. */
export type Transport = "tcp" | "websocket";

/** How an adapter sends a single request. */
export interface RequestOptions {
  /**
   * Whether the implementation repeats the request itself after a RetryResult.
   */
  readonly retry?: boolean;
  /**
   * Only gotalk.js: whether the payload is passed as text, so that it is sent
   * in a text message.
   */
  readonly text?: boolean;
}

/**
 * A running adapter. Disposing of it stops it and closes its listeners and
 * connections.
 */
export class Adapter implements AsyncDisposable {
  readonly #implementation: Implementation;

  constructor(implementation: Implementation) {
    this.#implementation = implementation;
  }

  /** Listens on a free loopback address, with the standard operations. */
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
   * Connects to an address.
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
    throw new Error(`Cannot connect to ${address}: the connection is ${state}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#implementation[Symbol.asyncDispose]();
  }
}

/** A listener of an adapter. */
export class AdapterListener {
  /** The address. */
  readonly address: string;
  /** The URL of gotalk.js, if the listener serves it. */
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

  /** Waits for the first accepted connection. */
  async accepted(): Promise<AdapterConnection> {
    const report = await this.#implementation.ask("report", {
      listener: this.#handle,
      timeout: TIMEOUT,
    });
    const [handle] = (report as { connections: string[] }).connections;
    if (handle === undefined) {
      throw new Error(
        `Cannot accept a connection at ${this.address}: got none within ${TIMEOUT} ms`,
      );
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

  /**
   * Sends a single request; resolves when the implementation has accepted it.
   */
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

  /**
   * Waits until the connection has received a number of notifications and
   * heartbeats. Notifications of extensions, which other implementations deliver
   * like any other, neither count nor are in the report.
   */
  async received(
    enough: { readonly notes?: number; readonly heartbeats?: number },
  ): Promise<ConnectionReport> {
    const { notes = 0, heartbeats = 0 } = enough;
    for (let extensions = 0;;) {
      const report = await this.#report({
        heartbeats,
        notes: notes + extensions,
        timeout: TIMEOUT,
      });
      const own = report.notes.filter((note) => !isOfExtension(note));
      if (own.length >= notes && report.heartbeats.length >= heartbeats) {
        return { ...report, notes: own };
      }
      const others = report.notes.length - own.length;
      if (others === extensions) {
        throw new Error(
          `Cannot receive ${JSON.stringify(enough)}: the connection is ` +
            `${report.state} and has received ${own.length} notes and ` +
            `${report.heartbeats.length} heartbeats`,
        );
      }
      extensions = others;
    }
  }

  /**
   * Waits until the connection has received a number of notifications, and
   * returns the names of those of extensions.
   */
  async extensionsReceived(notes: number): Promise<string[]> {
    const report = await this.#report({ notes, timeout: TIMEOUT });
    return report.notes.filter(isOfExtension).map(({ name }) => name);
  }

  /** Returns the current state. */
  now(): Promise<ConnectionReport> {
    return this.#report({});
  }

  /** Waits until the connection is closed. */
  async closed(): Promise<ConnectionReport> {
    const report = await this.#report({ timeout: TIMEOUT });
    if (report.state !== "closed") {
      throw new Error(
        `Cannot close the connection: it is ${report.state} after ${TIMEOUT} ms`,
      );
    }
    return report;
  }

  /** Closes the connection. */
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

/** Whether a notification is of an extension of the protocol. */
function isOfExtension({ name }: { readonly name: string }): boolean {
  return name.startsWith("gotalk:");
}

/** A call of an adapter. */
export class AdapterCall {
  readonly #implementation: Implementation;
  readonly #handle: string;

  constructor(implementation: Implementation, handle: string) {
    this.#implementation = implementation;
    this.#handle = handle;
  }

  /** Sends a stream request part. */
  async write(payload: Uint8Array): Promise<void> {
    await this.#implementation.ask("write", { call: this.#handle, payload });
  }

  /** Ends a stream request. */
  async end(): Promise<void> {
    await this.#implementation.ask("end", { call: this.#handle });
  }

  /** Waits until the call has received a number of parts. */
  partsReceived(parts: number): Promise<CallReport> {
    return this.#report({ parts, timeout: TIMEOUT });
  }

  /** Returns the current state. */
  now(): Promise<CallReport> {
    return this.#report({});
  }

  /** Waits until the call settles. */
  async settled(): Promise<CallReport> {
    const report = await this.#report({ timeout: TIMEOUT });
    if (report.outcome === "pending" || report.ended === false) {
      throw new Error(
        `Cannot wait for the call: it has not settled within ${TIMEOUT} ms: ${
          JSON.stringify(report)
        }`,
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
