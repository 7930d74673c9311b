/**
 * The implementation under test: anything that carries out the commands of the adapter protocol, which
 * `implementations/adapters/README.md` defines.
 *
 * @module
 */

import type { ProtocolVersion } from "@gotalk/gotalk/codec";
import type { Channel } from "@gotalk/gotalk/transport";
import type {
  MessageKind,
  Role,
  SessionCase,
  Transport,
} from "./cases/case.ts";
import type { Unit } from "./cases/expand.ts";

/** A message with its fields as bytes and numbers, whether or not these are in range. */
export interface RawMessage {
  /** The kind of message. */
  readonly kind: MessageKind;
  /** The bytes of the request ID. */
  readonly id?: Uint8Array;
  /** The operation of a request. */
  readonly operation?: Uint8Array;
  /** The name of a notification. */
  readonly name?: Uint8Array;
  /** The wait of a RetryResult, in milliseconds. */
  readonly wait?: number;
  /** The load of a Heartbeat. */
  readonly load?: number;
  /** The time of a Heartbeat, in seconds since 1970-01-01 UTC. */
  readonly time?: number;
  /** The code of a ProtocolError. */
  readonly code?: number;
  /** The payload. */
  readonly payload?: Uint8Array;
}

/** The description that an implementation gives of itself. */
export interface Description {
  /** Its name, version and language, and where to find it. */
  readonly implementation: {
    readonly name: string;
    readonly version: string;
    readonly language: string;
    readonly homepage?: string;
    readonly issues?: string;
  };
  /** The transports in each role that it supports. */
  readonly roles: Readonly<Partial<Record<Role, readonly string[]>>>;
  /** The versions of the protocol that its codec supports. */
  readonly versions: readonly ProtocolVersion[];
  /** The standard operations that it offers. */
  readonly operations: readonly string[];
  /** The largest name and the largest payload that it supports, in bytes. */
  readonly limits: { readonly name: number; readonly payload: number };
  /** Its other features. */
  readonly features: readonly string[];
}

/** Options of a listener or a connection; the defaults are those of the implementation. */
export interface ConnectionOptions {
  /** Whether it accepts stream requests. */
  readonly streams?: boolean;
  /** How many single requests of the remote peer it handles at a time on a connection. */
  readonly maxConcurrentRequests?: number;
  /** How many stream requests of the remote peer it handles at a time on a connection. */
  readonly maxConcurrentStreams?: number;
  /** The range of the wait in a RetryResult for overload, in milliseconds. */
  readonly overloadWait?: readonly [number, number];
  /** The interval between heartbeats in milliseconds; 0 for none. */
  readonly heartbeatInterval?: number;
  /** How long a connection may be silent, in milliseconds; 0 for no limit. */
  readonly readTimeout?: number;
  /** How long the version may take, in milliseconds. */
  readonly handshakeTimeout?: number;
  /** The largest payload that it accepts, in bytes. */
  readonly maxPayload?: number;
  /** The largest payload that it skips, in bytes. */
  readonly maxSkip?: number;
  /** The largest name that it accepts, in bytes. */
  readonly maxName?: number;
  /** How many unread bytes of a connection it holds before it stops reading. */
  readonly maxInboundBytes?: number;
  /** How long a stream may be idle, in milliseconds. */
  readonly streamIdleTimeout?: number;
  /** Whether time passes only by the command `advance`. */
  readonly virtualTime?: boolean;
  /** Whether requests are recorded, so that received traces matter. */
  readonly traces?: boolean;
  /** Whether the list of operations is offered. */
  readonly operations?: boolean;
  /** Whether the remote peer must log in first. */
  readonly login?: boolean;
  /** How long the login of the remote peer may take, in milliseconds. */
  readonly loginTimeout?: number;
  /** The largest payload that it accepts before the login, in bytes. */
  readonly maxLoginPayload?: number;
}

/** The state of a call. */
export interface CallReport {
  /** How it settled; `"pending"` until then. */
  readonly outcome:
    | "result"
    | "stream"
    | "error"
    | "retry"
    | "closed"
    | "cancelled"
    | "failed"
    | "pending";
  /** The payload of the result. */
  readonly payload?: Uint8Array;
  /** The parts of a streamed result. */
  readonly parts?: readonly Uint8Array[];
  /** Whether a streamed result has ended. */
  readonly ended?: boolean;
  /** The wait of a RetryResult, in milliseconds. */
  readonly wait?: number;
  /** Why there is no result, in the words of the implementation. */
  readonly message?: string;
}

/** The state of a connection. */
export interface ConnectionReport {
  /** Whether it is open. */
  readonly state: "connecting" | "open" | "closed";
  /** The code of the ProtocolError that closed it. */
  readonly code?: number;
  /** Why it failed, in the words of the implementation. */
  readonly message?: string;
  /** The received notifications, in order. */
  readonly notes: readonly {
    readonly name: string;
    readonly payload: Uint8Array;
  }[];
  /** The received heartbeats, in order. */
  readonly heartbeats: readonly {
    readonly load: number;
    readonly time: number;
  }[];
}

/** How long a report waits. */
export interface Enough {
  /** The longest wait, in milliseconds; 0 when absent. */
  readonly timeout?: number;
}

