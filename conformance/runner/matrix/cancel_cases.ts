/**
 * Makes cases of cancels by construction: for each kind of request, what is a
 * cancel and what is not, which request it concerns, and what is written.
 *
 * @module
 */

import type {
  Bytes,
  CaseFile,
  Expectation,
  SendItem,
  SessionCase,
  Step,
} from "../cases/case.ts";
import { cancelCase, type Kind, KINDS } from "./_cancel_case.ts";
import { sentCancelCases } from "./_sent_cancel_cases.ts";
import { fileOf } from "./_session_parts.ts";
import { bytesOf } from "./writing.ts";

function cancel(payload: Bytes): SendItem {
  return { kind: "Notification", name: "gotalk:cancel", payload };
}

function request(
  kind: Kind,
  id: Bytes,
  operation: string,
  payload: Bytes = "",
): SendItem {
  const of = kind === "single" ? "SingleRequest" : "StreamRequest";
  return { kind: of, id, operation, payload };
}

function refused(id: Bytes): Expectation {
  return { message: { kind: "ErrorResult", id } };
}

/** A request in flight that takes until `rest` is sent or has passed, and its answer. */
interface InFlight {
  readonly send: SendItem;
  readonly rest: readonly SendItem[];
  readonly answers: readonly Expectation[];
}

function inFlight(kind: Kind, id: Bytes): InFlight {
  if (kind === "single") {
    return {
      send: request(kind, id, "delay", `{"ms":150}`),
      rest: [],
      answers: [{ message: { kind: "SingleResult", id, payload: "ok" } }],
    };
  }
  return {
    send: request(kind, id, "stream-length", "abc"),
    rest: [
      { kind: "StreamRequestPart", id, payload: "de" },
      { kind: "StreamRequestPart", id, payload: "" },
    ],
    answers: [
      { message: { kind: "StreamResult", id, payload: "5" } },
      { message: { kind: "StreamResult", id, payload: "" } },
    ],
  };
}

/** The IDs with one byte that differs, in each place. */
const SIMILAR: readonly Bytes[] = [0, 1, 2, 3].map((at) => {
  const id = [0x61, 0x80, 0x00, 0xff];
  id[at]! ^= 1;
  return bytesOf(...id);
});

const ID: Bytes = bytesOf(0x61, 0x80, 0x00, 0xff);

/** The beginnings of an ID are no cancel. */
function malformed(kind: Kind): SessionCase {
  const { send, rest, answers } = inFlight(kind, "0001");
  const other = inFlight(kind, "0002");
  return cancelCase({
    kind,
    name: "malformed",
    title: "A cancel of less than four bytes concerns no request",
    spec: ["extension/cancel", "extension/any-time"],
    steps: [
      { send: [send, other.send] },
      {
        send: ["", "0", "00", "000", [{ hex: "00" }]].map((each) =>
          cancel(each as Bytes)
        ),
      },
      ...rest.length === 0 ? [] : [{ send: [...rest, ...other.rest] }],
      { all: [...answers, ...other.answers] },
      { echo: "still here" },
    ],
  });
}

/** Requests are cancelled whose IDs differ from others in one byte. */
function similar(kind: Kind): SessionCase {
  const others = SIMILAR.map((id) => inFlight(kind, id));
  return cancelCase({
    kind,
    name: "similar",
    title: "A cancel concerns no request with a similar ID",
    spec: ["extension/cancel-answer", "extension/cancel-unknown"],
    steps: [
      {
        send: [
          ...others.slice(0, 2).map(({ send }) => send),
          request(kind, ID, "hold"),
          ...others.slice(2).map(({ send }) => send),
        ],
      },
      { send: [cancel(ID)] },
      ...kind === "single" ? [] : [
        { expect: [refused(ID)] },
        { send: others.flatMap(({ rest }) => rest) },
      ],
      {
        all: [
          ...kind === "single" ? [refused(ID)] : [],
          ...others.flatMap(({ answers }) => answers),
        ],
      },
      { echo: "still here" },
    ],
  });
}

/** How many requests are cancelled one after the other where there is place for one. */
const TIMES = 3;

function places(kind: Kind): SessionCase {
  const ids = Array.from({ length: TIMES }, (_, at) => `000${at}`);
  const last = inFlight(kind, "last");
  const option = kind === "single"
    ? "maxConcurrentRequests"
    : "maxConcurrentStreams";
  return cancelCase({
    kind,
    name: "places",
    title:
      "A cancelled operation that has stopped leaves its place to the next one",
    spec: ["extension/cancel-running", "extension/cancel-answer"],
    needs: ["limits"],
    options: { [option]: 1 },
    steps: [
      ...ids.flatMap((id, at): Step[] => [
        { send: [request(kind, id, "watch")] },
        { send: [cancel(id)] },
        { expect: [refused(id)] },
        {
          report: "connection",
          is: {
            notes: ids.slice(0, at + 1).map(() => ({
              name: kind === "single" ? "cancelled" : "cut",
              payload: "",
            })),
          },
        },
      ]),
      { send: [last.send, ...last.rest] },
      { expect: last.answers },
    ],
  });
}

