/**
 * Makes cases of the cancels that an implementation sends: for each kind of
 * request, what is written, how often, and what becomes of its ID.
 *
 * @module
 */

import type {
  Bytes,
  Expectation,
  SendItem,
  SessionCase,
  Step,
} from "../cases/case.ts";
import { cancelCase, type Kind } from "./_cancel_case.ts";
import { begun, idBound } from "./_session_parts.ts";

/** The steps of a call of the implementation, up to its request, whose ID differs from that of another one. */
function called(kind: Kind, name: string, unlike?: string): Step[] {
  const id = idBound(name, unlike);
  return kind === "single"
    ? [
      { do: "request", operation: name, payload: "hi", as: name },
      {
        expect: [{
          message: {
            kind: "SingleRequest",
            id,
            operation: name,
            payload: "hi",
          },
        }],
      },
    ]
    : [
      { do: "open-stream", operation: name, as: name },
      { do: "write", call: name, payload: "hi" },
      begun(name, name, "hi", unlike),
    ];
}

function cancelled(name: string): Step[] {
  return [
    { do: "cancel", call: name },
    {
      expect: [{
        message: {
          kind: "Notification",
          name: "gotalk:cancel",
          payload: { begins: { with: [{ var: name }] } },
        },
      }],
    },
  ];
}

/** Answers a call of the implementation as a request of a kind is answered. */
function answered(kind: Kind, name: string, payload: Bytes): SendItem[] {
  const id = { var: name };
  return kind === "single" ? [{ kind: "SingleResult", id, payload }] : [
    { kind: "StreamResult", id, payload },
    { kind: "StreamResult", id, payload: "" },
  ];
}

function reported(kind: Kind, name: string, payload: string): Step {
  return {
    report: name,
    is: kind === "single"
      ? { outcome: "result", payload }
      : { outcome: "stream", joined: payload, ended: true },
  };
}

const HEEDS = ["gotalk:cancel"];

/** Several requests are given up, in another order than they were made. */
function written(kind: Kind): SessionCase {
  const names = ["first", "second", "third", "fourth"];
  return cancelCase({
    kind,
    name: "written",
    title:
      "Each request that is given up is cancelled once, and nothing of it follows",
    spec: ["extension/cancel", "extension/cancel-last"],
    needs: ["cancel"],
    heeds: HEEDS,
    steps: [
      ...names.flatMap((name) => called(kind, name)),
      ...["third", "first", "fourth"].flatMap(cancelled),
      { quiet: {} },
      {
        send: ["first", "third", "fourth"].map((name): SendItem => ({
          kind: "ErrorResult",
          id: { var: name },
          payload: "cancelled",
        })),
      },
      { echo: "read" },
      ...kind === "single" ? [] : [
        { do: "end", call: "second" } as Step,
        {
          expect: [{
            message: {
              kind: "StreamRequestPart",
              id: { var: "second" },
              payload: "",
            },
          } as Expectation],
        },
      ],
      { send: answered(kind, "second", "hello") },
      reported(kind, "second", "hello"),
      { quiet: {} },
    ],
  });
}

/** The ways to answer a request completely. */
function complete(
  kind: Kind,
): readonly (readonly [string, readonly SendItem[]])[] {
  const of = (
    name: string,
    kind: "ErrorResult" | "RetryResult",
  ): SendItem[] => [{
    kind,
    id: { var: name },
    ...kind === "RetryResult" ? { wait: 5 } : {},
    payload: "no",
  }];
  return [
    ["result", answered(kind, "result", "hello")],
    ["error", of("error", "ErrorResult")],
    ["retry", of("retry", "RetryResult")],
    // As requests of the other kind usually are.
    ["other", answered(kind === "single" ? "stream" : "single", "other", "no")],
  ];
}

function late(kind: Kind): SessionCase {
  return cancelCase({
    kind,
    name: "late",
    title: "A request that is answered, in whatever way, is not cancelled",
    spec: ["extension/cancel-last"],
    needs: ["cancel"],
    heeds: HEEDS,
    steps: [
      ...complete(kind).flatMap(([name, send]): Step[] => [
        ...called(kind, name),
        { send },
        { echo: name },
        { do: "cancel", call: name },
        { echo: name },
      ]),
      { quiet: {} },
    ],
  });
}

/** A cancelled request keeps its ID, also while its answer arrives. */
function id(kind: Kind): SessionCase {
  const next = (name: string): Step[] => called(kind, name, "first");
  return cancelCase({
    kind,
    name: "id",
    title:
      "The ID of a cancelled request is out of use until the answer is complete",
    spec: ["extension/cancel-last", "request/abandoned", "request/id-unique"],
    needs: ["cancel"],
    heeds: HEEDS,
    steps: [
      ...called(kind, "first"),
      ...cancelled("first"),
      ...next("second"),
      {
        send: [{ kind: "StreamResult", id: { var: "first" }, payload: "late" }],
      },
      { echo: "read" },
      ...next("third"),
      {
        send: [
          { kind: "ErrorResult", id: { var: "first" }, payload: "cancelled" },
          ...answered(kind, "third", "3"),
          ...answered(kind, "second", "2"),
        ],
      },
      reported(kind, "second", "2"),
      reported(kind, "third", "3"),
    ],
  });
}

/** The cases of cancels that an implementation sends. */
export function sentCancelCases(kind: Kind): SessionCase[] {
  return [written(kind), late(kind), id(kind)];
}
