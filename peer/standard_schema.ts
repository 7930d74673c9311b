/**
 * The interface that validation libraries share (Standard Schema, version 1), as far as it is used.
 *
 * @module
 */

import { type Name, quoteName, ValidationError } from "../codec/mod.ts";

/** A validator of any library that implements Standard Schema: Zod, Valibot, ArkType and others. */
export interface Schema<Input = unknown, Output = Input> {
  /** The validator's standard properties. */
  readonly "~standard": {
    /** The version of the interface. */
    readonly version: 1;
    /** The name of the library. */
    readonly vendor: string;
    /** Checks a value, and may change it. */
    readonly validate: (
      value: unknown,
    ) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** The types that the validator takes and gives; never there at run time. */
    readonly types?:
      | { readonly input: Input; readonly output: Output }
      | undefined;
  };
}

/** What a validator says of a value. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that a validator finds wrong. */
export interface SchemaIssue {
  /** What is wrong, for humans. */
  readonly message: string;
  /** Where in the value: keys, or objects that hold one. */
  readonly path?:
    | readonly (PropertyKey | { readonly key: PropertyKey })[]
    | undefined;
}

/** Checks a value with a validator, and gives what the validator makes of it. */
export async function validate<Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
  what: "input" | "output",
  operation: Name,
  side: "local" | "remote",
): Promise<Output> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ message, path }) => ({
    message,
    path: (path ?? []).map((step) =>
      typeof step === "object" ? step.key : step
    ),
  }));
  const first = issues[0];
  const where = first === undefined || first.path.length === 0
    ? ""
    : ` at ${first.path.map(String).join(".")}`;
  throw new ValidationError(
    `Cannot accept the ${what} of ${quoteName(operation)}: ${
      first?.message ?? "it is invalid"
    }${where}`,
    { code: "schema", side, issues },
  );
}
