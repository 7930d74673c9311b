/**
 * The corpus as types; `corpus/README.md` explains them.
 *
 * @module
 */

import type { ChunkName } from "./chunks.ts";

import type {
  Bytes,
  BytesPattern,
  EndPattern,
  Frame,
  MessageKind,
  MessagePattern,
  NumberPattern,
  PartsPattern,
  Segment,
  UpgradePattern,
  Variable,
} from "./pattern.ts";

export type * from "./pattern.ts";

/** How binding a case or a statement is. */
export type Level = "must" | "should" | "may" | "undefined";

/** The role of the implementation in a conversation. */
export type Role = "acceptor" | "initiator";

/** The transport of a conversation. */
export type Transport = "memory" | "tcp" | "websocket";

/** A message, with the fields of its kind. */
export interface CaseMessage {
  /** The kind of message. */
  readonly kind: MessageKind;
  /** The bytes of the request ID. */
  readonly id?: Bytes;
  /** The operation of a request. */
  readonly operation?: Bytes;
  /** The name of a notification. */
  readonly name?: Bytes;
  /** The wait of a RetryResult, in milliseconds. */
  readonly wait?: number;
  /** The load of a Heartbeat. */
  readonly load?: number;
  /** The time of a Heartbeat, in seconds since 1970-01-01 UTC. */
  readonly time?: number;
  /** The code of a ProtocolError. */
  readonly code?: number;
  /** The payload. */
  readonly payload?: Bytes;
}

/** The fields of every case. */
export interface CaseBase {
  /** Its permanent identifier. */
  readonly id: string;
  /** The version of the corpus that added it. */
  readonly since: string;
  /** Its level. */
  readonly level: Level;
  /** What it requires, in one sentence. */
  readonly title: string;
  /** The statements of the protocol that it tests. */
  readonly spec: readonly string[];
  /** The kinds of defect that it finds. */
  readonly flags?: readonly string[];
  /** Why it is no longer run. */
  readonly withdrawn?: string;
}

/** A refusal that is required of a decoder or an encoder. */
export interface CaseError {
  /** The reason; implementations need not report it. */
  readonly reason:
    | "unsupported-version"
    | "not-a-version"
    | "unknown-kind"
    | "bad-hex"
    | "over-limit"
    | "truncated"
    | "out-of-range";
  /** The code of the matching ProtocolError. */
  readonly code?: number;
  /** The offset of the first byte that is wrong. */
  readonly at?: number;
}

/** A codec case: bytes, and the messages that they encode. */
export interface CodecCase extends CaseBase {
  /** Whether it is run with the decoder, the encoder, or both. */
  readonly directions: readonly ("decode" | "encode")[];
  /** The bytes; absent if nothing may be written. */
  readonly wire?: Bytes;
  /** The messages. */
  readonly messages: readonly CaseMessage[];
  /** What is refused after the messages. */
  readonly error?: CaseError;
  /** Whether the bytes start with the version. */
  readonly handshake?: true;
  /** The ways to cut the bytes; all when absent. */
  readonly chunks?: readonly ChunkName[];
  /** The version of the protocol, `"01"` when absent. */
  readonly version?: "00" | "01";
  /** Whether the input ends after the bytes. */
  readonly end?: true;
  /** The limits for names and payloads to set in the decoder. */
  readonly limits?: { readonly name?: number; readonly payload?: number };
}

/** A session case: a conversation with an implementation. */
export interface SessionCase extends CaseBase {
  /** The roles of the implementation; the case is run in each. */
  readonly roles: readonly Role[];
  /** The transports it is run over; all when absent. */
  readonly over?: readonly Transport[];
  /** What makes one WebSocket message; all ways when absent. */
  readonly units?: readonly ("split" | "merged" | "text")[];
  /** Features that the implementation needs. */
  readonly needs?: readonly string[];
  /** Options of `listen` or `connect`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The names of extensions whose Notifications the steps name; others are ignored. */
  readonly heeds?: readonly string[];
  /** Whether another connection must still work at the end. */
  readonly bystander?: true;
  /** The steps, in order. */
  readonly steps: readonly Step[];
}

/** Something that is expected to arrive. */
export type Expectation =
  & (
    | { readonly message: MessagePattern }
    | { readonly parts: PartsPattern }
    | { readonly bytes: Bytes }
    | { readonly frame: Frame }
    | { readonly end: EndPattern }
    | { readonly upgrade: UpgradePattern }
  )
  & {
    /** The earliest time, in milliseconds after the previous step began, or after the connection was opened. */
    readonly notBefore?: number;
    /** The latest time, in milliseconds after the previous step ended. */
    readonly within?: number;
    /** Of a message or an end: any number of messages that match this pattern can come before it. */
    readonly behind?: MessagePattern;
  };

/** One of several acceptable outcomes. */
export type Outcome =
  & {
    /** The verdict. */
    readonly grade: "pass" | "weak";
    /** Why the verdict is weak. */
    readonly because?: string;
  }
  & ({ readonly expect: readonly Expectation[] } | { readonly quiet: true });

