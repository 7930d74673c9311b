/**
 * Makes codec cases by construction: for each field of each kind, in both versions, each class of values.
 *
 * @module
 */

import { fromBytes, sizeOf, toBytes } from "../cases/bytes.ts";
import type {
  Bytes,
  CaseFile,
  CaseMessage,
  CodecCase,
  MessageKind,
} from "../cases/case.ts";
import type { ChunkName } from "../cases/chunks.ts";
import { FIELD_FORMS } from "../cases/message_kinds.ts";
import { NO_DIGITS } from "./classes.ts";
import { hexOf, noKinds, wrongIdSizes } from "./codec_cells.ts";
import {
  digitsOf,
  fieldsOf,
  idSize,
  kindsOf,
  numbersOf,
  stretchesOf,
  type Version,
  VERSIONS,
} from "./layout.ts";
import { NUMBER_VALUES } from "./numbers.ts";
import {
  around,
  HUGE_EXPONENTS,
  LARGE_SIZES,
  NAME_SIZES,
  SMALL_SIZES,
} from "./sizes.ts";
import {
  ALL_BYTES,
  BORDER_TEXTS,
  bytesOf,
  joined,
  letters,
  pattern,
  sample,
  SINCE,
  wireBytes,
} from "./writing.ts";

/** The ways to cut long series, which differ most. */
const SERIES_CHUNKS: readonly ChunkName[] = ["whole", "by7", "random#1"];

/** The ways to cut large payloads. */
const LARGE_CHUNKS: readonly ChunkName[] = ["whole", "random#1"];

/** The ways to cut what is refused. */
const REFUSED_CHUNKS: readonly ChunkName[] = ["whole", "bytewise"];

