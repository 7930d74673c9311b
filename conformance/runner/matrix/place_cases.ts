/**
 * Makes cases of limits by construction: a limit is reached, its places are given back in each way, and then
 * exactly as many are free as before.
 *
 * @module
 */

import type {
  Bytes,
  CaseFile,
  Expectation,
  MessageKind,
  Outcome,
  SendItem,
  SessionCase,
  Step,
} from "../cases/case.ts";
import { PLACES } from "./place_cells.ts";
import { fileOf, session } from "./_session_parts.ts";

/** How many places there are. */
const LIMIT = 2;

/** How often a place is taken and given back: more often than there are places. */
const TIMES = 3;

/** The wait of requests beyond the limit. */
const OVERLOAD_WAIT = [100, 200];

/** The largest payload in the cases that need a limit. */
const LARGEST = 1000;

type Kind = "SingleRequest" | "StreamRequest";

/** Returns the request of a kind. */
function request(
  kind: Kind,
  id: string,
  operation: string,
  payload: Bytes = "",
): SendItem {
  return { kind, id, operation, payload };
}

function end(id: string): SendItem {
  return { kind: "StreamRequestPart", id, payload: "" };
}

function answer(kind: MessageKind, id: string): Expectation {
  return { message: { kind, id } };
}

/** The outcomes of requests beyond the limit. */
function refusals(ids: readonly string[]): Outcome[] {
  const of = (kind: "RetryResult" | "ErrorResult"): Expectation[] =>
    ids.map((id) => ({
      message: {
        kind,
        id,
        ...kind === "RetryResult"
          ? { wait: { min: OVERLOAD_WAIT[0]!, max: OVERLOAD_WAIT[1]! } }
          : {},
      },
    }));
  return [
    { grade: "pass", expect: of("RetryResult") },
    {
      grade: "weak",
      because:
        "An ErrorResult says that the request should not be repeated; a RetryResult would say when to",
      expect: of("ErrorResult"),
    },
  ];
}

/** The steps that show that all places are free, and no more. */
function exactlyFree(kind: Kind): Step[] {
  const operation = kind === "SingleRequest" ? "echo" : "stream-echo";
  const holders = Array.from({ length: LIMIT }, (_, at) => `hol${at}`);
  return [
    {
      send: [
        ...holders.map((id) => request(kind, id, "hold")),
        request(kind, "over", operation, "hi"),
      ],
    },
    { outcomes: refusals(["over"]) },
  ];
}

/** The steps that take a place and give it back, several times. */
function each(
  make: (id: string) => {
    readonly send: readonly SendItem[];
    readonly answers: readonly Expectation[];
  },
): Step[] {
  return Array.from({ length: TIMES }, (_, at): Step[] => {
    const { send, answers } = make(`000${at}`);
    return [{ send }, { expect: answers }];
  }).flat();
}

interface Way {
  readonly steps: readonly Step[];
  readonly needs?: readonly string[];
  readonly options?: Readonly<Record<string, unknown>>;
}

function single(
  operation: string,
  payload: Bytes,
  kind: MessageKind,
): Step[] {
  return each((id) => ({
    send: [request("SingleRequest", id, operation, payload)],
    answers: [answer(kind, id)],
  }));
}

function stream(
  operation: string,
  payload: Bytes,
  kinds: readonly MessageKind[],
): Step[] {
  return each((id) => ({
    send: [request("StreamRequest", id, operation, payload), end(id)],
    answers: kinds.map((kind) => answer(kind, id)),
  }));
}

