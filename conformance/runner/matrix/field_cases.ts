/**
 * Makes session cases by construction: request IDs, names and numbers, in each direction.
 *
 * @module
 */

import type {
  Bytes,
  CaseFile,
  Expectation,
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
  textOf,
  TOGETHER,
} from "./_session_parts.ts";
import { idsOf } from "./codec_cases.ts";
import { NUMBER_VALUES } from "./numbers.ts";
import { NAME_SIZES } from "./sizes.ts";
import { BORDER_TEXTS, letters, LONGEST_TEXTS, pattern } from "./writing.ts";

/** The cases of request IDs, names and numbers. */
export function fieldCases(): CaseFile {
  return fileOf(
    "Generated: request IDs, names and numbers with each class of values, in each direction.",
    [
      ...singleIdCases(),
      ...streamIdCases(),
      ...notificationNameCases(),
      ...operationNameCases(),
      unknownOperationCase(),
      ...numberCases(),
    ],
  );
}

const IDS = idsOf("01");

// An empty name is wrong more often, and would hide the others.
const NAMES: readonly Bytes[] = [
  // First, while no longer name has made a buffer grow.
  ...LONGEST_TEXTS,
  ...NAME_SIZES.filter((size) => size > 0).map((size) =>
    letters(size, size + 2)
  ),
  ...BORDER_TEXTS,
];

function id(what: string): string {
  return `session/matrix-fields/${what}`;
}

/** Each request ID in single requests, which are answered in each way. */
function singleIdCases(): SessionCase[] {
  return ([
    ["echo", "SingleResult", "hi", "hi"],
    ["fail", "ErrorResult", "no", "no"],
    ["retry", "RetryResult", `{"wait":5,"text":"later"}`, "later"],
  ] as const).map(([operation, kind, payload, answer]) =>
    session(
      {
        id: id(`ids-${operation}`),
        title: `The ID of a request comes back in its ${kind}, whatever it is`,
        spec: ["wire/request-id", "request/answered"],
      },
      answered(operation, kind, payload, answer),
    )
  );
}

function answered(
  operation: string,
  kind: MessageKind,
  payload: Bytes,
  answer: Bytes,
): Step[] {
  return inGroups(IDS, TOGETHER).flatMap((group): Step[] => [
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
}

/** Each request ID in streams, which are answered in each way. */
function streamIdCases(): SessionCase[] {
  return [
    session(
      {
        id: id("ids-streams"),
        title:
          "The ID of a stream belongs to its parts and its answer, whatever it is",
        spec: ["wire/request-id", "stream/parts", "stream/answer-end"],
        needs: ["streams"],
      },
      inGroups(IDS, TOGETHER).flatMap((group): Step[] => [
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
      inGroups(IDS, TOGETHER).flatMap((group): Step[] => [
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
  ];
}

/** Each name of a notification, in each direction. */
function notificationNameCases(): SessionCase[] {
  return [
    session(
      {
        id: id("names-notes"),
        title:
          "The names of notifications arrive unchanged, whatever their size",
        spec: ["wire/text3", "wire/text3-utf8", "wire/notification"],
      },
      [
        {
          send: NAMES.map((name) => ({
            kind: "Notification",
            name,
            payload: "",
          })),
        },
        {
          report: "connection",
          is: {
            notes: NAMES.map((name) => ({ name: textOf(name), payload: "" })),
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
      NAMES.flatMap((name): Step[] => [
        { do: "notify", name: textOf(name), payload: "hi" },
        {
          expect: [{ message: { kind: "Notification", name, payload: "hi" } }],
        },
      ]),
    ),
  ];
}

/** Each name of an operation that the implementation requests. */
function operationNameCases(): SessionCase[] {
  return [
    session(
      {
        id: id("names-ask"),
        title: "The operations of requests are written as they were given",
        spec: ["wire/text3", "wire/text3-utf8", "wire/single-request"],
      },
      NAMES.flatMap((name, at): Step[] => [
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
      NAMES.flatMap((name, at) => named(name, `s${at}`)),
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
  ];
}

/** Each name of an operation that the implementation does not have. */
function unknownOperationCase(): SessionCase {
  return session(
    {
      id: id("names-unknown"),
      title:
        "An operation that nobody knows is read to its end, whatever its size",
      spec: ["wire/text3", "request/unknown-operation"],
    },
    inGroups(NAMES, TOGETHER).flatMap((group, round): Step[] => [
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
  );
}

/** The numbers that are no sizes. */
function numberCases(): SessionCase[] {
  return [
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