/** Returns the name of a kind and a version in an identifier. */
function slug(kind: MessageKind, version: Version): string {
  const name = kind.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`);
  return name.toLowerCase() + (version === "01" ? "" : "-00");
}

/** The statement about a kind. */
function statementOf(kind: MessageKind): string {
  return `wire/${slug(kind, "01")}`;
}

interface Parts {
  readonly id: string;
  readonly title: string;
  readonly spec: readonly string[];
  readonly version: Version;
  readonly level?: "must" | "should";
}

function head({ id, title, spec, version, level = "must" }: Parts) {
  const versioned = version === "00" ? ["version00/request-id"] : [];
  return {
    id: `codec/${id}`,
    since: SINCE,
    level,
    title,
    spec: [...new Set([...spec, ...versioned])],
  };
}

function versionOf(version: Version): { version?: "00" } {
  return version === "00" ? { version } : {};
}

/** A case of messages that are read and written. */
function series(
  parts: Parts,
  messages: readonly CaseMessage[],
  chunks: readonly ChunkName[],
  directions: CodecCase["directions"] = ["decode", "encode"],
): CodecCase {
  return {
    ...head(parts),
    directions,
    chunks,
    ...versionOf(parts.version),
    wire: joined(...messages.map(wireBytes)),
    messages,
  };
}

/** A case of bytes that are refused. */
function refused(
  parts: Parts,
  wire: Bytes,
  error: CodecCase["error"] & object,
  more: Partial<CodecCase> = {},
): CodecCase {
  return {
    ...head(parts),
    directions: ["decode"],
    chunks: REFUSED_CHUNKS,
    ...versionOf(parts.version),
    ...more,
    wire,
    messages: [],
    error,
  };
}

/** The code of a refusal, which version 00 cannot write. */
function coded(version: Version): { code?: number } {
  return version === "01" ? { code: 2 } : {};
}

function eachKind(
  make: (kind: MessageKind, version: Version, at: number) => CodecCase[],
): CodecCase[] {
  return VERSIONS.flatMap((version) =>
    kindsOf(version).flatMap((kind, at) => make(kind, version, at))
  );
}

function fileOf(about: string, cases: readonly CodecCase[]): CaseFile {
  return {
    about,
    notes: {},
    cases: cases.toSorted((a, b) => a.id < b.id ? -1 : 1),
  };
}

/** Request IDs: each byte, and each place with the values that texts do not have. */
export function idsOf(version: Version): Bytes[] {
  const size = idSize(version);
  const count = Math.ceil(256 / size);
  const ids = Array.from({ length: count }, (_, at) => {
    const bytes = Array.from(
      { length: size },
      (_, place) => (at + ((place + at) % size) * count) % 256,
    );
    return bytesOf(...bytes);
  });
  const same = (byte: number) => bytesOf(...Array<number>(size).fill(byte));
  return [...ids, same(0), same(0xff)];
}

/** The cases of request IDs. */
export function idCases(): CaseFile {
  return fileOf(
    "Generated: request IDs of every byte, in each kind that has one.",
    eachKind((kind, version) => {
      if (!fieldsOf(kind).includes("id")) return [];
      const messages = idsOf(version).map((id) =>
        sample(kind, version, { id, operation: "o", payload: "" })
      );
      return [
        series(
          {
            id: `matrix-ids/${slug(kind, version)}`,
            title: `The request ID of a ${kind} has any bytes`,
            spec: ["wire/request-id", statementOf(kind)],
            version,
          },
          messages,
          SERIES_CHUNKS,
        ),
      ];
    }),
  );
}

/** The cases of names: sizes, characters and bytes. */
export function nameCases(): CaseFile {
  return fileOf(
    "Generated: names of every size that matters, of the first and last characters of each length in UTF-8, and of every byte.",
    eachKind((kind, version) => {
      const field = fieldsOf(kind).find((each) =>
        each === "operation" || each === "name"
      );
      if (field === undefined) return [];
      const of = (value: Bytes) =>
        sample(kind, version, { [field]: value, payload: "" });
      const parts = (what: string, title: string, spec: string) => ({
        id: `matrix-names/${slug(kind, version)}-${what}`,
        title,
        spec: [spec, statementOf(kind)],
        version,
      });
      return [
        series(
          parts(
            "sizes",
            `The name of a ${kind} has each size in three digits`,
            "wire/text3",
          ),
          // An empty name is wrong more often, and would hide the others.
          NAME_SIZES.filter((size) => size > 0).map((size) =>
            of(letters(size))
          ),
          SERIES_CHUNKS,
        ),
        series(
          parts(
            "empty",
            `The name of a ${kind} may be empty`,
            "wire/text3-empty",
          ),
          [of("")],
          ["whole", "bytewise"],
        ),
        series(
          parts(
            "utf8",
            `The name of a ${kind} keeps the first and last characters of each length`,
            "wire/text3-utf8",
          ),
          BORDER_TEXTS.map(of),
          ["whole", "bytewise", "by3", "random#1"],
        ),
        series(
          {
            ...parts(
              "bytes",
              `The name of a ${kind} may have any bytes`,
              "wire/text3-bytes",
            ),
            level: "should",
          },
          [of(ALL_BYTES), of(pattern(700, 7))],
          SERIES_CHUNKS,
          ["decode"],
        ),
      ];
    }),
  );
}

/** The cases of payloads. */
export function payloadCases(): CaseFile {
  return fileOf(
    "Generated: payloads of every size that matters, with content of which no two blocks are equal.",
    eachKind((kind, version, at) => {
      if (!fieldsOf(kind).includes("payload")) return [];
      const of = (payload: Bytes) =>
        sample(kind, version, { operation: "o", name: "n", payload });
      const parts = (what: string, title: string) => ({
        id: `matrix-payloads/${slug(kind, version)}-${what}`,
        title: `${title} of a ${kind} arrive unchanged`,
        spec: ["wire/payload", "wire/payload-opaque", statementOf(kind)],
        version,
      });
      const sized = (sizes: readonly number[]) =>
        sizes.map((size) => of(pattern(size, size % 1000 + 2)));
      const huge = HUGE_EXPONENTS.map((exponent, index) =>
        around(exponent)[(at + index) % 3]!
      );
      return [
        series(
          parts("small", "Payloads of up to 4,097 bytes"),
          sized(SMALL_SIZES),
          SERIES_CHUNKS,
        ),
        series(
          parts("large", "Payloads of 8 KiB to 64 KiB"),
          sized(LARGE_SIZES),
          LARGE_CHUNKS,
        ),
        // A mebibyte for each kind would cost more than all else.
        series(
          parts("huge", "Payloads of up to a mebibyte"),
          sized(
            kind === "SingleRequest" && version === "01"
              ? huge
              : huge.slice(at % 4, at % 4 + 1),
          ),
          ["whole"],
        ),
        series(
          parts("utf8", "Payloads of the first and last characters"),
          BORDER_TEXTS.map(of),
          ["whole", "bytewise", "by3", "random#1"],
        ),
      ];
    }),
  );
}

/** The cases of numbers: each digit in each place, in lower, upper and mixed case. */
export function numberCases(): CaseFile {
  return fileOf(
    "Generated: numbers with each digit in each place, in either case, and each byte that is no digit.",
    [
      ...eachKind((kind, version) => {
        const fields = fieldsOf(kind).filter((field) =>
          digitsOf(field) !== undefined
        );
        if (fields.length === 0) return [];
        const messages = NUMBER_VALUES[8].map((_, at) =>
          sample(
            kind,
            version,
            Object.fromEntries(
              fields.map((field) => {
                const digits = digitsOf(field) === 4 ? 4 : 8;
                return [field, NUMBER_VALUES[digits][at]!];
              }),
            ),
          )
        );
        // Nothing follows a ProtocolError.
        if (kind === "ProtocolError") {
          return messages.map((message) =>
            series(
              {
                id: `matrix-numbers/${slug(kind, version)}-${
                  message.code!.toString(16).padStart(8, "0")
                }`,
                title: `A code of ${
                  message.code!.toString(16)
                } is read and written`,
                spec: ["wire/hex", "wire/unsigned", statementOf(kind)],
                version,
              },
              [message],
              ["whole", "bytewise"],
            )
          );
        }
        return [
          series(
            {
              id: `matrix-numbers/${slug(kind, version)}-digits`,
              title: `The numbers of a ${kind} have each digit in each place`,
              spec: ["wire/hex", "wire/unsigned", statementOf(kind)],
              version,
            },
            messages,
            ["whole", "bytewise", "by7"],
          ),
        ];
      }),
      ...eachKind(lettersInSizes),
      ...eachKind(wrongDigits),
    ],
  );
}

/** Sizes in lower, upper and mixed case. */
function lettersInSizes(kind: MessageKind, version: Version): CodecCase[] {
  const field = (name: "operation" | "name" | "payload", size: number) =>
    fieldsOf(kind).includes(name) ? { [name]: letters(size, size) } : {};
  const message = sample(kind, version, {
    ...field("operation", 0xab),
    ...field("name", 0xab),
    ...field("payload", 0xcdef),
    ...fieldsOf(kind).includes("wait") ? { wait: 0xabcdef01 } : {},
    ...fieldsOf(kind).includes("load")
      ? { load: 0xabcd, time: 0xabcdef01 }
      : {},
    ...fieldsOf(kind).includes("code") ? { code: 0xabcdef01 } : {},
  });
  const wire = toBytes(wireBytes(message));
  const header = wire.slice(0, wire.length - sizeOf(message.payload ?? ""));
  const sizes = (name: string) =>
    name === "payload" ? 0 : sizeOf((message[name as "name"] ?? "") as Bytes);
  const cased = (change: (letter: string, at: number) => string) => {
    const changed = header.slice();
    for (const each of stretchesOf(kind, version, sizes)) {
      if (!each.isNumber) continue;
      for (let at = 0; at < each.size; at++) {
        const place = each.from + at;
        const letter = String.fromCharCode(changed[place]!);
        changed[place] = change(letter, at).charCodeAt(0);
      }
    }
    return joined(fromBytes(changed), message.payload ?? "");
  };
  const make = (
    what: string,
    bytes: Bytes,
    directions: CodecCase["directions"],
  ): CodecCase => ({
    ...series(
      {
        id: `matrix-numbers/${slug(kind, version)}-${what}`,
        title: `The numbers of a ${kind} are read in ${what} case`,
        spec: ["wire/hex"],
        version,
      },
      [message],
      ["whole", "by7"],
      directions,
    ),
    wire: bytes,
  });
  return [
    make("lower", cased((letter) => letter), ["decode", "encode"]),
    make("upper", cased((letter) => letter.toUpperCase()), ["decode"]),
    make(
      "mixed",
      cased((letter, at) => at % 2 ? letter.toUpperCase() : letter),
      ["decode"],
    ),
  ];
}

/** Each number with a byte that is no digit, in each place. */
function wrongDigits(kind: MessageKind, version: Version): CodecCase[] {
  const message = sample(kind, version);
  const stretches = stretchesOf(kind, version, () => 4);
  const behind = sample("Notification", version);
  const wrong = Object.entries(NO_DIGITS);
  let turn = 0;
  return [...numbersOf(kind)].flatMap(([number, digits]) => {
    const { from } = stretches.find(({ name }) => name === number)!;
    const count = version === "01" ? wrong.length : digits;
    return Array.from({ length: count }, (_, at): CodecCase => {
      const [name, byte] =
        wrong[version === "01" ? at : turn++ % wrong.length]!;
      const place = at % digits;
      const wire = toBytes(wireBytes(message));
      wire[from + place] = byte.charCodeAt(0);
      return refused(
        {
          id: `matrix-numbers/${
            slug(kind, version)
          }-${number}-${name}-${place}`,
          title:
            `Digit ${place} of the ${number} of a ${kind} is refused if it is a ${name}`,
          spec: ["wire/hex-strict", "error/invalid"],
          version,
        },
        joined(fromBytes(wire), wireBytes(behind)),
        { reason: "bad-hex", ...coded(version), at: from + place },
      );
    });
  });
}

/** The cases of letters that are no kind. */
export function kindCases(): CaseFile {
  return fileOf(
    "Generated: every letter that is no kind, and what looks like the letter of one.",
    VERSIONS.flatMap((version) =>
      noKinds(version).map((byte) => {
        const shown = hexOf(byte);
        return refused(
          {
            id: `matrix-kinds/${version === "01" ? "" : "version00-"}${shown}`,
            title:
              `The byte ${shown} is no kind, and nothing behind it is delivered`,
            spec: version === "01"
              ? ["wire/kind", "error/invalid"]
              : ["version00/kinds", "wire/kind", "error/invalid"],
            version,
          },
          joined(
            bytesOf(byte),
            `${"abcd".slice(0, idSize(version))}00000000`,
            wireBytes(sample("Notification", version)),
          ),
          { reason: "unknown-kind", ...coded(version), at: 0 },
          { chunks: ["whole"] },
        );
      })
    ),
  );
}

/** The cases of input that ends before and inside each field. */
export function cutCases(): CaseFile {
  return fileOf(
    "Generated: input that ends before and inside each field of each kind.",
    eachKind((kind, version) => {
      const wire = toBytes(wireBytes(sample(kind, version)));
      return stretchesOf(kind, version, () => 4).flatMap((
        { name, from, size },
      ) =>
        [["before", from], ["inside", from + Math.ceil(size / 2)]].map(
          ([where, at]) =>
            refused(
              {
                id: `matrix-cuts/${slug(kind, version)}-${where}-${name}`,
                title:
                  `The end ${where} the ${name} of a ${kind} is a broken conversation`,
                spec: ["close/inside"],
                version,
              },
              fromBytes(wire.slice(0, at as number)),
              { reason: "truncated", ...coded(version), at: at as number },
              { end: true },
            ),
        )
      );
    }),
  );
}

/** The cases of limits of a decoder. */
export function limitCases(): CaseFile {
  return fileOf(
    "Generated: names and payloads at the limit of a decoder, and one byte above it.",
    eachKind((kind, version) => {
      const fields = fieldsOf(kind).filter((field) =>
        typeof FIELD_FORMS[field] === "object" && digitsOf(field) === undefined
      );
      if (fields.length === 0) return [];
      const sizes = (size: number) =>
        Object.fromEntries(fields.map((field) => [field, letters(size, 9)]));
      const parts = (what: string, title: string, spec: string): Parts => ({
        id: `matrix-limits/${slug(kind, version)}-${what}`,
        title,
        spec: [spec],
        version,
        level: "should",
      });
      return [
        {
          ...series(
            parts(
              "at-limit",
              `A ${kind} with all it may have is read`,
              "limits/name",
            ),
            [sample(kind, version, sizes(300))],
            ["whole", "by7"],
            ["decode"],
          ),
          limits: { name: 300, payload: 300 },
        },
        ...fields.map((field) => {
          const message = sample(kind, version, { [field]: letters(301, 9) });
          const stretch = stretchesOf(
            kind,
            version,
            (each) => each === field ? 301 : 4,
          ).find(({ name }) => name === `${field}-size`)!;
          return refused(
            parts(
              `above-${field}`,
              `A ${kind} with a longer ${field} than the limit is refused at its size`,
              field === "payload" ? "limits/skip" : "limits/name",
            ),
            wireBytes(message),
            {
              reason: "over-limit",
              ...coded(version),
              at: stretch.from + stretch.size - 1,
            },
            { limits: { name: 300, payload: 300 } },
          );
        }),
      ];
    }),
  );
}

/** The cases of messages that an encoder refuses. */
export function unwritableCases(): CaseFile {
  const make = (
    parts: Omit<Parts, "spec">,
    message: CaseMessage,
  ): CodecCase => ({
    ...head({ ...parts, spec: ["wire/range"] }),
    directions: ["encode"],
    ...versionOf(parts.version),
    messages: [message],
    error: { reason: "out-of-range" },
  });
  return fileOf(
    "Generated: values that do not fit in their field, which are not written.",
    eachKind((kind, version) =>
      fieldsOf(kind).flatMap((field) => {
        const name = `matrix-range/${slug(kind, version)}-${field}`;
        const digits = digitsOf(field);
        if (field === "id") {
          return wrongIdSizes(version).map((size) =>
            make(
              {
                id: `${name}-${size}`,
                title:
                  `A ${kind} with a request ID of ${size} bytes is refused`,
                version,
              },
              sample(kind, version, { id: "abcde".slice(0, size) }),
            )
          );
        }
        if (digits !== undefined) {
          return [["above", 16 ** digits], ["negative", -1]].map(
            ([what, value]) =>
              make(
                {
                  id: `${name}-${what}`,
                  title: `A ${kind} whose ${field} does not fit is refused`,
                  version,
                },
                sample(kind, version, { [field]: value }),
              ),
          );
        }
        return field === "payload" ? [] : [
          make(
            {
              id: `${name}-4096`,
              title: `A ${kind} with a name of 4,096 bytes is refused`,
              version,
            },
            sample(kind, version, { [field]: letters(4096) }),
          ),
        ];
      })
    ),
  );
}
