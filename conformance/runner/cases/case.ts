/**
 * The corpus as types: what `corpus/README.md` says in words.
 *
 * @module
 */

/** A run of bytes. */
export type Segment =
  /** Printable ASCII. */
  | { readonly ascii: string }
  /** Pairs of hexadecimal digits. */
  | { readonly hex: string }
  /** Text in UTF-8. */
  | { readonly utf8: string }
  /** The same bytes again and again. */
  | { readonly repeat: Bytes; readonly times: number }
  /** In a flood: the number of the repetition, in so many hexadecimal digits. */
  | { readonly counter: number };

/** Bytes: printable ASCII, or segments put one behind the other. */
export type Bytes = string | readonly Segment[];

/** How binding a case is. */
export type Level = "must" | "should" | "may" | "undefined";

/** What the implementation is in a conversation. */
export type Role = "acceptor" | "initiator";

/** What carries a conversation. */
export type Transport = "memory" | "tcp" | "websocket";

/** The name of a kind of message, as the protocol calls it. */
export type MessageKind =
  | "SingleRequest"
  | "StreamRequest"
  | "StreamRequestPart"
  | "SingleResult"
  | "StreamResult"
  | "ErrorResult"
  | "RetryResult"
  | "Notification"
  | "Heartbeat"
  | "ProtocolError";

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

/** What every case has. */
export interface CaseBase {
  /** Its permanent identifier. */
  readonly id: string;
  /** The version of the corpus that brought it. */
  readonly since: string;
  /** How binding it is. */
  readonly level: Level;
  /** What holds, in one sentence. */
  readonly title: string;
  /** The statements of the protocol that it shows. */
  readonly spec: readonly string[];
  /** Mistakes that it finds. */
  readonly flags?: readonly string[];
  /** Why it is not run any more. */
  readonly withdrawn?: string;
}

/** What a decoder or an encoder has to refuse. */
export interface CaseError {
  /** Why; advice only. */
  readonly reason:
    | "unsupported-version"
    | "not-a-version"
    | "unknown-kind"
    | "bad-hex"
    | "over-limit"
    | "truncated"
    | "out-of-range";
  /** The code of the ProtocolError that fits. */
  readonly code?: number;
  /** The offset of the byte that shows it. */
  readonly at?: number;
}

/** Bytes and the messages that they are. */
export interface CodecCase extends CaseBase {
  /** What it can be used for. */
  readonly directions: readonly ("decode" | "encode")[];
  /** The bytes; absent when nothing may be written. */
  readonly wire?: Bytes;
  /** What the bytes say. */
  readonly messages: readonly CaseMessage[];
  /** What is refused behind the messages. */
  readonly error?: CaseError;
  /** Whether the bytes begin with the version. */
  readonly handshake?: true;
  /** The version of the protocol, `"01"` when absent. */
  readonly version?: "00" | "01";
  /** Whether the input ends behind the bytes. */
  readonly end?: true;
  /** The largest name and payload that the decoder is set to accept. */
  readonly limits?: { readonly name?: number; readonly payload?: number };
}

/** A conversation with one implementation. */
export interface SessionCase extends CaseBase {
  /** What the implementation is; the case is run for each. */
  readonly roles: readonly Role[];
  /** The transports it makes sense on; all when absent. */
  readonly over?: readonly Transport[];
  /** Features that the implementation must have. */
  readonly needs?: readonly string[];
  /** Options of `listen` or `connect`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Whether another connection must still work in the end. */
  readonly bystander?: true;
  /** What happens. */
  readonly steps: readonly Step[];
}

/** Bytes to compare with, to remember or to leave open. */
export type BytesPattern =
  | Bytes
  | { readonly bind?: string; readonly unlike?: string }
  | { readonly var: string }
  | { readonly json: unknown }
  | { readonly text: true }
  | { readonly size: number }
  | { readonly without: Bytes };

