/**
 * What a remote peer handles, where it lists that.
 *
 * @module
 */

import type { CallOptions } from "./call_options.ts";
import { OPERATIONS } from "../codec/extensions/operations.ts";
import type { Remote } from "./remote.ts";

/** A JSON Schema; `true` if any JSON is accepted, or the schema is not shown. */
export type ListedSchema = Readonly<Record<string, unknown>> | true;

/** An operation or notification in the list of a peer (extension/operations-list). */
export interface ListedOperation {
  /** The name. */
  readonly name: string;
  /** What it handles: single requests, stream requests or notifications. */
  readonly kind: "request" | "stream" | "notification";
  /** What payloads are; for a stream, the parts in both directions. */
  readonly payload: "json" | "text" | "bytes";
  /** What the payload of a request or notification is checked by. Streams without it take no input. */
  readonly input?: ListedSchema;
  /** What each part of a stream request is checked by. */
  readonly values?: ListedSchema;
  /** What the payload of the result is checked by; for a stream, each part. */
  readonly output?: ListedSchema;
}

/**
 * Requests the list of the operations and notifications that a remote peer
 * handles. It answers with an `OperationError` unless it has the option
 * `listOperations`. Entries without a name or of an unknown kind are left out.
 *
 * @throws {OperationError} If the remote peer lists none, and as `request` does.
 *
 * @example
 * ```ts
 * import { connect, Handlers, serve } from "@gotalk/gotalk";
 * import { listOperations } from "@gotalk/gotalk/peer";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers().handle("greet", (name: string) => `Hello ${name}`);
 * await using server = await serve({ port: 0, listOperations: true }, handlers);
 * await using peer = await connect(server.address);
 * assertEquals(await listOperations(peer), [
 *   { name: "greet", kind: "request", payload: "json" },
 * ]);
 * ```
 */
export async function listOperations(
  remote: Remote,
  options?: CallOptions,
): Promise<ListedOperation[]> {
  const list: unknown = await remote.request(OPERATIONS, undefined, options);
  return Array.isArray(list) ? list.flatMap(readOperation) : [];
}

const KINDS: readonly unknown[] = ["request", "stream", "notification"];
const PAYLOADS: readonly unknown[] = ["json", "text", "bytes"];

function readOperation(entry: unknown): ListedOperation[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { name, kind, payload, input, values, output } = entry as Record<
    string,
    unknown
  >;
  if (typeof name !== "string" || !KINDS.includes(kind)) return [];
  const listed = {
    name,
    kind,
    payload: PAYLOADS.includes(payload) ? payload : "bytes",
    ...schema("input", input),
    ...schema("values", values),
    ...schema("output", output),
  };
  return [listed as ListedOperation];
}

function schema(member: string, given: unknown): Record<string, unknown> {
  const isSchema = given === true ||
    typeof given === "object" && given !== null && !Array.isArray(given);
  return isSchema ? { [member]: given } : {};
}
