/**
 * Makes cases of credits by construction: for each direction of a stream, what
 * is an offset and what is not, and which streams it concerns.
 *
 * @module
 */

import type {
  Bytes,
  CaseFile,
  Expectation,
  SessionCase,
  Step,
} from "../cases/case.ts";
import { bytesOf, joined } from "./writing.ts";
import { NO_DIGITS } from "./classes.ts";
import { CREDITS } from "./extension_cells.ts";
import {
  creditOf,
  DIGITS,
  type Direction,
  hex,
  type Id,
  LARGEST,
  LETTERS,
  PART,
  payloadOf,
  type Writing,
  writing,
} from "./_credited_streams.ts";
import { begun, fileOf, session } from "./_session_parts.ts";

interface Made {
  readonly direction: Direction;
  readonly name: string;
  readonly title: string;
  readonly spec: readonly string[];
  readonly steps: readonly Step[];
}

function made({ direction, name, title, spec, steps }: Made): SessionCase {
  return session(
    {
      id: `${CREDITS}${direction}-${name}`,
      title: `${title}, for the data of ${
        direction === "answer" ? "an answer" : "a request"
      }`,
      spec,
      needs: ["streams", "extensionCredit"],
    },
    steps,
  );
}

/** The payloads that are no credit, for a stream. */
const MALFORMED = {
  size: (letter: string, id: Id) => [
    payloadOf(letter, id, ""),
    payloadOf(letter, id, LARGEST.slice(8)),
    payloadOf(letter, id, LARGEST.slice(1)),
    payloadOf(letter, id, `${LARGEST}f`),
    payloadOf(letter, id, `${LARGEST} `),
    payloadOf(letter, id, LARGEST + LARGEST),
    payloadOf("", id, LARGEST),
  ],
  letter: (letter: string, id: Id) =>
    ["r", "s", "P", "R", "E", "e", "n", "0", " "]
      .filter((each) => each !== letter)
      .map((each) => payloadOf(each, id, LARGEST)),
  digits: (letter: string, id: Id) =>
    Object.values(NO_DIGITS).flatMap((wrong) =>
      [0, 7, DIGITS - 1].map((at): Bytes => {
        const [before, behind] = [
          payloadOf(letter, id, LARGEST.slice(0, at)),
          LARGEST.slice(at + 1),
        ];
        const code = bytesOf(wrong.charCodeAt(0));
        return joinedWith(before, code, behind);
      })
    ),
} as const;

/** Joins bytes of which the first may have a variable. */
function joinedWith(before: Bytes, ...rest: readonly Bytes[]): Bytes {
  const tail = joined(...rest);
  if (typeof before === "string") return joined(before, tail);
  const last = before.at(-1)!;
  const head = before.slice(0, -1);
  if (typeof last === "object" && "ascii" in last) {
    const end = joined(last.ascii, tail);
    return [...head, ...segments(end)] as Bytes;
  }
  return [...before, ...segments(tail)] as Bytes;
}

function segments(bytes: Bytes): readonly unknown[] {
  if (typeof bytes !== "string") return bytes;
  return bytes === "" ? [] : [{ ascii: bytes }];
}

const WRONG = {
  size: "A credit that is too short or too long is dropped",
  letter: "A credit with another letter is dropped",
  digits: "A credit with a byte that is no digit is dropped",
} as const;

function malformed(direction: Direction, form: keyof typeof MALFORMED) {
  const stream = writing(direction, 1, 2);
  const payloads = MALFORMED[form](LETTERS[direction], stream.id);
  return made({
    direction,
    name: `malformed-${form}`,
    title: WRONG[form],
    spec: ["extension/credit-malformed", "extension/any-time"],
    steps: [
      ...stream.begin,
      ...stream.more,
      { send: payloads.map(creditOf) },
      { echo: "dropped" },
      { quiet: {} },
      { send: [creditOf(payloadOf(LETTERS[direction], stream.id, hex(9n)))] },
      { expect: [stream.part] },
      ...stream.end,
    ],
  });
}

/** Offsets as digits, each of which lets all data through. */
const OFFSETS = {
  powers: Array.from(
    { length: DIGITS - 1 },
    (_, at) => hex(16n ** BigInt(at + 1)),
  ),
  borders: [31n, 32n, 53n, 63n, 64n].flatMap((bits) => [
    hex(2n ** bits - 1n),
    ...bits === 64n ? [] : [hex(2n ** bits)],
  ]),
  case: ["000000000000000A", "F".repeat(DIGITS), "aBcDeF0123456789"],
} as const;

const WHICH = {
  powers: "An offset has a digit in each place",
  borders: "An offset is an unsigned number of 64 bits",
  case: "The digits of an offset can be of either case",
} as const;