/** Every command, with its arguments and its answer. */
export interface Commands {
  /** Starts, and returns the description of the implementation. */
  start: { args: { readonly protocol: 1 }; answer: Description };
  /** Encodes a message, or the version if there is none. */
  encode: {
    args: {
      readonly version?: ProtocolVersion;
      readonly message?: RawMessage;
    };
    answer:
      | { readonly bytes: Uint8Array }
      | { readonly refused: { readonly reason: string } };
  };
  /** Decodes chunks of bytes. */
  decode: {
    args: {
      readonly version?: ProtocolVersion;
      readonly chunks: readonly Uint8Array[];
      readonly handshake?: boolean;
      readonly end?: boolean;
      readonly limits?: { readonly name?: number; readonly payload?: number };
    };
    answer: {
      readonly messages: readonly {
        readonly chunk: number;
        readonly message: RawMessage;
      }[];
      readonly refused?: {
        readonly chunk: number;
        readonly reason: string;
        readonly code?: number;
      };
    };
  };
  /** Listens at a free address of this machine. */
  listen: {
    args: {
      readonly transport: "tcp" | "unix" | "websocket";
      readonly options?: ConnectionOptions;
    };
    answer: {
      readonly listener: string;
      readonly address: string;
      readonly script?: string;
    };
  };
  /** Connects to an address. */
  connect: {
    args: {
      readonly address: string;
      readonly options?: ConnectionOptions;
      readonly timeout?: number;
    };
    answer: { readonly connection: string } & ConnectionReport;
  };
  /** Sends a single request. */
  request: {
    args: {
      readonly connection: string;
      readonly operation: string;
      readonly payload?: Uint8Array;
      readonly retry?: boolean;
    };
    answer: { readonly call: string };
  };
  /** Sends a notification. */
  notify: {
    args: {
      readonly connection: string;
      readonly name: string;
      readonly payload?: Uint8Array;
    };
    answer: Readonly<Record<never, never>>;
  };
  /** Opens a stream request. */
  "open-stream": {
    args: { readonly connection: string; readonly operation: string };
    answer: { readonly call: string };
  };
  /** Sends a part of a stream request. */
  write: {
    args: { readonly call: string; readonly payload: Uint8Array };
    answer: Readonly<Record<never, never>>;
  };
  /** Ends a stream request. */
  end: {
    args: { readonly call: string };
    answer: Readonly<Record<never, never>>;
  };
  /** Abandons a call, locally. */
  cancel: {
    args: { readonly call: string };
    answer: Readonly<Record<never, never>>;
  };
  /** Returns the state of a call, a connection or a listener, after a wait. */
  report: {
    args:
      & Enough
      & (
        | { readonly call: string; readonly parts?: number }
        | {
          readonly connection: string;
          readonly notes?: number;
          readonly heartbeats?: number;
        }
        | { readonly listener: string; readonly connections?: number }
      );
    answer:
      | CallReport
      | ConnectionReport
      | { readonly connections: readonly string[] };
  };
  /** Closes a connection, or stops listening. */
  close: {
    args:
      | { readonly connection: string; readonly timeout?: number }
      | { readonly listener: string };
    answer: ConnectionReport | Readonly<Record<never, never>>;
  };
  /** Lets pending calls of a connection finish, then closes it. */
  drain: {
    args: { readonly connection: string; readonly timeout?: number };
    answer: ConnectionReport;
  };
  /** Advances virtual time, in milliseconds. */
  advance: {
    args: { readonly ms: number };
    answer: Readonly<Record<never, never>>;
  };
  /** Closes all listeners and connections at once, and forgets all handles. */
  reset: {
    args: Readonly<Record<never, never>>;
    answer: Readonly<Record<never, never>>;
  };
  /** Stops the implementation. */
  stop: {
    args: Readonly<Record<never, never>>;
    answer: Readonly<Record<never, never>>;
  };
}

/** The name of a command. */
export type CommandName = keyof Commands;

/** An implementation under test. Disposing of it stops it and closes all that it has open. */
export interface Implementation extends AsyncDisposable {
  /**
   * Sends a command, and returns the answer.
   *
   * @throws {SkippedError} If the implementation cannot do this.
   * @throws {AdapterError} If the command failed, or the implementation has exited.
   */
  ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
  ): Promise<Commands[C]["answer"]>;
  /** Resolves when the implementation exits on its own, with a description; never rejects. */
  readonly ended: Promise<string>;
  /** The ID of the process that was started for it on this machine, whose memory is measured. */
  readonly pid?: number;
  /**
   * Whether it takes no commands about connections and calls: its standard
   * operations carry out what they can.
   */
  readonly takesOperationsOnly?: boolean;
  /** Returns why a case cannot be run against it over a transport, if that is known beforehand. */
  whyUnfit?(
    session: SessionCase,
    over: Transport,
    unit?: Unit,
  ): string | undefined;
  /** Takes one end of a connection in memory, in a role; returns the handle of the connection. */
  adopt?(
    channel: Channel,
    role: Role,
    options?: ConnectionOptions,
  ): Promise<string>;
}

/** Thrown by {@linkcode Implementation.ask} if an implementation cannot carry out a command. */
export class SkippedError extends Error {
  /** The name of the class. */
  override readonly name = "SkippedError";
  /** The URL of an issue about it. */
  readonly issue: string | undefined;

  /** Creates an error with a reason. */
  constructor(reason: string, issue?: string) {
    super(reason);
    this.issue = issue;
  }
}

/** Thrown by {@linkcode Implementation.ask} if a command failed. */
export class AdapterError extends Error {
  /** The name of the class. */
  override readonly name = "AdapterError";
  /** Whether the implementation has exited, or its adapter violates the protocol, so that it takes no more commands. */
  readonly fatal: boolean;

  /** Creates an error. */
  constructor(
    message: string,
    options: ErrorOptions & { fatal?: boolean } = {},
  ) {
    super(message, options);
    this.fatal = options.fatal ?? false;
  }
}
