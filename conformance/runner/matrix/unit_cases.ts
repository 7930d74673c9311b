/**
 * Makes cases of write units on WebSocket by construction: for each kind, with and without a payload.
 *
 * @module
 */

import type {
  CaseFile,
  Expectation,
  SessionCase,
  Step,
} from "../cases/case.ts";
import { fileOf } from "./_session_parts.ts";
import { SINCE } from "./writing.ts";

/** A binary message with exactly these bytes. */
function unit(data: string): Expectation {
  return { frame: { type: "binary", data } };
}

/** A binary message that is a header with an ID that the implementation has chosen. */
function header(letter: string, size: number): Expectation {
  return { frame: { type: "binary", begins: letter, size } };
}

function make(
  name: string,
  title: string,
  spec: string,
  steps: readonly Step[],
  more: Partial<SessionCase> = {},
): SessionCase {
  return {
    id: `websocket/matrix-units/${name}`,
    since: SINCE,
    level: "should",
    title,
    spec: ["websocket/units", spec],
    roles: ["acceptor", "initiator"],
    over: ["websocket"],
    ...more,
    steps: [{ handshake: {} }, ...steps],
  };
}

/** An answer with a payload and one without, in the units of its kind. */
function answers(
  operation: string,
  letter: string,
  title: string,
  spec: string,
): SessionCase {
  return make(operation, title, spec, [
    { send: [{ kind: "SingleRequest", id: "0001", operation, payload: "hi" }] },
    { expect: [unit(`${letter}000100000002`), unit("hi")] },
    { send: [{ kind: "SingleRequest", id: "0002", operation, payload: "" }] },
    { expect: [unit(`${letter}000200000000`)] },
    { send: [{ kind: "SingleRequest", id: "0003", operation, payload: "a" }] },
    { expect: [unit(`${letter}000300000001`), unit("a")] },
  ]);
}

const STREAMS = { needs: ["streams"], options: { streams: true } } as const;

/** The cases of write units. */
export function unitCases(): CaseFile {
  return fileOf(
    "Generated: each kind that is written, as one message for its header and one for its payload.",
    [
      ...unitsOfAnswers(),
      ...unitsOfCalls(),
      make(
        "heartbeat",
        "A Heartbeat is written as one message",
        "heartbeat/first",
        [{ expect: [header("h", 13)] }],
      ),
    ],
  );
}

/** The units of what answers a request. */
function unitsOfAnswers(): readonly SessionCase[] {
  return [
    answers(
      "echo",
      "R",
      "A SingleResult is written as its header and its payload",
      "wire/single-result",
    ),
    answers(
      "fail",
      "E",
      "An ErrorResult is written as its header and its payload",
      "wire/error-result",
    ),
    make(
      "retry",
      "A RetryResult is written as its header and its payload",
      "wire/retry-result",
      [
        {
          send: [{
            kind: "SingleRequest",
            id: "0001",
            operation: "retry",
            payload: `{"wait":255,"text":"later"}`,
          }],
        },
        { expect: [unit("e0001000000ff00000005"), unit("later")] },
        {
          send: [{
            kind: "SingleRequest",
            id: "0002",
            operation: "retry",
            payload: `{"wait":0,"text":""}`,
          }],
        },
        { expect: [unit("e00020000000000000000")] },
      ],
    ),
    make(
      "stream-echo",
      "StreamResults are written as their headers and their payloads",
      "wire/stream-result",
      [
        {
          send: [{
            kind: "StreamRequest",
            id: "0001",
            operation: "stream-echo",
            payload: "hi",
          }],
        },
        { expect: [unit("S000100000002"), unit("hi")] },
        {
          send: [{ kind: "StreamRequestPart", id: "0001", payload: "" }],
        },
        { expect: [unit("S000100000000")] },
      ],
      STREAMS,
    ),
  ];
}

/** The units of what the implementation writes on a command. */
function unitsOfCalls(): readonly SessionCase[] {
  return [
    make(
      "notify",
      "A Notification is written as its header and its payload",
      "wire/notification",
      [
        { do: "notify", name: "note", payload: "hi" },
        { expect: [unit("n004note00000002"), unit("hi")] },
        { do: "notify", name: "note", payload: "" },
        { expect: [unit("n004note00000000")] },
      ],
    ),
    make(
      "request",
      "A SingleRequest is written as its header and its payload",
      "wire/single-request",
      [
        { do: "request", operation: "echo", payload: "hi", as: "a" },
        { expect: [header("r", 20), unit("hi")] },
        { do: "request", operation: "echo", payload: "", as: "b" },
        { expect: [header("r", 20)] },
        { do: "request", operation: "echo", payload: "a", as: "c" },
        { expect: [header("r", 20), unit("a")] },
      ],
    ),
    make(
      "stream",
      "A StreamRequest is written as one message, and its end as another",
      "wire/stream-request",
      [
        { do: "open-stream", operation: "upload", as: "a" },
        { do: "end", call: "a" },
        { expect: [header("s", 22), header("p", 13)] },
      ],
      STREAMS,
    ),
    make(
      "stream-parts",
      "The parts of a stream are written as their headers and their payloads",
      "wire/stream-request-part",
      [
        { do: "open-stream", operation: "upload", as: "a" },
        { do: "write", call: "a", payload: "first" },
        {
          outcomes: [
            { grade: "pass", expect: [header("s", 22), unit("first")] },
            {
              grade: "pass",
              expect: [header("s", 22), header("p", 13), unit("first")],
            },
          ],
        },
        { do: "write", call: "a", payload: "second" },
        { expect: [header("p", 13), unit("second")] },
        { do: "end", call: "a" },
        { expect: [header("p", 13)] },
      ],
      STREAMS,
    ),
  ];
}