/** An operation that takes as long as the runner does to answer, and then fails. */
function later(kind: "ErrorResult" | "RetryResult"): Step[] {
  const wait = kind === "RetryResult" ? { wait: 5 } : {};
  return Array.from({ length: TIMES }, (_, at): Step[] => [
    {
      send: [
        request(
          "SingleRequest",
          `000${at}`,
          "call-back",
          `{"operation":"ask","payload":"hi"}`,
        ),
      ],
    },
    {
      expect: [{
        message: {
          kind: "SingleRequest",
          id: { bind: `asked-${at}` },
          operation: "ask",
        },
      }],
    },
    { send: [{ kind, id: { var: `asked-${at}` }, ...wait, payload: "no" }] },
    { expect: [answer(kind, `000${at}`)] },
  ]).flat();
}

/**
 * An operation counts until it has stopped (extension/cancel-running), which
 * may take a moment after the answer.
 */
function cancelled(kind: Kind): Step[] {
  const rounds = each((id) => ({
    send: [
      request(kind, id, "watch"),
      { kind: "Notification", name: "gotalk:cancel", payload: id },
    ],
    answers: [answer("ErrorResult", id)],
  }));
  return rounds.flatMap<Step>((step) =>
    "expect" in step ? [step, { quiet: {} }] : [step]
  );
}

const DELAY = `{"ms":300}`;

const large: Bytes = [{ pattern: LARGEST + 1, letters: true }];

const REQUESTS: Readonly<Record<string, Way>> = {
  success: { steps: single("echo", "hi", "SingleResult") },
  failure: { steps: single("fail", "no", "ErrorResult") },
  "failure-later": { steps: later("ErrorResult") },
  crash: { steps: single("crash", "no", "ErrorResult") },
  unknown: { steps: single("no-such-operation", "hi", "ErrorResult") },
  faulty: { steps: single("delay", "no JSON", "ErrorResult") },
  oversize: {
    steps: single("echo", large, "ErrorResult"),
    options: { maxPayload: LARGEST },
  },
  retry: {
    steps: single("retry", `{"wait":5,"text":"later"}`, "RetryResult"),
  },
  "retry-later": { steps: later("RetryResult"), needs: ["retry"] },
  overload: {
    steps: [
      {
        send: [
          request("SingleRequest", "dly0", "delay", DELAY),
          request("SingleRequest", "dly1", "delay", DELAY),
          ...["0001", "0002", "0003"].map((id) =>
            request("SingleRequest", id, "echo", "hi")
          ),
        ],
      },
      { outcomes: refusals(["0001", "0002", "0003"]) },
      {
        all: [answer("SingleResult", "dly0"), answer("SingleResult", "dly1")],
      },
    ],
  },
  cancel: { steps: cancelled("SingleRequest"), needs: ["extensionCancel"] },
  apart: {
    steps: [
      {
        send: [
          request("StreamRequest", "str0", "hold"),
          request("StreamRequest", "str1", "hold"),
        ],
      },
      ...single("echo", "hi", "SingleResult"),
    ],
    needs: ["streams"],
    options: { maxConcurrentStreams: LIMIT },
  },
};

const STREAMS: Readonly<Record<string, Way>> = {
  success: {
    steps: stream("stream-length", "abc", ["StreamResult", "StreamResult"]),
  },
  early: { steps: stream("ignore", "abc", ["StreamResult", "StreamResult"]) },
  failure: { steps: stream("fail", "no", ["ErrorResult"]) },
  "failure-behind-parts": {
    steps: stream("count-fail", `{"parts":2,"text":"no"}`, [
      "StreamResult",
      "StreamResult",
      "ErrorResult",
    ]),
  },
  crash: { steps: stream("crash", "no", ["ErrorResult"]) },
  unknown: { steps: stream("no-such-operation", "hi", ["ErrorResult"]) },
  "single-operation": { steps: stream("echo", "hi", ["ErrorResult"]) },
  oversize: {
    steps: stream("stream-length", large, ["ErrorResult"]),
    options: { maxPayload: LARGEST },
  },
  overload: {
    steps: [
      {
        send: [
          request("StreamRequest", "str0", "stream-length", "a"),
          request("StreamRequest", "str1", "stream-length", "a"),
          ...["0001", "0002", "0003"].map((id) =>
            request("StreamRequest", id, "stream-echo", "hi")
          ),
        ],
      },
      { outcomes: refusals(["0001", "0002", "0003"]) },
      { send: [end("str0")] },
      {
        expect: [
          answer("StreamResult", "str0"),
          { message: { kind: "StreamResult", id: "str0", payload: "" } },
        ],
      },
      { send: [end("str1")] },
      {
        expect: [
          answer("StreamResult", "str1"),
          { message: { kind: "StreamResult", id: "str1", payload: "" } },
        ],
      },
    ],
  },
  cancel: { steps: cancelled("StreamRequest"), needs: ["extensionCancel"] },
  apart: {
    steps: [
      {
        send: [
          request("SingleRequest", "sin0", "hold"),
          request("SingleRequest", "sin1", "hold"),
        ],
      },
      ...stream("stream-length", "abc", ["StreamResult", "StreamResult"]),
    ],
    options: { maxConcurrentRequests: LIMIT },
  },
};

