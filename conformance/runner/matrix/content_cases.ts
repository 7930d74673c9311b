/**
 * Makes session cases by construction: payloads of each size, in each kind and each direction.
 *
 * @module
 */

import { sizeOf } from "../cases/bytes.ts";
import type {
  Bytes,
  CaseFile,
  MessageKind,
  SendItem,
  SessionCase,
  Step,
} from "../cases/case.ts";
import {
  fileOf,
  idAt,
  inGroups,
  message,
  session,
  streamed,
  TOGETHER,
} from "./_session_parts.ts";
import { NUMBER_VALUES } from "./numbers.ts";
import { around, HUGE_EXPONENTS, LARGE_SIZES, SMALL_SIZES } from "./sizes.ts";
import { BORDER_TEXTS, joined, letters, pattern } from "./writing.ts";

/** The JSON of a standard operation is below this, in bytes. */
const LARGEST_JSON = 1_000_000;

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
