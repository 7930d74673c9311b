/**
 * What can be judged: whatever does as the commands of `adapters/README.md` say.
 *
 * @module
 */

import type { ProtocolVersion } from "@gotalk/gotalk/codec";
import type { Channel } from "@gotalk/gotalk/transport";
import type { MessageKind, Role } from "./cases/case.ts";

/** A message with bytes as bytes, whether or not its fields are in range. */
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

/** What an implementation says of itself. */
export interface Description {
  /** Which implementation it is. */
  readonly implementation: {
    readonly name: string;
    readonly version: string;
    readonly language: string;
    readonly homepage?: string;
    readonly issues?: string;
  };
  /** For each role that it can be in, the transports. */
  readonly roles: Readonly<Partial<Record<Role, readonly string[]>>>;
  /** The versions of the protocol that its codec has. */
  readonly versions: readonly ProtocolVersion[];
  /** Those of the standard operations that it has. */
  readonly operations: readonly string[];
  /** The largest name and payload, in bytes. */
  readonly limits: { readonly name: number; readonly payload: number };
  /** What it can do beyond that. */
  readonly features: readonly string[];
}

/** Options of a listener or a connection; each is as the implementation has it when absent. */
export interface ConnectionOptions {
  /** Whether stream requests are served. */
  readonly streams?: boolean;
  /** Single requests of the other side, on one connection. */
  readonly maxConcurrentRequests?: number;
  /** Stream requests of the other side, on one connection. */
  readonly maxConcurrentStreams?: number;
  /** The least and the most that a RetryResult for overload asks to wait, in milliseconds. */
  readonly overloadWait?: readonly [number, number];
  /** Milliseconds between heartbeats; 0 is never. */
  readonly heartbeatInterval?: number;
  /** Milliseconds without a message before the connection is ended; 0 is for ever. */
  readonly readTimeout?: number;
  /** Milliseconds before a connection without a version is ended. */
  readonly handshakeTimeout?: number;
  /** The largest payload that is taken, in bytes. */
  readonly maxPayload?: number;
  /** The largest payload that is read and dropped, in bytes. */
  readonly maxSkip?: number;
  /** The largest name, in bytes. */
  readonly maxName?: number;
  /** Unread bytes of one connection before no more is read. */
  readonly maxInboundBytes?: number;
  /** Milliseconds without a part before a stream is failed. */
  readonly streamIdleTimeout?: number;
  /** Whether time passes only by `advance`. */
  readonly virtualTime?: boolean;
}

/** What is known of a call. */
export interface CallReport {
  /** How it was settled; `"pending"` while it is not. */
  readonly outcome:
    | "result"
    | "stream"
    | "error"
    | "retry"
    | "closed"
    | "cancelled"
    | "failed"
    | "pending";
  /** The payload of the answer. */
  readonly payload?: Uint8Array;
  /** The parts of a stream's answer. */
  readonly parts?: readonly Uint8Array[];
  /** Whether a stream's answer has ended. */
  readonly ended?: boolean;
  /** How long to wait before asking again, in milliseconds. */
  readonly wait?: number;
  /** Why there is no answer, in the words of the implementation. */
  readonly message?: string;
}

/** What is known of a connection. */
export interface ConnectionReport {
  /** Whether it is open. */
  readonly state: "connecting" | "open" | "closed";
  /** The code of the ProtocolError that closed it. */
  readonly code?: number;
  /** Why it failed, in the words of the implementation. */
  readonly message?: string;
  /** The notifications that came in, in order. */
  readonly notes: readonly {
    readonly name: string;
    readonly payload: Uint8Array;
  }[];
  /** The heartbeats that came in, in order. */
  readonly heartbeats: readonly {
    readonly load: number;
    readonly time: number;
  }[];
}

/** How much a report waits for. */
export interface Enough {
  /** How long it waits at most, in milliseconds; 0 when absent. */
  readonly timeout?: number;
}

/** Each command, with its arguments and its answer. */
export interface Commands {
  /** Begins, and asks who is judged. */
  start: { args: { readonly protocol: 1 }; answer: Description };
  /** Makes the bytes of a message, or without one those of the version. */
  encode: {
    args: {
      readonly version?: ProtocolVersion;
      readonly message?: RawMessage;
    };
    answer:
      | { readonly bytes: Uint8Array }
      | { readonly refused: { readonly reason: string } };
  };
  /** Makes messages of chunks of bytes. */
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
  /** Accepts connections at a free address of this machine. */
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
  /** Begins a stream request. */
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
  /** Gives a call up, on this side. */
  cancel: {
    args: { readonly call: string };
    answer: Readonly<Record<never, never>>;
  };
  /** Tells what is known of a call, a connection or a listener, once there is enough to tell. */
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
  /** Lets what is under way on a connection finish, then closes it. */
  drain: {
    args: { readonly connection: string; readonly timeout?: number };
    answer: ConnectionReport;
  };
  /** Lets virtual time pass, in milliseconds. */
  advance: {
    args: { readonly ms: number };
    answer: Readonly<Record<never, never>>;
  };
  /** Cuts all listeners and connections and forgets all handles. */
  reset: {
    args: Readonly<Record<never, never>>;
    answer: Readonly<Record<never, never>>;
  };
  /** Ends the implementation. */
  stop: {
    args: Readonly<Record<never, never>>;
    answer: Readonly<Record<never, never>>;
  };
}

/** The name of a command. */
export type CommandName = keyof Commands;

/** An implementation that can be judged. Disposing of it ends it and all that it has open. */
export interface Implementation extends AsyncDisposable {
  /**
   * Gives a command.
   *
   * @throws {SkippedError} when the implementation cannot do this.
   * @throws {AdapterError} when it did not work, or the implementation is gone.
   */
  ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
  ): Promise<Commands[C]["answer"]>;
  /** Resolves when it has ended without having been told to, with what is known of that; never rejects. */
  readonly ended: Promise<string>;
  /** The process that runs it, where it is one on this machine. */
  readonly pid?: number;
  /** Takes one end of a connection in memory, in a role; says which connection it has become. */
  adopt?(
    channel: Channel,
    role: Role,
    options?: ConnectionOptions,
  ): Promise<string>;
}

/** Thrown by {@linkcode Implementation.ask} when an implementation cannot do what it was told. */
export class SkippedError extends Error {
  /** The name of the class. */
  override readonly name = "SkippedError";
  /** Where that is discussed. */
  readonly issue: string | undefined;

  /** Creates an error with the reason that was given. */
  constructor(reason: string, issue?: string) {
    super(reason);
    this.issue = issue;
  }
}

/** Thrown by {@linkcode Implementation.ask} when a command did not work. */
export class AdapterError extends Error {
  /** The name of the class. */
  override readonly name = "AdapterError";
  /** Whether the implementation has ended, or says what no adapter may say, so that nothing more can be asked. */
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
