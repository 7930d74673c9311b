/**
 * Makes session cases by construction: payloads of each size, in each kind and each direction.
 *
 * @module
 */

import { sizeOf } from "../cases/bytes.ts";
import type { Bytes, CaseFile, SessionCase, Step } from "../cases/case.ts";
import { answered, asked, opened, parts, uploaded } from "./_content_steps.ts";
import { fileOf, session } from "./_session_parts.ts";
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

/** The cases of payloads. */
export function contentCases(): CaseFile {
  return fileOf(
    "Generated: payloads of every size that matters, in each kind and each direction, compared in full.",
    [
      ...Object.entries(seriesOf(pattern, BORDER_TEXTS)).flatMap((
        [series, values],
      ) => [
        ...answeringCases(series, values),
        ...callingCases(series, values),
        ...notificationCases(series, values),
      ]),
      // What is for humans is text.
      ...Object.entries(seriesOf(letters, BORDER_TEXTS.slice(1))).flatMap((
        [series, values],
      ) => textCases(series, values)),
    ],
  );
}

const PAYLOAD = ["wire/payload", "wire/payload-opaque"];

function contentCase(
  series: string,
  what: string,
  title: string,
  spec: readonly string[],
  steps: readonly Step[],
  needs?: readonly string[],
): SessionCase {
  return session(
    {
      id: `session/matrix-content/${what}-${series}`,
      title: `${title}, whatever they are (${series})`,
      spec: [...spec, ...PAYLOAD],
      ...needs === undefined ? {} : { needs },
      // A merged message has other lengths than its units.
      units: series === "large" ? ["split", "merged"] : ["split"],
    },
    steps,
  );
}

/** What the implementation is asked, and answers. */
function answeringCases(
  series: string,
  values: readonly Bytes[],
): SessionCase[] {
  return [
    contentCase(
      series,
      "echo",
      "The payloads of requests and of their answers arrive unchanged",
      ["wire/single-request", "wire/single-result", "request/answer-kind"],
      answered("echo", "SingleResult", values),
    ),
    contentCase(
      series,
      "stream-opened",
      "The payloads of stream requests arrive unchanged",
      ["wire/stream-request", "stream/open", "wire/stream-result"],
      opened(values),
      ["streams"],
    ),
    contentCase(
      series,
      "stream-parts",
      "The parts of streams and of their answers arrive unchanged",
      ["wire/stream-request-part", "wire/stream-result", "stream/parts"],
      parts(values),
      ["streams"],
    ),
  ];
}

/** What the implementation asks, and how it is answered. */
function callingCases(series: string, values: readonly Bytes[]): SessionCase[] {
  return [
    contentCase(
      series,
      "ask",
      "The payloads of calls and of their results arrive unchanged",
      ["wire/single-request", "wire/single-result"],
      asked("SingleResult", values),
    ),
    contentCase(
      series,
      "ask-error",
      "The payloads of ErrorResults reach the caller unchanged",
      ["wire/error-result", "request/error-payload"],
      asked("ErrorResult", values),
    ),
    contentCase(
      series,
      "ask-retry",
      "The payloads of RetryResults reach the caller unchanged",
      ["wire/retry-result", "request/error-payload"],
      asked("RetryResult", values),
    ),
    contentCase(
      series,
      "upload",
      "The parts that are written and those that are read arrive unchanged",
      ["wire/stream-request-part", "wire/stream-result", "stream/parts"],
      uploaded(values),
      ["streams"],
    ),
  ];
}

/** What the implementation is notified of, and what it notifies of. */
function notificationCases(
  series: string,
  values: readonly Bytes[],
): SessionCase[] {
  return [
    contentCase(
      series,
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
    ),
    contentCase(
      series,
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
    ),
  ];
}

/** What the implementation answers if the answer is for humans. */
function textCases(series: string, values: readonly Bytes[]): SessionCase[] {
  return [
    session(
      {
        id: `session/matrix-content/retry-${series}`,
        title:
          `The payloads of RetryResults are written as they were given (${series})`,
        spec: ["wire/retry-result", ...PAYLOAD],
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
        spec: ["wire/error-result", ...PAYLOAD],
      },
      answered("fail", "ErrorResult", values),
    ),
  ];
}
