/**
 * The shapes of the arguments and answers of each command on a line of JSON.
 *
 * @module
 */

import { KIND_NAMES } from "../cases/message_kinds.ts";
import { FEATURES, OPERATIONS, TRANSPORTS } from "../cases/vocabulary.ts";
import {
  type CallReport,
  type CommandName,
  type Commands,
  type ConnectionOptions,
  type ConnectionReport,
  type Description,
  type RawMessage,
  SkippedError,
} from "../implementation.ts";
import {
  byField,
  bytes,
  count,
  fields,
  flag,
  list,
  number,
  object,
  oneOf,
  record,
  type Shape,
  text,
} from "./_shape.ts";

const version = oneOf("00", "01");
const nothing = object({});
const limits = object({}, { name: count, payload: count });

const message: Shape<RawMessage> = object({ kind: oneOf(...KIND_NAMES) }, {
  id: bytes,
  operation: bytes,
  name: bytes,
  wait: number,
  load: number,
  time: number,
  code: number,
  payload: bytes,
});

const description: Shape<Description> = object({
  implementation: object({ name: text, version: text, language: text }, {
    homepage: text,
    issues: text,
  }),
  roles: object({}, { acceptor: list(text), initiator: list(text) }),
  versions: list(version),
  operations: list(text),
  limits: object({ name: count, payload: count }),
  features: list(text),
});

const transports = list(oneOf(...TRANSPORTS));

/**
 * Checks that the answer to `start` has no unknown words, which would make cases
 * that need them not apply.
 */
export const DESCRIPTION_WORDS: Shape<object> = object({
  roles: record({ acceptor: transports, initiator: transports }),
  operations: list(oneOf(...OPERATIONS)),
  features: list(oneOf(...FEATURES)),
});

const OUTCOMES = {
  result: true,
  stream: true,
  error: true,
  retry: true,
  closed: true,
  cancelled: true,
  failed: true,
  pending: true,
} as const satisfies Readonly<Record<CallReport["outcome"], true>>;

const callReport: Shape<CallReport> = object({
  outcome: oneOf(...Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[]),
}, {
  payload: bytes,
  parts: list(bytes),
  ended: flag,
  wait: number,
  message: text,
});

const connectionFields = {
  state: oneOf("connecting", "open", "closed"),
  notes: list(object({ name: text, payload: bytes })),
  heartbeats: list(object({ load: number, time: number })),
};
const connectionExtras = { code: number, message: text };
const connectionReport: Shape<ConnectionReport> = object(
  connectionFields,
  connectionExtras,
);

const refusal = object({ chunk: count, reason: text }, { code: count });
const decoded = object(
  { messages: list(object({ chunk: count, message })) },
  { refused: refusal },
);

const OPTIONS: { readonly [K in keyof ConnectionOptions]-?: Shape<unknown> } = {
  streams: flag,
  maxConcurrentRequests: count,
  maxConcurrentStreams: count,
  overloadWait: list(count),
  heartbeatInterval: count,
  readTimeout: count,
  handshakeTimeout: count,
  maxPayload: count,
  maxSkip: count,
  maxName: count,
  maxInboundBytes: count,
  streamIdleTimeout: count,
  virtualTime: flag,
  traces: flag,
  operations: flag,
  login: flag,
  loginTimeout: count,
  maxLoginPayload: count,
};
const knownOptions = object({}, OPTIONS);

/** Options of a connection; an unknown one is answered with `skipped`, as the adapter protocol requires. */
const options: Shape<ConnectionOptions> = (value, at, strict) => {
  const unknown = Object.keys(fields(value, at))
    .find((name) => !(name in OPTIONS));
  if (unknown !== undefined) {
    throw new SkippedError(`there is no option ${unknown}`);
  }
  return knownOptions(value, at, strict) as ConnectionOptions;
};

/** The shape of the answer to each command. */
export const ANSWERS: {
  readonly [C in CommandName]: Shape<Commands[C]["answer"]>;
} = {
  start: description,
  encode: byField<Commands["encode"]["answer"]>([
    ["refused", object({ refused: object({ reason: text }) })],
    ["bytes", object({ bytes })],
  ]),
  decode: decoded,
  listen: object({ listener: text, address: text }, { script: text }),
  connect: object({ connection: text, ...connectionFields }, connectionExtras),
  request: object({ call: text }),
  notify: nothing,
  "open-stream": object({ call: text }),
  write: nothing,
  end: nothing,
  cancel: nothing,
  report: byField<Commands["report"]["answer"]>([
    ["connections", object({ connections: list(text) })],
    ["state", connectionReport],
    ["outcome", callReport],
  ]),
  close: byField<Commands["close"]["answer"]>([
    ["state", connectionReport],
    ["", nothing],
  ]),
  drain: connectionReport,
  advance: nothing,
  reset: nothing,
  stop: nothing,
};

const timeout = { timeout: count };

/** The shape of the arguments of each command. */
export const ARGUMENTS: {
  readonly [C in CommandName]: Shape<Commands[C]["args"]>;
} = {
  start: object({ protocol: oneOf(1) }),
  encode: object({}, { version, message }),
  decode: object({ chunks: list(bytes) }, {
    version,
    handshake: flag,
    end: flag,
    limits,
  }),
  listen: object({ transport: oneOf("tcp", "unix", "websocket") }, { options }),
  connect: object({ address: text }, { options, ...timeout }),
  request: object({ connection: text, operation: text }, {
    payload: bytes,
    retry: flag,
  }),
  notify: object({ connection: text, name: text }, { payload: bytes }),
  "open-stream": object({ connection: text, operation: text }),
  write: object({ call: text, payload: bytes }),
  end: object({ call: text }),
  cancel: object({ call: text }),
  report: byField<Commands["report"]["args"]>([
    [
      "listener",
      object({ listener: text }, { connections: count, ...timeout }),
    ],
    [
      "connection",
      object({ connection: text }, {
        notes: count,
        heartbeats: count,
        ...timeout,
      }),
    ],
    ["call", object({ call: text }, { parts: count, ...timeout })],
  ]),
  close: byField<Commands["close"]["args"]>([
    ["listener", object({ listener: text })],
    ["connection", object({ connection: text }, timeout)],
  ]),
  drain: object({ connection: text }, timeout),
  advance: object({ ms: count }),
  reset: nothing,
  stop: nothing,
};

/** Writes an object as one line without its end; bytes become hexadecimal digits. */
export function toLine(value: object): string {
  return JSON.stringify(
    value,
    (_, each) => each instanceof Uint8Array ? each.toHex() : each,
  );
}
