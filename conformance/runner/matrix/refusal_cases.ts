/**
 * Makes codec cases by construction: what a decoder and an encoder refuse.
 *
 * @module
 */

import { fromBytes, toBytes } from "../cases/bytes.ts";
import type { CaseFile, CaseMessage, CodecCase } from "../cases/case.ts";
import { FIELD_FORMS } from "../cases/message_kinds.ts";
import {
  aKind,
  aKindFirst,
  coded,
  eachKind,
  fileOf,
  head,
  type Parts,
  refused,
  series,
  slug,
  titleOf,
  versionOf,
} from "./_codec_parts.ts";
import { hexOf, noKinds, wrongIdSizes } from "./codec_cells.ts";
import { digitsOf, fieldsOf, idSize, stretchesOf, VERSIONS } from "./layout.ts";
import { bytesOf, joined, letters, sample, wireBytes } from "./writing.ts";

/** The cases of letters that are no kind. */
export function kindCases(): CaseFile {
  return fileOf(
    "Generated: every letter that is no kind, and what looks like the letter of one.",
    VERSIONS.flatMap((version) =>
      // What version 01 knows is refused in version 00, but not at the same
      // byte by those that know it there too: people have written these cases.
      noKinds(version).filter((byte) =>
        !"ehf".includes(String.fromCharCode(byte))
      ).map((byte) => {
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
                title: `The end ${where} the ${titleOf(name)} of ${
                  aKind(kind)
                } is a broken conversation`,
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
              `${aKindFirst(kind)} with all it may have is read`,
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
              `${
                aKindFirst(kind)
              } with a longer ${field} than the limit is refused at its size`,
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
                title: `${
                  aKindFirst(kind)
                } with a request ID of ${size} bytes is refused`,
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
                  title: `${
                    aKindFirst(kind)
                  } whose ${field} does not fit is refused`,
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
              title: `${
                aKindFirst(kind)
              } with a name of 4,096 bytes is refused`,
              version,
            },
            sample(kind, version, { [field]: letters(4096) }),
          ),
        ];
      })
    ),
  );
}
