/**
 * Validates JSON against the schemas of the suite.
 *
 * The validator package is loaded only when it is needed, so that no command but `lint` depends on it.
 *
 * @module
 */

import type { ErrorObject, ValidateFunction } from "ajv";
import adapterAnswer from "../../corpus/schema/adapter-answer.schema.json" with {
  type: "json",
};
import adapterRequest from "../../corpus/schema/adapter-request.schema.json" with {
  type: "json",
};
import codec from "../../corpus/schema/codec.schema.json" with { type: "json" };
import common from "../../corpus/schema/common.schema.json" with {
  type: "json",
};
import defects from "../../corpus/schema/defects.schema.json" with {
  type: "json",
};
import known from "../../corpus/schema/known.schema.json" with { type: "json" };
import manifest from "../../corpus/schema/manifest.schema.json" with {
  type: "json",
};
import report from "../../corpus/schema/report.schema.json" with {
  type: "json",
};
import session from "../../corpus/schema/session.schema.json" with {
  type: "json",
};
import statements from "../../corpus/schema/statements.schema.json" with {
  type: "json",
};
import { quoteValue } from "../shorten.ts";

/**
 * The address of the validator package, in the version that the configuration of the workspace names. It is
 * no literal in `import()`, which would fetch the package with this module; nor is it a name in the import
 * map, which a published module does not have.
 */
export const AJV: string = "npm:ajv@8.20.0/dist/2020.js";

/** The schemas, by the first part of the names of their files. */
export const SCHEMAS = {
  "adapter-answer": adapterAnswer,
  "adapter-request": adapterRequest,
  codec,
  common,
  defects,
  known,
  manifest,
  report,
  session,
  statements,
} as const;

/** The name of a schema. */
export type SchemaName = keyof typeof SCHEMAS;

/** What is wrong with a value, and where in it. */
export interface SchemaViolation {
  /** A JSON pointer: empty for the value itself. */
  readonly pointer: string;
  /** What is there, and what was wanted. */
  readonly message: string;
}

/** Returns how a value violates a schema; nothing if it is valid. */
export type Validator = (value: unknown) => SchemaViolation[];

/** Gives the validator of a schema, or of one of the definitions in it. */
export type Validators = (name: SchemaName, definition?: string) => Validator;

/** Loads the validators of all schemas. */
export async function loadValidators(): Promise<Validators> {
  const { Ajv2020 } = await import(
    AJV
  ) as typeof import("ajv");
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    // What applies to one type of value only is not wrapped in another condition.
    strictTypes: false,
    schemas: Object.values(SCHEMAS),
  });
  return (name, definition) => {
    const part = definition === undefined ? "" : `#/$defs/${definition}`;
    const validate: ValidateFunction | undefined = ajv.getSchema(
      `${name}.schema.json${part}`,
    );
    if (validate === undefined) {
      throw new TypeError(
        `Cannot validate: ${definition} is no definition of the schema ${name}`,
      );
    }
    return (value) =>
      validate(value) ? [] : violationsOf(validate.errors ?? []);
  };
}

/** Omits errors that only repeat those of nested values, and describes the others. */
function violationsOf(errors: readonly ErrorObject[]): SchemaViolation[] {
  const choices = errors.filter(({ keyword }) =>
    keyword === "anyOf" || keyword === "oneOf"
  );
  const violations = errors.filter((error) =>
    error.keyword !== "if" &&
    !choices.some(({ schemaPath }) =>
      error.schemaPath.startsWith(`${schemaPath}/`)
    )
  ).map((error) => ({ pointer: pointerOf(error), message: inWords(error) }));
  return violations.filter(({ pointer, message }, at) =>
    violations.findIndex((other) =>
      other.pointer === pointer && other.message === message
    ) === at
  );
}

function pointerOf({ keyword, instancePath, params }: ErrorObject): string {
  const key = keyword === "additionalProperties"
    ? params["additionalProperty"]
    : undefined;
  if (key === undefined) return instancePath;
  return `${instancePath}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function inWords({ keyword, params, schema, data, message }: ErrorObject) {
  switch (keyword) {
    case "additionalProperties":
      return "the key is not known";
    case "false schema":
      return "it is there, wanted none";
    case "required":
      return `${params["missingProperty"]} is missing`;
    case "anyOf":
    case "oneOf": {
      const keys = keysOf(schema);
      return keys === undefined
        ? `it is ${quoteValue(data)}, which fits none of what is allowed`
        : `it has the keys ${
          quoteValue(Object.keys(data as object))
        }, wanted one of ${keys.join(", ")}`;
    }
    case "const":
      return `it is ${quoteValue(data)}, wanted ${
        quoteValue(params["allowedValue"])
      }`;
    case "enum":
      return `it is ${quoteValue(data)}, wanted one of ${
        params["allowedValues"].join(", ")
      }`;
    case "pattern":
      return `it is ${quoteValue(data)}, wanted a text that fits ${
        params["pattern"]
      }`;
    default:
      return `it is ${quoteValue(data)}, which ${message}`;
  }
}

/** The keys of which one is wanted, where that is all that a choice is about. */
function keysOf(branches: unknown): string[] | undefined {
  const keys = (branches as readonly { readonly required?: string[] }[])
    .map(({ required }) => required?.[0]);
  return keys.every((key) => key !== undefined) ? keys : undefined;
}
