/**
 * Makes session cases by construction: each class of values in each field that a conversation shows, in both
 * directions.
 *
 * @module
 */

import { sizeOf, toBytes } from "../cases/bytes.ts";
import type {
  Bytes,
  CaseFile,
  Expectation,
  MessageKind,
  SendItem,
  SessionCase,
  Step,
} from "../cases/case.ts";
import { idsOf } from "./codec_cases.ts";
import { NUMBER_VALUES } from "./numbers.ts";
import {
  around,
  HUGE_EXPONENTS,
  LARGE_SIZES,
  NAME_SIZES,
  SMALL_SIZES,
} from "./sizes.ts";
import { BORDER_TEXTS, joined, letters, pattern, SINCE } from "./writing.ts";

/** How many requests are in flight at the same time. */
const TOGETHER = 12;

/** The JSON of a standard operation is below this, in bytes. */
const LARGEST_JSON = 1_000_000;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Returns the name of a kind of message in an identifier. */
interface Parts {
  readonly id: string;
  readonly title: string;
  readonly spec: readonly string[];
  readonly needs?: readonly string[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly units?: SessionCase["units"];
}

/** Returns a case for both roles; streams are turned on if it needs them. */
export function session(
  { id, title, spec, needs, options, units = ["split"] }: Parts,
  steps: readonly Step[],
  level: SessionCase["level"] = "must",
): SessionCase {
  const streams = needs?.includes("streams") ? { streams: true } : {};
  const all = { ...streams, ...options };
  return {
    id,
    since: SINCE,
    level,
    title,
    spec,
    roles: ["acceptor", "initiator"],
    // What differs between more transports is for other cases: these are long.
    over: ["tcp", "websocket"],
    units,
    ...needs === undefined ? {} : { needs },
    ...Object.keys(all).length === 0 ? {} : { options: all },
    steps: [{ handshake: {} }, ...steps],
  };
}

/** Returns the four bytes of a request ID. */
function idAt(at: number): string {
  return at.toString(36).padStart(4, "0");
}

function inGroups<T>(values: readonly T[], size: number): T[][] {
  return Array.from(
    { length: Math.ceil(values.length / size) },
    (_, at) => values.slice(at * size, (at + 1) * size),
  );
}

const huge = HUGE_EXPONENTS.map((exponent, at) => around(exponent)[at % 3]!);

/** Makes bytes of a size. */
type Make = (size: number, seed: number) => Bytes;

/** Returns the series of payloads: each has a name, and values. */
function seriesOf(
  make: Make,
  texts: readonly Bytes[],
): Readonly<Record<string, readonly Bytes[]>> {
  const sized = (sizes: readonly number[]) =>
    sizes.map((size) => make(size, size + 2));
  return {
    small: [...sized(SMALL_SIZES), ...texts],
    large: sized(LARGE_SIZES),
    // A small one behind a large one shows memory that is used again.
    huge: sized([...huge.toReversed(), 17, 1000]),
  };
}

function message(expected: Expectation & { message: unknown }): Expectation {
  return expected;
}

/** A request of some kind for each payload, several in flight, each answered with what was sent. */
function answered(
  operation: string,
  answer: MessageKind,
  payloads: readonly Bytes[],
  request: (payload: Bytes) => Bytes = (payload) => payload,
): Step[] {
  return inGroups(payloads, TOGETHER).flatMap((group, round): Step[] => {
    const ids = group.map((_, at) => idAt(round * TOGETHER + at));
    return [
      {
        send: group.map((payload, at): SendItem => ({
          kind: "SingleRequest",
          id: ids[at]!,
          operation,
          payload: request(payload),
        })),
      },
      {
        all: group.map((payload, at) =>
          message({ message: { kind: answer, id: ids[at]!, payload } })
        ),
      },
    ];
  });
}

/** Returns what data of a stream looks like: parts, of which there may be any number. */
function streamed(
  kind: "StreamRequestPart" | "StreamResult",
  id: Bytes | { readonly var: string },
  payload: Bytes,
): Expectation[] {
  return payload === "" ? [] : [{ parts: { kind, id, joined: payload } }];
}

/** One stream for each payload, which is the payload of its request. */
function opened(payloads: readonly Bytes[]): Step[] {
  return payloads.flatMap((payload, at): Step[] => {
    const id = idAt(1000 + at);
    const part = (kind: MessageKind, value: Bytes) => ({
      kind,
      id,
      payload: value,
    });
    return [
      {
        send: [
          { kind: "StreamRequest", id, operation: "stream-echo", payload },
          part("StreamRequestPart", ""),
        ],
      },
      {
        expect: [
          ...streamed("StreamResult", id, payload),
          { message: part("StreamResult", "") },
        ],
      },
    ];
  });
}

/** One stream whose parts are the payloads, each answered before the next. */
function parts(payloads: readonly Bytes[]): Step[] {
  const id = "part";
  const values = payloads.filter((payload) => payload !== "");
  return [
    {
      send: [{
        kind: "StreamRequest",
        id,
        operation: "stream-echo",
        payload: "",
      }],
    },
    ...values.flatMap((payload): Step[] => [
      { send: [{ kind: "StreamRequestPart", id, payload }] },
      { expect: streamed("StreamResult", id, payload) },
    ]),
    { send: [{ kind: "StreamRequestPart", id, payload: "" }] },
    { expect: [{ message: { kind: "StreamResult", id, payload: "" } }] },
  ];
}

/** A call of the implementation for each payload, answered with another one of the same size. */
function asked(
  answer: "SingleResult" | "ErrorResult" | "RetryResult",
  payloads: readonly Bytes[],
): Step[] {
  const outcome = {
    SingleResult: "result",
    ErrorResult: "error",
    RetryResult: "retry",
  };
  return payloads.flatMap((payload, at): Step[] => {
    const waits = NUMBER_VALUES[8];
    const wait = answer === "RetryResult"
      ? { wait: waits[at % waits.length]! }
      : {};
    const call = `call-${at}`;
    return [
      { do: "request", operation: "echo", payload, as: call },
      {
        expect: [{
          message: {
            kind: "SingleRequest",
            id: { bind: call },
            operation: "echo",
            payload,
          },
        }],
      },
      {
        send: [{ kind: answer, id: { var: call }, ...wait, payload }],
      },
      {
        report: call,
        is: { outcome: outcome[answer], ...wait, payload },
      },
    ];
  });
}

/** A stream of the implementation: its parts, and those of its answer. */
function uploaded(payloads: readonly Bytes[]): Step[] {
  const values = payloads.filter((payload) => payload !== "");
  const id = { bind: "upload" };
  const theirs = { var: "upload" };
  return [
    { do: "open-stream", operation: "upload", as: "upload" },
    { do: "write", call: "upload", payload: "first" },
    {
      outcomes: [
        {
          grade: "pass",
          expect: [{
            message: {
              kind: "StreamRequest",
              id,
              operation: "upload",
              payload: "first",
            },
          }],
        },
        {
          grade: "pass",
          expect: [
            {
              message: {
                kind: "StreamRequest",
                id,
                operation: "upload",
                payload: "",
              },
            },
            {
              message: {
                kind: "StreamRequestPart",
                id: theirs,
                payload: "first",
              },
            },
          ],
        },
      ],
    },
    ...values.flatMap((payload): Step[] => [
      { do: "write", call: "upload", payload },
      { expect: streamed("StreamRequestPart", theirs, payload) },
    ]),
    { do: "end", call: "upload" },
    {
      expect: [{
        message: { kind: "StreamRequestPart", id: theirs, payload: "" },
      }],
    },
    {
      send: [...values, ""].map((payload) => ({
        kind: "StreamResult",
        id: theirs,
        payload,
      })),
    },
    {
      report: "upload",
      is: { outcome: "stream", joined: joined(...values), ended: true },
    },
  ];
}

/** The cases of payloads. */
export function contentCases(): CaseFile {
  const cases: SessionCase[] = [];
  const payload = ["wire/payload", "wire/payload-opaque"];
  for (
    const [series, values] of Object.entries(seriesOf(pattern, BORDER_TEXTS))
  ) {
    const add = (
      what: string,
      title: string,
      spec: readonly string[],
      steps: readonly Step[],
      needs?: readonly string[],
    ) =>
      cases.push(session(
        {
          id: `session/matrix-content/${what}-${series}`,
          title: `${title}, whatever they are (${series})`,
          spec: [...spec, ...payload],
          ...needs === undefined ? {} : { needs },
          // A merged message has other lengths than its units.
          units: series === "large" ? ["split", "merged"] : ["split"],
        },
        steps,
      ));
    add(
      "echo",
      "The payloads of requests and of their answers arrive unchanged",
      ["wire/single-request", "wire/single-result", "request/answer-kind"],
      answered("echo", "SingleResult", values),
    );
    add(
      "stream-opened",
      "The payloads of stream requests arrive unchanged",
      ["wire/stream-request", "stream/open", "wire/stream-result"],
      opened(values),
      ["streams"],
    );
    add(
      "stream-parts",
      "The parts of streams and of their answers arrive unchanged",
      ["wire/stream-request-part", "wire/stream-result", "stream/parts"],
      parts(values),
      ["streams"],
    );
    add(
      "ask",
      "The payloads of calls and of their results arrive unchanged",
      ["wire/single-request", "wire/single-result"],
      asked("SingleResult", values),
    );
    add(
      "ask-error",
      "The payloads of ErrorResults reach the caller unchanged",
      ["wire/error-result", "request/error-payload"],
      asked("ErrorResult", values),
    );
    add(
      "ask-retry",
      "The payloads of RetryResults reach the caller unchanged",
      ["wire/retry-result", "request/error-payload"],
      asked("RetryResult", values),
    );
    add(
      "upload",
      "The parts that are written and those that are read arrive unchanged",
      ["wire/stream-request-part", "wire/stream-result", "stream/parts"],
      uploaded(values),
      ["streams"],
    );
    add(
      "notes",
      "The payloads of notifications that are read arrive unchanged",
      ["wire/notification", "notify/order"],
      [
        {
          send: values.map((value) => ({
            kind: "Notification",
            name: "note",
            payload: value,
          })),
        },
        {
          report: "connection",
          is: {
            notes: values.map((value) => ({ name: "note", payload: value })),
          },
        },
      ],
    );
    add(
      "notify",
      "The payloads of notifications that are written are those that were given",
      ["wire/notification", "notify/order"],
      values.flatMap((value): Step[] => [
        { do: "notify", name: "note", payload: value },
        {
          expect: [{
            message: { kind: "Notification", name: "note", payload: value },
          }],
        },
      ]),
    );
  }
  // What is for humans is text.
  for (
    const [series, values] of Object.entries(
      seriesOf(letters, BORDER_TEXTS.slice(1)),
    )
  ) {
    cases.push(
      session(
        {
          id: `session/matrix-content/retry-${series}`,
          title:
            `The payloads of RetryResults are written as they were given (${series})`,
          spec: ["wire/retry-result", ...payload],
        },
        answered(
          "retry",
          "RetryResult",
          // A peer may limit the size of JSON.
          values.filter((value) => sizeOf(value) < LARGEST_JSON),
          (text) => joined(`{"wait":5,"text":"`, text, `"}`),
        ),
      ),
      session(
        {
          id: `session/matrix-content/fail-${series}`,
          title:
            `The payloads of ErrorResults are written as they were given (${series})`,
          spec: ["wire/error-result", ...payload],
        },
        answered("fail", "ErrorResult", values),
      ),
    );
  }
  return fileOf(
    "Generated: payloads of every size that matters, in each kind and each direction, compared in full.",
    cases,
  );
}

/** The cases of request IDs, names and numbers. */
export function fieldCases(): CaseFile {
  const ids = idsOf("01");
  // An empty name is wrong more often, and would hide the others.
  const names = [
    ...NAME_SIZES.filter((size) => size > 0).map((size) =>
      letters(size, size + 2)
    ),
    ...BORDER_TEXTS,
  ];
  const id = (what: string) => `session/matrix-fields/${what}`;
  const single = (
    operation: string,
    kind: MessageKind,
    payload: Bytes,
    answer: Bytes,
  ): Step[] =>
    inGroups(ids, TOGETHER).flatMap((group): Step[] => [
      {
        send: group.map((each): SendItem => ({
          kind: "SingleRequest",
          id: each,
          operation,
          payload,
        })),
      },
      {
        all: group.map((each) =>
          message({ message: { kind, id: each, payload: answer } })
        ),
      },
    ]);
  const cases: SessionCase[] = [
    ...([
      ["echo", "SingleResult", "hi", "hi"],
      ["fail", "ErrorResult", "no", "no"],
      ["retry", "RetryResult", `{"wait":5,"text":"later"}`, "later"],
    ] as const).map(([operation, kind, payload, answer]) =>
      session(
        {
          id: id(`ids-${operation}`),
          title:
            `The ID of a request comes back in its ${kind}, whatever it is`,
          spec: ["wire/request-id", "request/answered"],
        },
        single(operation, kind, payload, answer),
      )
    ),
    session(
      {
        id: id("ids-streams"),
        title:
          "The ID of a stream belongs to its parts and its answer, whatever it is",
        spec: ["wire/request-id", "stream/parts", "stream/answer-end"],
        needs: ["streams"],
      },
      inGroups(ids, TOGETHER).flatMap((group): Step[] => [
        {
          send: [
            ...group.map((each): SendItem => ({
              kind: "StreamRequest",
              id: each,
              operation: "stream-length",
              payload: "a",
            })),
            ...group.flatMap((each, at): SendItem[] => [
              {
                kind: "StreamRequestPart",
                id: each,
                payload: "b".repeat(at + 1),
              },
              { kind: "StreamRequestPart", id: each, payload: "" },
            ]),
          ],
        },
        // The answers to other streams come between those to one.
        { all: streamAnswers(group) },
      ]),
    ),
    session(
      {
        id: id("ids-stream-fail"),
        title:
          "The ID of a stream comes back in its ErrorResult, whatever it is",
        spec: ["wire/request-id", "request/answered"],
        needs: ["streams"],
      },
      inGroups(ids, TOGETHER).flatMap((group): Step[] => [
        {
          send: group.flatMap((each): SendItem[] => [
            {
              kind: "StreamRequest",
              id: each,
              operation: "fail",
              payload: "no",
            },
            { kind: "StreamRequestPart", id: each, payload: "" },
          ]),
        },
        {
          all: group.map((each) =>
            message({ message: { kind: "ErrorResult", id: each } })
          ),
        },
      ]),
    ),
    session(
      {
        id: id("names-notes"),
        title:
          "The names of notifications arrive unchanged, whatever their size",
        spec: ["wire/text3", "wire/text3-utf8", "wire/notification"],
      },
      [
        {
          send: names.map((name) => ({
            kind: "Notification",
            name,
            payload: "",
          })),
        },
        {
          report: "connection",
          is: {
            notes: names.map((name) => ({ name: textOf(name), payload: "" })),
          },
        },
      ],
    ),
    session(
      {
        id: id("names-notify"),
        title: "The names of notifications are written as they were given",
        spec: ["wire/text3", "wire/text3-utf8", "wire/notification"],
      },
      names.flatMap((name): Step[] => [
        { do: "notify", name: textOf(name), payload: "hi" },
        {
          expect: [{ message: { kind: "Notification", name, payload: "hi" } }],
        },
      ]),
    ),
    session(
      {
        id: id("names-ask"),
        title: "The operations of requests are written as they were given",
        spec: ["wire/text3", "wire/text3-utf8", "wire/single-request"],
      },
      names.flatMap((name, at): Step[] => [
        {
          do: "request",
          operation: textOf(name),
          payload: pattern(5),
          as: `c${at}`,
        },
        {
          expect: [{
            message: {
              kind: "SingleRequest",
              operation: name,
              payload: pattern(5),
            },
          }],
        },
      ]),
    ),
    session(
      {
        id: id("names-upload"),
        title:
          "The operations of stream requests are written as they were given",
        spec: ["wire/text3", "wire/text3-utf8", "wire/stream-request"],
        needs: ["streams"],
      },
      names.flatMap((name, at) => named(name, `s${at}`)),
    ),
    session(
      {
        id: id("names-upload-empty"),
        title: "The operation of a stream request may be empty",
        spec: ["wire/text3-empty", "wire/stream-request"],
        needs: ["streams"],
      },
      named("", "a"),
    ),
    session(
      {
        id: id("names-unknown"),
        title:
          "An operation that nobody knows is read to its end, whatever its size",
        spec: ["wire/text3", "request/unknown-operation"],
      },
      inGroups(names, TOGETHER).flatMap((group, round): Step[] => [
        {
          send: group.map((operation, at): SendItem => ({
            kind: "SingleRequest",
            id: idAt(round * TOGETHER + at),
            operation,
            payload: "hi",
          })),
        },
        {
          all: group.map((_, at) =>
            message({
              message: {
                kind: "ErrorResult",
                id: idAt(round * TOGETHER + at),
              },
            })
          ),
        },
      ]),
    ),
    session(
      {
        id: id("waits-written"),
        title: "The wait of a RetryResult is written as it was given",
        spec: ["wire/retry-result", "wire/hex", "wire/unsigned"],
      },
      NUMBER_VALUES[8].flatMap((wait, at): Step[] => [
        {
          send: [{
            kind: "SingleRequest",
            id: idAt(at),
            operation: "retry",
            payload: `{"wait":${wait},"text":"later"}`,
          }],
        },
        {
          expect: [{
            message: {
              kind: "RetryResult",
              id: idAt(at),
              wait,
              payload: "later",
            },
          }],
        },
      ]),
    ),
    session(
      {
        id: id("heartbeats-read"),
        title:
          "The load and the time of each Heartbeat are reported as they were written",
        spec: ["wire/heartbeat", "heartbeat/any-value", "wire/unsigned"],
        needs: ["heartbeat"],
      },
      [
        {
          send: NUMBER_VALUES[4].map((load, at) => ({
            kind: "Heartbeat",
            load,
            time: NUMBER_VALUES[8][at]!,
          })),
        },
        {
          report: "connection",
          is: {
            heartbeats: NUMBER_VALUES[4].map((load, at) => ({
              load,
              time: NUMBER_VALUES[8][at]!,
            })),
          },
        },
      ],
    ),
  ];
  return fileOf(
    "Generated: request IDs, names and numbers with each class of values, in each direction.",
    cases,
  );
}

/** A stream of the implementation with a name, which is answered. */
function named(name: Bytes, call: string): Step[] {
  const id = { bind: call };
  const theirs = { var: call };
  const request = (payload: Bytes): Expectation => ({
    message: { kind: "StreamRequest", id, operation: name, payload },
  });
  return [
    { do: "open-stream", operation: textOf(name), as: call },
    { do: "write", call, payload: "data" },
    {
      outcomes: [
        { grade: "pass", expect: [request("data")] },
        {
          grade: "pass",
          expect: [
            request(""),
            ...streamed("StreamRequestPart", theirs, "data"),
          ],
        },
      ],
    },
    { do: "end", call },
    {
      expect: [{
        message: { kind: "StreamRequestPart", id: theirs, payload: "" },
      }],
    },
    { send: [{ kind: "StreamResult", id: theirs, payload: "" }] },
    { report: call, is: { outcome: "stream", parts: [], ended: true } },
  ];
}

/** Returns what answers a group of streams, each with its own length and its end. */
function streamAnswers(group: readonly Bytes[]): Expectation[] {
  return group.flatMap((id, at) => [
    message({
      message: { kind: "StreamResult", id, payload: String(at + 2) },
    }),
    message({ message: { kind: "StreamResult", id, payload: "" } }),
  ]);
}

function textOf(bytes: Bytes): string {
  return utf8.decode(toBytes(bytes));
}

export function fileOf(about: string, cases: readonly SessionCase[]): CaseFile {
  return {
    about,
    notes: {},
    cases: cases.toSorted((a, b) => a.id < b.id ? -1 : 1),
  };
}