const HOW: Readonly<Record<string, string>> = {
  success: "an answer",
  early: "an answer before the end",
  failure: "an operation that fails",
  "failure-later": "an operation that fails later",
  "failure-behind-parts": "an operation that fails behind parts of its answer",
  crash: "an operation that has a mistake",
  unknown: "an unknown operation",
  faulty: "a payload that the operation cannot accept",
  oversize: "a payload above the limit",
  retry: "an operation that answers with a RetryResult",
  "retry-later": "an operation that answers with a RetryResult later",
  overload: "a refusal for overload",
  cancel: "a cancel",
  apart: "nothing: the other kind of request is counted apart",
  "single-operation": "an operation that is not for streams",
  end: "the end of the connection",
};

/** The case of a connection that ends: as the acceptor, since the runner opens the others. */
function ended(limit: string, kind: Kind, option: string): SessionCase {
  const holders = Array.from({ length: LIMIT }, (_, at) => `hol${at}`);
  const needs = kind === "StreamRequest" ? ["limits", "streams"] : ["limits"];
  return {
    ...session(
      {
        id: `${PLACES}${limit}-end`,
        title: `The places of ${limit} are free after ${HOW.end}`,
        spec: ["limits/requests", "error/isolation"],
        needs,
        options: { [option]: LIMIT, overloadWait: OVERLOAD_WAIT },
      },
      [
        {
          storm: {
            times: TIMES,
            send: [
              { bytes: "01" },
              ...holders.map((id) => request(kind, id, "hold")),
            ],
            close: "end",
          },
        },
        ...exactlyFree(kind),
      ],
      "should",
    ),
    roles: ["acceptor"],
  };
}

/** The cases of limits. */
export function placeCases(): CaseFile {
  const make = (
    limit: "requests" | "streams",
    kind: Kind,
    option: string,
    ways: Readonly<Record<string, Way>>,
  ) => [
    ...Object.entries(ways).map(([name, { steps, needs = [], options }]) =>
      session(
        {
          id: `${PLACES}${limit}-${name}`,
          title: `The places of ${limit} are free after ${HOW[name]}`,
          spec: ["limits/requests"],
          needs: [
            "limits",
            ...kind === "StreamRequest" ? ["streams"] : [],
            ...needs.filter((need) =>
              need !== "streams" || kind !== "StreamRequest"
            ),
          ],
          options: {
            [option]: LIMIT,
            overloadWait: OVERLOAD_WAIT,
            ...options,
          },
        },
        [...steps, ...exactlyFree(kind)],
        "should",
      )
    ),
    ended(limit, kind, option),
  ];
  return fileOf(
    "Generated: limits that are reached, and whose places are given back in each way, once.",
    [
      ...make("requests", "SingleRequest", "maxConcurrentRequests", REQUESTS),
      ...make("streams", "StreamRequest", "maxConcurrentStreams", STREAMS),
    ],
  );
}