/** A message to send; its ID can be a variable. */
export type SentMessage = Omit<CaseMessage, "id"> & {
  /** The bytes of the request ID, or the variable that has them. */
  readonly id?: Bytes | Variable;
  /** The number of its bytes to send; all when absent. */
  readonly first?: number;
};

/** Something to send. */
export type SendItem =
  | SentMessage
  | { readonly bytes: Bytes }
  | { readonly frame: Frame }
  /** Bytes below the frames of a WebSocket; only after a step `raw`. */
  | { readonly raw: Bytes };

/**
 * HTTP that the case writes itself, in place of the runner: the request to an
 * acceptor, or the response to the request of an initiator.
 */
export interface RawRequest {
  /**
   * What is written, one write after the other. The variables `host` and `path`
   * of a request are those of the address; the variable `accept` of a response
   * is the header that answers the key of the request.
   */
  readonly http: readonly Bytes[];
  /** The accepted statuses of the response. */
  readonly status?: number | readonly number[];
  /** Headers of the response: their text, or that there is none. */
  readonly headers?: Readonly<
    Record<string, string | { readonly absent: true }>
  >;
  /** Whether the implementation may end the connection without a response. */
  readonly mayEnd?: true;
  /** Whether the runner does not answer a close frame, and waits for the end of the byte stream behind it. */
  readonly ignoresClose?: true;
}

/** One step of a conversation. */
export type Step =
  | { readonly handshake: Readonly<Record<never, never>> }
  | {
    readonly send: readonly SendItem[];
    readonly cut?: "bytewise" | number;
    /** The pause between two writes, in milliseconds. */
    readonly pace?: number;
  }
  | { readonly expect: readonly Expectation[] }
  | { readonly all: readonly Expectation[] }
  | { readonly outcomes: readonly Outcome[] }
  | { readonly quiet: Readonly<Record<never, never>> }
  | { readonly echo: Bytes }
  | { readonly alive: Readonly<Record<never, never>> }
  | {
    readonly do:
      | "request"
      | "notify"
      | "open-stream"
      | "write"
      | "end"
      | "cancel"
      | "close"
      | "drain";
    /** The name to give to the call. */
    readonly as?: string;
    /** The call to act on. */
    readonly call?: string;
    readonly operation?: string;
    /** The name of a notification: text, or segments of it. */
    readonly name?: string | readonly Segment[];
    readonly payload?: Bytes;
    readonly retry?: boolean;
    readonly timeout?: number;
    /** Whether the implementation may refuse the command. */
    readonly mayBeRefused?: true;
    /** Whether the command must be refused, or its call must fail. */
    readonly mustBeRefused?: true;
    /** Whether the next steps happen while the command is carried out. */
    readonly meanwhile?: true;
  }
  | {
    /** The name of a call, or `"connection"`. */
    readonly report: string;
    readonly is: ReportPattern | readonly ReportPattern[];
  }
  | { readonly advance: number }
  | { readonly ignore: Readonly<Record<never, never>> }
  | { readonly hold: Readonly<Record<never, never>> }
  | { readonly resume: Readonly<Record<never, never>> }
  | {
    readonly close: "end" | "half" | "reset" | { readonly code: number };
  }
  | {
    readonly flood: {
      readonly times: number;
      readonly send: readonly SendItem[];
    };
  }
  | {
    /** How much the resident memory and the address space may have grown, in bytes. */
    readonly memory: { readonly growth: number; readonly reserved?: number };
  }
  | {
    readonly storm: {
      readonly times: number;
      /** Whether the runner reads nothing on them. */
      readonly hold?: true;
      readonly send: readonly SendItem[];
      readonly close?: "end" | "half" | "reset";
    };
  }
  | { readonly raw: RawRequest }
  | {
    readonly upgrade: {
      readonly headers: Readonly<Record<string, string>>;
      readonly status?: number | readonly number[];
    };
  };

/** Fields of the report of a call or a connection; those that are absent can be anything. */
export interface ReportPattern {
  /** How a call was settled. */
  readonly outcome?: string;
  /** The payload of a call's answer. */
  readonly payload?: BytesPattern;
  /** The parts of a stream's answer. */
  readonly parts?: readonly BytesPattern[];
  /** The parts of a stream's answer, joined. */
  readonly joined?: BytesPattern;
  /** Whether a stream's answer has ended. */
  readonly ended?: boolean;
  /** The wait of a RetryResult, in milliseconds. */
  readonly wait?: NumberPattern;
  /** The state of a connection. */
  readonly state?: string;
  /** The code of the ProtocolError that closed a connection. */
  readonly code?: NumberPattern;
  /** The notifications that came in. */
  readonly notes?: readonly {
    readonly name: string;
    readonly payload: BytesPattern;
  }[];
  /** The heartbeats that came in. */
  readonly heartbeats?: readonly {
    readonly load?: NumberPattern;
    readonly time?: NumberPattern;
  }[];
}

/** A case of either kind. */
export type Case = CodecCase | SessionCase;

/** A file of the corpus. */
export interface CaseFile<C extends Case = Case> {
  /** What its cases are about. */
  readonly about: string;
  /** What each flag stands for, and what comes of it. */
  readonly notes: Readonly<Record<string, string>>;
  /** The cases, sorted by identifier. */
  readonly cases: readonly C[];
}