/** A number, or its bounds. */
export type NumberPattern = number | {
  readonly min?: number;
  readonly max?: number;
};

/** A message that is waited for; fields that are absent can be anything. */
export interface MessagePattern {
  /** The kind of message. */
  readonly kind: MessageKind;
  /** The bytes of the request ID. */
  readonly id?: BytesPattern;
  /** The operation of a request. */
  readonly operation?: BytesPattern;
  /** The name of a notification. */
  readonly name?: BytesPattern;
  /** The wait of a RetryResult, in milliseconds. */
  readonly wait?: NumberPattern;
  /** The load of a Heartbeat. */
  readonly load?: NumberPattern;
  /** The time of a Heartbeat, in seconds since 1970-01-01 UTC. */
  readonly time?: NumberPattern;
  /** The code of a ProtocolError. */
  readonly code?: NumberPattern;
  /** The payload. */
  readonly payload?: BytesPattern;
}

/** A message or control frame of WebSocket. */
export interface Frame {
  /** What it is. */
  readonly type: "binary" | "text" | "ping" | "pong";
  /** What it carries. */
  readonly data?: Bytes;
  /** To send: `false` when more fragments follow; the following ones are of the same type. */
  readonly fin?: boolean;
}

/** How the implementation ends the connection. */
export interface EndPattern {
  /** What is wanted of a ProtocolError before the end; `"indifferent"` when absent. */
  readonly error?: "required" | "preferred" | "none" | "indifferent";
  /** The codes of the ProtocolError. */
  readonly codes?: readonly number[];
  /** The close codes of WebSocket. */
  readonly close?: readonly number[];
}

/** Headers with which a WebSocket is asked for: a text, none at all, or any URL. */
export interface UpgradePattern {
  /** The headers that are looked at. */
  readonly headers: Readonly<
    Record<string, string | { readonly absent: true } | { readonly url: true }>
  >;
}

/** Something that arrives. */
export type Expectation =
  & (
    | { readonly message: MessagePattern }
    | { readonly bytes: Bytes }
    | { readonly frame: Frame }
    | { readonly end: EndPattern }
    | { readonly upgrade: UpgradePattern }
  )
  & {
    /** At the earliest so many milliseconds after the step before has begun, or the connection where there is none. */
    readonly notBefore?: number;
    /** At the latest so many milliseconds after the step before has ended. */
    readonly within?: number;
  };

/** One of several things that may happen. */
export type Outcome =
  & {
    /** What it is worth. */
    readonly grade: "pass" | "weak";
    /** Why, when it is weak. */
    readonly because?: string;
  }
  & ({ readonly expect: readonly Expectation[] } | { readonly quiet: true });

/** A message to send; its ID can be one that was remembered. */
export type SentMessage = Omit<CaseMessage, "id"> & {
  /** The bytes of the request ID, or where they were remembered. */
  readonly id?: Bytes | { readonly var: string };
  /** Only so many of its bytes are sent. */
  readonly first?: number;
};

/** Something to send. */
export type SendItem =
  | SentMessage
  | { readonly bytes: Bytes }
  | { readonly frame: Frame };

/** One step of a conversation. */
export type Step =
  | { readonly handshake: Readonly<Record<never, never>> }
  | {
    readonly send: readonly SendItem[];
    readonly cut?: "bytewise" | number;
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
    /** The name of the call that comes of it. */
    readonly as?: string;
    /** The call that is meant. */
    readonly call?: string;
    readonly operation?: string;
    /** The name of a notification: text, or segments of it. */
    readonly name?: string | readonly Segment[];
    readonly payload?: Bytes;
    readonly retry?: boolean;
    readonly timeout?: number;
    /** Whether the implementation may say that it will not. */
    readonly mayBeRefused?: true;
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
  | { readonly memory: { readonly growth: number } }
  | {
    readonly storm: {
      readonly times: number;
      readonly send: readonly SendItem[];
      readonly close?: "end" | "half" | "reset";
    };
  }
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
