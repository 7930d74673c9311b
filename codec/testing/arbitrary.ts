/**
 * Values for property tests, and the number of runs.
 *
 * @module
 */

import fc from "fast-check";
import {
  bytesOf,
  oracleEncode,
  oracleKinds,
  oracleName,
  VERSIONS,
} from "./oracle.ts";
import type { Message, MessageField } from "../message.ts";
import type { Name } from "../name.ts";
import type { ProtocolVersion } from "../version.ts";

/** The runs of each property, unless set by `deno test … -- --runs=10000`. */
const RUNS = 1_000;

/**
 * Checks a property for many values; `deno test … -- --seed=1` repeats the same
 * ones.
 */
export function check<T>(property: fc.IProperty<T>): void {
  fc.assert(property, parameters());
}

/** Checks an asynchronous property in the same way. */
export function checkAsync<T>(property: fc.IAsyncProperty<T>): Promise<void> {
  return fc.assert(property, parameters());
}

/** Returns the runs and the seed set by the arguments of the tests. */
function parameters(): { numRuns: number; seed?: number } {
  const seed = argument("seed");
  return {
    numRuns: argument("runs") ?? RUNS,
    ...seed === undefined ? {} : { seed },
  };
}

/** Returns the number that an argument of the tests sets. */
export function argument(name: string): number | undefined {
  const prefix = `--${name}=`;
  const given = Deno.args.find((argument) => argument.startsWith(prefix));
  if (given === undefined) return undefined;
  const value = Number(given.slice(prefix.length));
  if (Number.isInteger(value)) return value;
  throw new TypeError(`Cannot run: ${given}, wanted an integer`);
}

/** Any version of the protocol. */
export const anyVersion: fc.Arbitrary<ProtocolVersion> = fc.constantFrom(
  ...VERSIONS,
);

const uint32 = edges(0xffffffff);

/** Any bytes, mostly few and printable. */
export const anyBytes: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc.oneof(
  fc.string({ unit: "binary-ascii", maxLength: 40 }).map(bytesOf),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => new Uint8Array(bytes)),
);

/** Any name, in the form that a decoder returns. */
export const anyName: fc.Arbitrary<Name> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  {
    weight: 2,
    arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) =>
      oracleName(String.fromCharCode(...bytes))
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom("", "\ufeff", "n".repeat(4095)) },
);

/** Any message of a version. */
export function anyMessage(version: ProtocolVersion): fc.Arbitrary<Message> {
  const values = {
    id: edges(version === "00" ? 0xffffff : 0xffffffff),
    operation: anyName,
    name: anyName,
    wait: uint32,
    payload: anyBytes,
    load: edges(0xffff),
    time: uint32,
    code: uint32,
  } satisfies Record<MessageField, fc.Arbitrary<unknown>>;
  const messages = oracleKinds(version).map(({ kind, fields }) =>
    fc.record({
      kind: fc.constant(kind),
      ...Object.fromEntries(fields.map((field) => [field, values[field]])),
    })
  );
  return fc.oneof(...messages as fc.Arbitrary<unknown>[]) as fc.Arbitrary<
    Message
  >;
}

/** Any version, with messages of it. */
export const anyConversation: fc.Arbitrary<{
  readonly version: ProtocolVersion;
  readonly messages: readonly Message[];
}> = anyVersion.chain((version) =>
  fc.record({
    version: fc.constant(version),
    messages: fc.array(anyMessage(version), { maxLength: 6 }),
  })
);

/** Any options of a decoder, mostly limits that the messages above exceed. */
export const anyLimits: fc.Arbitrary<{
  readonly version: ProtocolVersion;
  readonly maxNameBytes: number;
  readonly maxPayloadBytes: number;
}> = fc.record({
  version: anyVersion,
  maxNameBytes: fc.oneof(fc.nat(20), fc.constant(4095)),
  maxPayloadBytes: fc.oneof(fc.nat(40), fc.constant(0xffffffff)),
});

/** Any bytes: messages, nearly messages, or anything else. */
export const anyWire: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc.oneof(
  { weight: 2, arbitrary: anyConversation.map(wireOf) },
  { weight: 4, arbitrary: mutated() },
  {
    weight: 2,
    arbitrary: fc.array(
      fc.constantFrom(...fragments()),
      { maxLength: 30 },
    ).map((parts) => bytesOf(parts.join(""))),
  },
  { weight: 1, arbitrary: anyBytes },
);

/**
 * Any places at which {@linkcode cut} cuts bytes into chunks, empty ones among
 * them.
 */
export const anyCuts: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.array(fc.nat(400), { maxLength: 12 }),
  fc.constant(Array.from({ length: 400 }, (_, at) => at)),
);

/** Returns copies of the parts of bytes between the cuts. */
export function cut(
  bytes: Uint8Array,
  cuts: readonly number[],
): Uint8Array<ArrayBuffer>[] {
  const ends = [...cuts, bytes.length]
    .map((at) => Math.min(at, bytes.length))
    .sort((a, b) => a - b);
  return ends.map((end, index) =>
    new Uint8Array(bytes.subarray(ends[index - 1] ?? 0, end))
  );
}

/** Returns the bytes of messages in sequence. */
export function wireOf({ version, messages }: {
  readonly version: ProtocolVersion;
  readonly messages: readonly Message[];
}): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    messages.flatMap((message) => [...oracleEncode(message, version)]),
  );
}

/** Messages with some bytes replaced, inserted or removed, mostly in headers. */
function mutated(): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const change = fc.record({
    at: fc.oneof(fc.nat(24), fc.nat(400)),
    gone: fc.nat(2),
    inserted: fc.oneof(
      fc.constantFrom(...fragments()).map(bytesOf),
      fc.uint8Array({ maxLength: 2 }),
    ),
  });
  return fc.tuple(anyConversation, fc.array(change, { maxLength: 3 })).map(
    ([conversation, changes]) => {
      const bytes = [...wireOf(conversation)];
      for (const { at, gone, inserted } of changes) {
        bytes.splice(at % (bytes.length + 1), gone, ...inserted);
      }
      return new Uint8Array(bytes);
    },
  );
}

/** Returns pieces of headers, and similar text. */
function fragments(): string[] {
  return [
    ..."rspRSEenhf",
    ..."0123456789abcdefABCDEF",
    ..."xgG+- :@`\0\xff",
    ..."0001 000 004echo 00000000 00000002 ffffffff 0A".split(" "),
  ];
}

/** Integers from 0 to a maximum, mostly near both ends and the sign bits. */
function edges(max: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 0, max }),
    fc.constantFrom(
      ...[0, 1, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, max]
        .filter((value) => value <= max),
    ),
  );
}
