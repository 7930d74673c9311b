/**
 * How an operation is called where requests name neither their kind nor the type
 * of their payload, as over HTTP.
 *
 * @module
 */

/** What is known of an operation from how its handler was set. */
export interface OperationForm {
  /**
   * What requests hold: `"json"`, `"text"` and `"bytes"` in single requests, a
   * `"stream"` of bytes, or a stream of `"values"`.
   */
  readonly type: "json" | "text" | "bytes" | "stream" | "values";
  /** Whether the operation changes nothing. */
  readonly isSafe: boolean;
}

const forms = new WeakMap<object, OperationForm>();

/** Keeps the form of an operation with its handler, which must be a function of this handler alone. */
export function withForm<Handler extends object>(
  handler: Handler,
  type: OperationForm["type"],
  isSafe: boolean = false,
): Handler {
  forms.set(handler, { type, isSafe });
  return handler;
}

/** Returns the form that was kept with a handler. */
export function formOf(handler: object): OperationForm | undefined {
  return forms.get(handler);
}

/** Returns the form of operations that only the handlers of others handle. */
export function formOfOther(
  single: object | undefined,
  stream: object | undefined,
): OperationForm | undefined {
  if (single !== undefined) return { type: "bytes", isSafe: false };
  return stream && { type: "stream", isSafe: false };
}
