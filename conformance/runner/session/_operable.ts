/**
 * Whether the operations of a server can carry out the commands of a case.
 *
 * @module
 */

import { toBytes } from "../cases/bytes.ts";
import type { ReportPattern, SessionCase } from "../cases/case.ts";
import type { Unit } from "../cases/expand.ts";
import type { DoStep } from "./_command_steps.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How a call settles if its answer shows it. After a failure, the server answers with an ErrorResult too. */
const SHOWN_OUTCOMES: readonly (string | undefined)[] = [
  "result",
  "stream",
  "retry",
  "error",
  "pending",
];

/**
 * Returns the argument of an operation that sends a payload back: as text if it
 * is text, so that the simplest server understands it, and else in hexadecimal.
 */
export function argumentOf(
  fields: Readonly<Record<string, unknown>>,
  payload: Uint8Array = new Uint8Array(0),
): object {
  try {
    return { ...fields, payload: utf8.decode(payload) };
  } catch {
    return { ...fields, hex: payload.toHex() };
  }
}

/**
 * Returns why operations of a server cannot carry out the commands of a case;
 * `undefined` if they can.
 *
 * @param unit What makes one WebSocket message.
 */
export function whyNoOperations(
  session: SessionCase,
  unit?: Unit,
): string | undefined {
  const { steps, options = {} } = session;
  let isEnded = false;
  let isHeld = false;
  let isDraining = false;
  for (const step of steps) {
    isEnded ||= "close" in step ||
      "expect" in step && step.expect.some((each) => "end" in each);
    isHeld = "hold" in step || isHeld && !("resume" in step);
    isDraining ||= "send" in step &&
      step.send.some((item) => "name" in item && item.name === "gotalk:drain");
    const what = isDraining && "do" in step && step.do !== "notify"
      ? "makes a request without having been asked to"
      : isHeld && ("report" in step || "do" in step && step.do === "notify")
      ? "is answered while nobody reads"
      : "do" in step
      ? whyNotDone(step, options["maxPayload"], unit)
      : "report" in step
      ? whyNotReported(step.report, [step.is].flat(), isEnded)
      : undefined;
    if (what !== undefined) return `no operation of a target ${what}`;
  }
  if (mostAtATime(session) > MOST_CALLS) {
    return `a target need not carry out more than ${MOST_CALLS} operations at a time`;
  }
  const takesPlaces = (command: string) =>
    steps.some((step) => "do" in step && step.do === command);
  return (takesPlaces("request") || takesPlaces("notify")) &&
        options["maxConcurrentRequests"] !== undefined ||
      takesPlaces("open-stream") &&
        options["maxConcurrentStreams"] !== undefined
    ? "the operations of a target take a place under the limit of the case"
    : undefined;
}

/** How many operations a target carries out at a time, as the library does by default. */
const MOST_CALLS = 256;

/** Returns how many calls of the implementation a case leaves without an answer at the same time. */
function mostAtATime({ steps }: SessionCase): number {
  let unanswered = 0;
  let most = 0;
  for (const step of steps) {
    if ("do" in step && step.do === "request") unanswered++;
    if ("send" in step) {
      unanswered -= step.send.filter((item) =>
        "kind" in item && /^(Single|Error|Retry)Result$/.test(item.kind)
      ).length;
    }
    most = Math.max(most, unanswered);
  }
  return most;
}

/** The operations of a server that carry out commands. */
const BACK = {
  request: "call-back",
  notify: "notify-back",
  "open-stream": "stream-back",
} as const satisfies Readonly<Record<string, string>>;

/** Returns the operations of a server that carry out the commands of a case. */
export function operationsForCommands(
  { steps }: SessionCase,
): ReadonlySet<string> {
  return new Set(
    steps.flatMap((step) =>
      "do" in step && Object.hasOwn(BACK, step.do)
        ? [BACK[step.do as keyof typeof BACK]]
        : "report" in step && step.report === "connection"
        ? ["notes"]
        : []
    ),
  );
}

function whyNotDone(
  step: DoStep,
  maxPayload: unknown,
  unit: Unit | undefined,
): string | undefined {
  switch (step.do) {
    case "write": {
      const bytes = toBytes(step.payload ?? "");
      if (bytes.byteLength === 0) return "writes a part without bytes";
      // The part itself is sent to the target.
      if (unit === "text" && !isText(bytes)) {
        return "takes bytes that are not text in a text message";
      }
      break;
    }
    case "request":
    case "notify":
    case "open-stream":
    case "end":
      break;
    default:
      return `carries out the command ${step.do}`;
  }
  if (step.mayBeRefused || step.mustBeRefused) {
    return "shows whether it has sent something";
  }
  const { operation, name = "", payload = "" } = step;
  if (!isText(toBytes(name))) return "sends a name that is not text";
  const argument = argumentOf(
    { operation, name, retry: step.retry },
    toBytes(payload),
  );
  return typeof maxPayload === "number" &&
      JSON.stringify(argument).length > maxPayload
    ? "takes an argument as large as the case needs"
    : undefined;
}

function whyNotReported(
  name: string,
  patterns: readonly ReportPattern[],
  isEnded: boolean,
): string | undefined {
  if (name === "connection") {
    const hasNotes = patterns.every(({ notes, state, code, heartbeats }) =>
      notes !== undefined && state !== "closed" && code === undefined &&
      heartbeats === undefined
    );
    return hasNotes && !isEnded
      ? undefined
      : "reports the state of a connection";
  }
  if (isEnded) return "shows how a call ends with its connection";
  return patterns.some(({ outcome }) => SHOWN_OUTCOMES.includes(outcome))
    ? undefined
    : `shows the outcome ${patterns[0]?.outcome ?? "of a call"}`;
}

function isText(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