function offsets(direction: Direction, form: keyof typeof OFFSETS) {
  return made({
    direction,
    name: `offset-${form}`,
    title: WHICH[form],
    spec: ["extension/credit", "extension/credit-held", "wire/hex"],
    steps: OFFSETS[form].flatMap((digits, at) => {
      const stream = writing(direction, at, 2);
      return [
        ...stream.begin,
        { send: [creditOf(payloadOf(LETTERS[direction], stream.id, digits))] },
        ...stream.more,
        { expect: [stream.part] },
        ...stream.end,
      ];
    }),
  });
}

/** Each of these steps raises the offset by as little as lets one more part begin. */
const RISES = [9n, 17n, 25n, 33n, 41n];

function rises(direction: Direction): SessionCase {
  const stream = writing(direction, 1, RISES.length + 1);
  const grant = (offset: bigint): Step => ({
    send: [creditOf(payloadOf(LETTERS[direction], stream.id, hex(offset)))],
  });
  return made({
    direction,
    name: "rises",
    title: "Each higher offset lets as much begin as is below it",
    spec: ["extension/credit-held", "extension/credit-rises"],
    steps: [
      ...stream.begin,
      ...RISES.flatMap((offset): Step[] => [
        grant(offset - 1n),
        ...stream.more,
        { echo: "held" },
        { quiet: {} },
        grant(offset),
        { expect: [stream.part] },
      ]),
      ...stream.end,
    ],
  });
}

function lower(direction: Direction): SessionCase {
  const stream = writing(direction, 1, 3);
  const grant = (offset: bigint) =>
    creditOf(payloadOf(LETTERS[direction], stream.id, hex(offset)));
  const later = direction === "answer" ? [] : stream.more;
  return made({
    direction,
    name: "lower",
    title: "A lower or equal offset than one before changes nothing",
    spec: ["extension/credit-rises"],
    steps: [
      ...stream.begin,
      { send: [grant(24n), grant(24n), grant(16n), grant(8n), grant(0n)] },
      ...later,
      { expect: [stream.part] },
      ...later,
      { expect: [stream.part] },
      ...stream.end,
    ],
  });
}

/** Streams that are held, of which a credit frees one. */
function apart(direction: Direction): SessionCase {
  const [first, second] = [0, 1].map((at) => writing(direction, at, 2));
  const free = ({ id }: Writing): Step => ({
    send: [creditOf(payloadOf(LETTERS[direction], id, LARGEST))],
  });
  return made({
    direction,
    name: "apart",
    title: "A credit concerns the stream with its ID alone",
    spec: ["extension/credit", "extension/credit-held"],
    steps: [
      ...first!.begin,
      ...second!.begin,
      free(first!),
      ...direction === "answer"
        ? [{ expect: [first!.part] }, ...first!.end]
        : [],
      ...second!.more,
      { quiet: {} },
      free(second!),
      { expect: [second!.part] },
      ...second!.end,
      ...direction === "answer"
        ? []
        : [...first!.more, { expect: [first!.part] }, ...first!.end],
    ],
  });
}

/** How many parts are written without any credit. */
const UNLIMITED = 20;

function unlimited(direction: Direction): SessionCase {
  const id = direction === "answer" ? "0001" : { var: "call" };
  const kind = direction === "answer" ? "StreamResult" : "StreamRequestPart";
  const part = { message: { kind, id, payload: PART } } as Expectation;
  const rest = Array.from({ length: UNLIMITED - 1 }, () => part);
  const end = { message: { kind, id, payload: "" } } as Expectation;
  const write: Step = { do: "write", call: "call", payload: PART };
  const steps: readonly Step[] = direction === "answer"
    ? [
      {
        send: [
          {
            kind: "StreamRequest",
            id: "0001",
            operation: "count",
            payload: `{"parts":${UNLIMITED},"bytes":${PART.length}}`,
          },
          { kind: "StreamRequestPart", id: "0001", payload: "" },
        ],
      },
      { expect: [part, ...rest, end] },
    ]
    : [
      { do: "open-stream", operation: "upload", as: "call" },
      write,
      begun("call", "upload", PART),
      ...rest.flatMap((each) => [write, { expect: [each] }]),
      { do: "end", call: "call" },
      { expect: [end] },
      { send: [{ kind: "StreamResult", id, payload: "" }] },
    ] as Step[];
  return made({
    direction,
    name: "unlimited",
    title: "Without a credit nothing is held back",
    spec: ["extension/credit-before"],
    steps,
  });
}

/** The cases of credits. */
export function creditCases(): CaseFile {
  const directions: readonly Direction[] = ["answer", "request"];
  return fileOf(
    "Generated: for each direction of a stream, what is an offset and what is not, and what it lets begin.",
    directions.flatMap((direction) => [
      ...(["size", "letter", "digits"] as const).map((form) =>
        malformed(direction, form)
      ),
      ...(["powers", "borders", "case"] as const).map((form) =>
        offsets(direction, form)
      ),
      rises(direction),
      lower(direction),
      apart(direction),
      unlimited(direction),
    ]),
  );
}
