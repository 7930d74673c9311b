/**
 * Shapes of JSON values, which check a value and convert it.
 *
 * @module
 */

import { quoteValue } from "../shorten.ts";

/** Converts a value, or throws a {@linkcode ShapeError} that names the place where its shape differs. */
export type Shape<T> = (value: unknown, at: string, strict: boolean) => T;

/** The shapes of the fields of an object. */
type Shapes<T> = { readonly [K in keyof T]: Shape<T[K]> };

/** Thrown if a value does not have the wanted shape. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";

  /** Creates an error that names the place, the value found there, and what was wanted. */
  constructor(at: string, value: unknown, wanted: string) {
    super(`${at || "it"} is ${shown(value)}, wanted ${wanted}`);
  }
}

function shown(value: unknown): string {
  if (value === undefined) return "missing";
  return quoteValue(value);
}

/** A text. */
export const text: Shape<string> = (value, at) => {
  if (typeof value === "string") return value;
  throw new ShapeError(at, value, "a text");
};

/** A number. */
export const number: Shape<number> = (value, at) => {
  if (typeof value === "number") return value;
  throw new ShapeError(at, value, "a number");
};

/** An integer from 0 up. */
export const count: Shape<number> = (value, at) => {
  if (Number.isSafeInteger(value) && value as number >= 0) {
    return value as number;
  }
  throw new ShapeError(at, value, "an integer from 0 up");
};

/** True or false. */
export const flag: Shape<boolean> = (value, at) => {
  if (typeof value === "boolean") return value;
  throw new ShapeError(at, value, "true or false");
};

/** Bytes as hexadecimal digits, in lower case. */
export const bytes: Shape<Uint8Array> = (value, at) => {
  if (typeof value === "string" && !/[A-F]/.test(value)) {
    try {
      return Uint8Array.fromHex(value);
    } catch {
      // Reported below.
    }
  }
  throw new ShapeError(at, value, "pairs of hexadecimal digits in lower case");
};

/** One of some values. */
export function oneOf<T extends string | number>(
  ...values: readonly T[]
): Shape<T> {
  return (value, at) => {
    if (values.includes(value as T)) return value as T;
    throw new ShapeError(at, value, `one of ${values.join(", ")}`);
  };
}

/** A list of values of one shape. */
export function list<T>(item: Shape<T>): Shape<readonly T[]> {
  return (value, at, strict) => {
    if (!Array.isArray(value)) throw new ShapeError(at, value, "a list");
    return value.map((each, index) => item(each, `${at}/${index}`, strict));
  };
}

/** An object with required and optional fields. Others are refused if `strict`, else left out. */
export function object<R extends object, O extends object = object>(
  required: Shapes<R>,
  optional: Shapes<O> = {} as Shapes<O>,
): Shape<R & Partial<O>> {
  return (value, at, strict) => {
    const given = fields(value, at);
    const read: Record<string, unknown> = {};
    for (const [name, shape] of Object.entries<Shape<unknown>>(required)) {
      read[name] = shape(given[name], `${at}/${name}`, strict);
    }
    for (const [name, shape] of Object.entries<Shape<unknown>>(optional)) {
      if (given[name] === undefined) continue;
      read[name] = shape(given[name], `${at}/${name}`, strict);
    }
    if (strict) {
      const extra = Object.keys(given).find((name) =>
        !(name in required) && !(name in optional)
      );
      if (extra !== undefined) {
        throw new ShapeError(`${at}/${extra}`, given[extra], "no such field");
      }
    }
    return read as R & Partial<O>;
  };
}

/** An object with optional fields and no others. */
export function record<O extends object>(optional: Shapes<O>): Shape<object> {
  const shape = object({}, optional);
  return (value, at) => {
    const unknown = Object.keys(fields(value, at)).find((name) =>
      !(name in optional)
    );
    if (unknown === undefined) return shape(value, at, true);
    throw new ShapeError(
      at,
      unknown,
      `one of ${Object.keys(optional).join(", ")}`,
    );
  };
}

/** The shape that belongs to the first field that is present, else the last shape. */
export function byField<T>(
  choices: readonly (readonly [field: string, shape: Shape<T>])[],
): Shape<T> {
  return (value, at, strict) => {
    const given = fields(value, at);
    const [, shape] = choices.find(([name]) => given[name] !== undefined) ??
      choices.at(-1)!;
    return shape(value, at, strict);
  };
}

/** Returns the fields of an object. */
export function fields(
  value: unknown,
  at: string,
): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new ShapeError(at, value, "an object");
}
