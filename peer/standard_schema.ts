/**
 * The parts of Standard Schema (version 1) that are used here: the interface that validation libraries share.
 *
 * @module
 */

import { escapeUnprintable } from "../quoting/quote.ts";
import { type Name, quoteName } from "../codec/name.ts";
import { ValidationError } from "../codec/validation_error.ts";

/** A validator of any library that implements Standard Schema: Zod, Valibot, ArkType and others. */
export interface Schema<Input = unknown, Output = Input> {
  /** The properties that the standard defines. */
  readonly "~standard": {
    /** The version of the interface. */
    readonly version: 1;
    /** The name of the library. */
    readonly vendor: string;
    /** Validates a value and returns it, possibly transformed. */
    readonly validate: (
      value: unknown,
    ) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** The input and output types; absent at run time. */
    readonly types?:
      | { readonly input: Input; readonly output: Output }
      | undefined;
  };
}

/** The result of a validation. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One reason why a value is invalid. */
export interface SchemaIssue {
  /** A description for humans. */
  readonly message: string;
  /** The path to the invalid part of the value: keys, or objects that hold one. */
  readonly path?:
    | readonly (PropertyKey | { readonly key: PropertyKey })[]
    | undefined;
}

/** Validates a value and returns the output of the validator. */
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
      escapeUnprintable(`${first?.message ?? "it is invalid"}${where}`)
    }`,
    { code: "schema", side, issues },
  );
}