/** Requests of both kinds that are in flight at the same time, of which each is cancelled in its turn. */
function beside(kind: Kind): SessionCase {
  const otherKind = kind === "single" ? "stream" : "single";
  const other = inFlight(otherKind, "side");
  // A stream need not be answered under the ID of an earlier one (stream/id-again).
  const later = inFlight(otherKind, "sid2");
  const cancelled = (id: Bytes): Step[] => [
    { send: [cancel(id)] },
    { expect: [refused(id)] },
  ];
  return cancelCase({
    kind,
    name: "beside",
    title:
      "A request can be cancelled while the other kind is in flight, and once that is answered",
    spec: ["extension/cancel-answer", "extension/cancel-unknown"],
    needs: kind === "single" ? ["streams"] : [],
    steps: [
      { send: [request(kind, "0001", "hold"), request(kind, "0002", "hold")] },
      { send: [other.send] },
      ...cancelled("0001"),
      ...other.rest.length === 0 ? [] : [{ send: other.rest }],
      { expect: other.answers },
      ...cancelled("0002"),
      { send: [request(kind, "0003", "hold")] },
      ...cancelled("0003"),
      { send: [later.send, ...later.rest] },
      { expect: later.answers },
      { send: [request(kind, "0004", "hold")] },
      ...cancelled("0004"),
      { echo: "still here" },
    ],
  });
}

/** Operations that continue after their cancel take the places, all of which they have. */
function running(kind: Kind): SessionCase {
  const ids = ["0001", "0002"];
  const end = (id: Bytes): SendItem[] =>
    kind === "single" ? [] : [{ kind: "StreamRequestPart", id, payload: "" }];
  const [option, another] = kind === "single"
    ? ["maxConcurrentRequests", "echo"]
    : ["maxConcurrentStreams", "stream-echo"];
  return cancelCase({
    kind,
    name: "running",
    title: "A cancelled operation that continues keeps its place",
    spec: ["extension/cancel-running"],
    needs: ["limits"],
    options: { [option]: ids.length, overloadWait: [100, 200] },
    steps: [
      {
        send: ids.flatMap((id) => [
          request(kind, id, "persist", `{"ms":20000}`),
          ...end(id),
        ]),
      },
      // What the handler of this notification asks arrives once the operations have begun.
      {
        send: [{
          kind: "Notification",
          name: "ask",
          payload: `{"operation":"begun","payload":""}`,
        }],
      },
      {
        expect: [{
          message: {
            kind: "SingleRequest",
            id: { bind: "begun" },
            operation: "begun",
          },
        }],
      },
      { send: [{ kind: "SingleResult", id: { var: "begun" }, payload: "" }] },
      { quiet: {} },
      { send: ids.map(cancel) },
      { all: ids.map(refused) },
      { send: [request(kind, "over", another, "hi"), ...end("over")] },
      {
        outcomes: [
          {
            grade: "pass",
            expect: [{
              message: {
                kind: "RetryResult",
                id: "over",
                wait: { min: 100, max: 200 },
              },
            }],
          },
          {
            grade: "weak",
            because:
              "An ErrorResult says that the request should not be repeated; a RetryResult would say when to",
            expect: [refused("over")],
          },
        ],
      },
    ],
  });
}

/** Requests that are cancelled, and whose operations complete all the same or would have. */
function once(kind: Kind): SessionCase {
  const ids = ["0001", "0002", "0003"];
  const [first, second, third] = kind === "single"
    ? [
      request(kind, "0001", "persist", `{"ms":1000}`),
      request(kind, "0002", "delay", `{"ms":1000}`),
      request(kind, "0003", "echo-later", "1000late"),
    ]
    : [
      request(kind, "0001", "watch", "abc"),
      request(kind, "0002", "stream-length", "abc"),
      request(kind, "0003", "hold", "abc"),
    ];
  return cancelCase({
    kind,
    name: "once",
    title: "A cancelled request is answered once",
    spec: ["extension/cancel-answer", "request/answered"],
    steps: [
      // Together, so that none of them has completed before its cancel is read.
      { send: [first!, second!, third!, ...ids.map(cancel)] },
      { expect: ids.map(refused) },
      ...kind === "single" ? [] : [{
        send: ids.map((id): SendItem => ({
          kind: "StreamRequestPart",
          id,
          payload: "",
        })),
      }],
      { send: [request("single", "0004", "delay", `{"ms":1500}`)] },
      {
        expect: [{
          message: { kind: "SingleResult", id: "0004", payload: "ok" },
        }],
      },
      { quiet: {} },
    ],
  });
}

/** The cases of cancels. */
export function cancelCases(): CaseFile {
  return fileOf(
    "Generated: for each kind of request, what is a cancel and what is not, which request it concerns, and what is written.",
    [
      ...KINDS.flatMap((kind) => [
        malformed(kind),
        similar(kind),
        places(kind),
        once(kind),
        beside(kind),
        running(kind),
        ...sentCancelCases(kind),
      ]),
    ],
  );
}
