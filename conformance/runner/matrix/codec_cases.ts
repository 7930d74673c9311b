/**
 * Makes codec cases by construction: request IDs, names and payloads of each kind, in both versions.
 *
 * @module
 */

import type { Bytes, CaseFile } from "../cases/case.ts";
import {
  aKind,
  eachKind,
  fileOf,
  LARGE_CHUNKS,
  series,
  SERIES_CHUNKS,
  slug,
  statementOf,
} from "./_codec_parts.ts";
import { fieldsOf, idSize, type Version } from "./layout.ts";
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
  letters,
  pattern,
  sample,
} from "./writing.ts";

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
            title: `The request ID of ${aKind(kind)} has any bytes`,
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
            `The name of ${aKind(kind)} has each size in three digits`,
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
            `The name of ${aKind(kind)} may be empty`,
            "wire/text3-empty",
          ),
          [of("")],
          ["whole", "bytewise"],
        ),
        series(
          parts(
            "utf8",
            `The name of ${
              aKind(kind)
            } keeps the first and last characters of each length`,
            "wire/text3-utf8",
          ),
          BORDER_TEXTS.map(of),
          ["whole", "bytewise", "by3", "random#1"],
        ),
        series(
          {
            ...parts(
              "bytes",
              `The name of ${aKind(kind)} may have any bytes`,
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
        title: `${title} of ${aKind(kind)} arrive unchanged`,
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
