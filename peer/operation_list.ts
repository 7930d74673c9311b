/**
 * The list of what a set of handlers handles, as remote peers can request it.
 * Internal to the package.
 *
 * @module
 */

import { json } from "../codec/payload.ts";
import { OPERATIONS } from "../codec/extensions/operations.ts";
import type { PayloadHandler } from "./handler.ts";
import { tableOf } from "./handler_lookup.ts";
import type { Handlers } from "./handlers.ts";
import type { HandlerKind, HandlerTable } from "./handler_table.ts";
import type { ListedOperation } from "./listed_operation.ts";
import { formOf } from "./operation_form.ts";
import { schemasOf } from "./operation_schemas.ts";

/** The encoded list of each table, and how many handlers it had then. */
const lists = new WeakMap<
  HandlerTable,
  { readonly changes: number; readonly payload: Uint8Array }
>();

/**
 * Returns the handler of `gotalk:operations` for a set of handlers, within all
 * of its middleware (extension/operations).
 */
export function operationListOf(
  handlers: Handlers,
): PayloadHandler | undefined {
  const table = tableOf(handlers);
  return table?.within(() => payloadOf(table)) as PayloadHandler | undefined;
}

function payloadOf(table: HandlerTable): Uint8Array {
  const { changes } = table;
  const known = lists.get(table);
  if (known?.changes === changes) return known.payload;
  const payload = json.encode(listOf(table), { operation: OPERATIONS });
  lists.set(table, { changes, payload });
  return payload;
}

/** Returns the list, sorted by name. */
function listOf(table: HandlerTable): ListedOperation[] {
  const listed: ListedOperation[] = [];
  for (const kind of ["request", "stream", "notification"] as const) {
    for (const [name, handler] of table.entries(kind)) {
      const { hasInput } = table.streamForm(name);
      listed.push(describeOperation(name, kind, handler, hasInput));
    }
  }
  return listed.sort((one, other) =>
    one.name < other.name ? -1 : one.name > other.name ? 1 : 0
  );
}

function describeOperation(
  name: string,
  kind: HandlerKind,
  handler: object,
  hasInput: boolean,
): ListedOperation {
  const type = formOf(handler)?.type ?? "bytes";
  const payload = type === "values"
    ? "json"
    : type === "stream"
    ? "bytes"
    : type;
  const { input, output, values } = schemasOf(handler);
  return {
    name,
    kind,
    payload,
    ...member("input", kind === "stream" && hasInput ? input ?? true : input),
    ...member("values", values),
    ...member("output", output),
  };
}

/** Returns a member with what a schema accepts or returns, if there is one. */
function member(
  what: "input" | "output" | "values",
  schema: unknown,
): Partial<ListedOperation> {
  if (schema === undefined || schema === false) return {};
  return { [what]: jsonSchemaOf(schema, what === "output") ?? true };
}

/** What Standard JSON Schema adds to the interface of validators. */
interface Convertible {
  readonly "~standard"?: {
    readonly jsonSchema?: {
      readonly [side in "input" | "output"]?: (
        options: { target: string },
      ) => unknown;
    };
  };
}

/** Returns the JSON Schema of a validator; `undefined` if its library gives none. */
function jsonSchemaOf(
  schema: unknown,
  isOutput: boolean,
): Record<string, unknown> | undefined {
  const converter = (schema as Convertible)["~standard"]?.jsonSchema;
  try {
    const found = converter?.[isOutput ? "output" : "input"]?.({
      target: "draft-2020-12",
    });
    // As a value of JSON, or it could not be sent.
    return typeof found === "object" && found !== null
      ? JSON.parse(JSON.stringify(found))
      : undefined;
  } catch {
    // It accepts what no JSON Schema describes.
    return undefined;
  }
}
