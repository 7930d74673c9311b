/**
 * Makes codec cases by construction: numbers with each digit in each place, and each byte that is none.
 *
 * @module
 */

import { fromBytes, sizeOf, toBytes } from "../cases/bytes.ts";
import type { Bytes, CaseFile, CodecCase, MessageKind } from "../cases/case.ts";
import {
  aKind,
  coded,
  eachKind,
  fileOf,
  refused,
  series,
  slug,
  statementOf,
  titleOf,
} from "./_codec_parts.ts";
import { NO_DIGITS } from "./classes.ts";
import { hexOf } from "./codec_cells.ts";
import {
  digitsOf,
  fieldsOf,
  numbersOf,
  stretchesOf,
  type Version,
} from "./layout.ts";
import { NUMBER_VALUES } from "./numbers.ts";
import { joined, letters, sample, wireBytes } from "./writing.ts";

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
              title: `The numbers of ${
                aKind(kind)
              } have each digit in each place`,
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
        title: `The numbers of ${aKind(kind)} are read in ${what} case`,
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
          title: `Digit ${place} of the ${titleOf(number)} of ${
            aKind(kind)
          } is refused if it is the byte 0x${hexOf(wire[from + place]!)} (${
            titleOf(name)
          })`,
          spec: ["wire/hex-strict", "error/invalid"],
          version,
        },
        joined(fromBytes(wire), wireBytes(behind)),
        { reason: "bad-hex", ...coded(version), at: from + place },
      );
    });
  });
}
