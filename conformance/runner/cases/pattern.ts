/**
 * Bytes of the corpus as types, and the patterns that are compared with what arrives; `corpus/README.md`
 * explains them.
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
  /** The same bytes, repeated. */
  | { readonly repeat: Bytes; readonly times: number }
  /** Bytes of which no two blocks are equal; other ones for another seed. */
  | {
    readonly pattern: number;
    readonly seed?: number;
    readonly letters?: true;
  }
  /** In a flood: the number of the repetition, with this number of hexadecimal digits. */
  | { readonly counter: number }
  /** In a conversation: the value of a variable. */
  | Variable;

/** The value of a variable, which a pattern has bound. */
export interface Variable {
  /** The name of the variable. */
  readonly var: string;
  /** The place of a byte whose lowest bit is inverted, so that the value is a similar one. */
  readonly changed?: number;
  /** The bit that is inverted in place of the lowest one, 0 to 7. */
  readonly bit?: number;
}

/** Bytes: printable ASCII, or segments that are concatenated. */
export type Bytes = string | readonly Segment[];

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

/** A pattern for bytes: bytes to compare with, a variable to bind or to compare with, or a property. */
export type BytesPattern =
  | Bytes
  | { readonly bind?: string; readonly unlike?: string }
  | Variable
  | { readonly json: unknown }
  /** A JSON array, in which for each of these some object has these members. */
  | { readonly listing: readonly Readonly<Record<string, unknown>>[] }
  | { readonly text: true }
  | { readonly size: number }
  | { readonly without: Bytes }
  | { readonly begins: BeginningPattern };

/** Bytes that begin with others, and have other properties too. */
export interface BeginningPattern {
  /** Their beginning. */
  readonly with: Bytes;
  /** Their number. */
  readonly size?: number;
  /** The variable to bind them to. */
  readonly bind?: string;
  /** A variable: they are greater than its value, byte by byte. */
  readonly above?: string;
  /** None of the letters A to Z follows their beginning. */
  readonly lowerCase?: true;
}

/** A pattern for a number: a value, or bounds, a variable to bind, and one that has another value. */
export type NumberPattern = number | {
  readonly min?: number;
  readonly max?: number;
  /** The number of seconds by which it may differ from the clock of the runner. */
  readonly now?: number;
  readonly bind?: string;
  readonly unlike?: string;
};

/** A pattern for a message; absent fields match anything. */
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

/** A pattern for any number of parts, whose payloads are some bytes when they are joined. */
export interface PartsPattern {
  /** The kind of message. */
  readonly kind: "StreamRequestPart" | "StreamResult";
  /** The bytes of the request ID. */
  readonly id: BytesPattern;
  /** The payloads, joined; none of them is empty. */
  readonly joined: Bytes;
}

/** A WebSocket message or control frame. */
export interface Frame {
  /** Its type. */
  readonly type: "binary" | "text" | "ping" | "pong";
  /** Its data. */
  readonly data?: Bytes;
  /** When expected: what its data begins with. */
  readonly begins?: Bytes;
  /** When expected: the number of bytes of its data. */
  readonly size?: number;
  /** When sent: `false` if more fragments follow; those have the same type. */
  readonly fin?: boolean;
}

/** A pattern for how the implementation ends the connection. */
export interface EndPattern {
  /** Whether a ProtocolError must precede the end; `"indifferent"` when absent. */
  readonly error?: "required" | "preferred" | "none" | "indifferent";
  /** The accepted codes of the ProtocolError. */
  readonly codes?: readonly number[];
  /** The accepted WebSocket close codes. */
  readonly close?: readonly number[];
}

/** A pattern for the headers of a WebSocket upgrade request: a text, an absent header, or any URL. */
export interface UpgradePattern {
  /** The headers that are checked. */
  readonly headers: Readonly<
    Record<string, string | { readonly absent: true } | { readonly url: true }>
  >;
}
