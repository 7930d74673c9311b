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
import { CANCELS } from "./extension_cells.ts";
import { fileOf, session } from "./_session_parts.ts";
import { bytesOf } from "./writing.ts";

type Kind = "single" | "stream";

const KINDS: readonly Kind[] = ["single", "stream"];

const NAMES = {
  single: "a single request",
  stream: "a stream request",
} as const satisfies Record<Kind, string>;

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

interface Made {
  readonly kind: Kind;
  readonly name: string;
  readonly title: string;
  readonly spec: readonly string[];
  readonly needs?: readonly string[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly heeds?: readonly string[];
  readonly steps: readonly Step[];
}

function made({ kind, name, title, needs = [], heeds, ...rest }: Made) {
  const made: SessionCase = session({
    id: `${CANCELS}${kind}-${name}`,
    title: `${title}: ${NAMES[kind]}`,
    spec: rest.spec,
    needs: [
      ...kind === "stream" ? ["streams"] : [],
      ...needs,
      "extensionCancel",
    ],
    ...rest.options === undefined ? {} : { options: rest.options },
  }, rest.steps);
  if (heeds === undefined) return made;
  const { steps, ...before } = made;
  return { ...before, heeds, steps };
}

/** The beginnings of an ID are no cancel. */
function malformed(kind: Kind): SessionCase {
  const { send, rest, answers } = inFlight(kind, "0001");
  const other = inFlight(kind, "0002");
  return made({
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
  return made({
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
  return made({
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
  return made({
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

/** The steps of a call of the implementation, up to its request. */
function called(kind: Kind, name: string): Step[] {
  const message = {
    id: { bind: name },
    operation: name,
    payload: "hi",
  };
  return kind === "single"
    ? [
      { do: "request", operation: name, payload: "hi", as: name },
      { expect: [{ message: { kind: "SingleRequest", ...message } }] },
    ]
    : [
      { do: "open-stream", operation: name, as: name },
      { do: "write", call: name, payload: "hi" },
      { expect: [{ message: { kind: "StreamRequest", ...message } }] },
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

/** Answers a call of the implementation. */
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
  return made({
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
    kind: "ErrorResult" | "RetryResult" | "SingleResult",
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
    ["other", of("other", "SingleResult")],
  ];
}

function late(kind: Kind): SessionCase {
  return made({
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
  const next = (name: string): Step[] => {
    const [doing, ...rest] = called(kind, name);
    const message = {
      id: { bind: name, unlike: "first" },
      operation: name,
      payload: "hi",
    };
    const expected: Step = {
      expect: [{
        message: {
          kind: kind === "single" ? "SingleRequest" : "StreamRequest",
          ...message,
        },
      }],
    };
    return [doing!, ...rest.slice(0, -1), expected];
  };
  return made({
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
        written(kind),
        late(kind),
        id(kind),
      ]),
    ],
  );
}
