/**
 * The steps of cases that carry payloads in each kind of message, in either
 * direction.
 *
 * @module
 */

import type { Bytes, MessageKind, SendItem, Step } from "../cases/case.ts";
import {
  begun,
  idAt,
  inGroups,
  message,
  streamed,
  TOGETHER,
} from "./_session_parts.ts";
import { NUMBER_VALUES } from "./numbers.ts";
import { joined } from "./writing.ts";

/** A request of some kind for each payload, several in flight, each answered with what was sent. */
export function answered(
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
export function opened(payloads: readonly Bytes[]): Step[] {
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
export function parts(payloads: readonly Bytes[]): Step[] {
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
export function asked(
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
export function uploaded(payloads: readonly Bytes[]): Step[] {
  const values = payloads.filter((payload) => payload !== "");
  const theirs = { var: "upload" };
  return [
    { do: "open-stream", operation: "upload", as: "upload" },
    { do: "write", call: "upload", payload: "first" },
    begun("upload", "upload", "first"),
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
