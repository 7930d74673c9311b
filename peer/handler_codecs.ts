/**
 * Turns handlers of values into handlers of payloads and parts.
 * Internal to the package.
 *
 * @module
 */

import { json, type PayloadCodec } from "../codec/payload.ts";
import { onAbort } from "./abort.ts";
import {
  abortContext,
  jsonLimits,
  type RequestContext,
  takeStreamInput,
  type ValuesContext,
} from "./context.ts";
import type {
  AnyHandler,
  Handler,
  HandlerOptions,
  Middleware,
  PayloadHandler,
  StreamHandler,
  StreamHandlerOptions,
  ValuesHandler,
  ValuesHandlerOptions,
} from "./handler.ts";
import { inputError } from "./input_error.ts";
import { type OperationForm, withForm } from "./operation_form.ts";
import { type Schema, validate } from "./standard_schema.ts";
import { isThenable } from "./thenable.ts";
import { encodeValue, iteratorOf, leave, readValues } from "./values.ts";

/** Returns a handler of payloads. What it takes and returns is checked by the caller. */
export function withCodec<T, Given>(
  codec: PayloadCodec<T, Given>,
  handler: unknown,
  type: OperationForm["type"] = "bytes",
  isSafe?: boolean,
): PayloadHandler {
  const run = handler as Handler<T, Given>;
  const ofPayloads: PayloadHandler = (payload, context) => {
    const output = run(decodeInput(codec, payload, context), context);
    return isThenable(output)
      ? Promise.resolve(output).then((value) => codec.encode(value, context))
      : codec.encode(output as Given, context);
  };
  return withForm(ofPayloads, type, isSafe);
}

/** Returns a handler within middleware, of which the first is the outermost. */
export function withMiddleware<Input>(
  handler: AnyHandler<Input>,
  middleware: readonly Middleware[],
): AnyHandler<Input> {
  if (middleware.length === 0) return handler;
  return middleware.reduceRight(
    (inner, around) => (input, context) =>
      around(context, () => inner(input, context)),
    handler,
  );
}

/** Returns a handler of payloads without an outcome. */
export function withInput<T, Given>(
  codec: PayloadCodec<T, Given>,
  handler: (input: T, context: RequestContext) => unknown,
  type: OperationForm["type"] = "bytes",
): PayloadHandler {
  const ofPayloads: PayloadHandler = (payload, context) =>
    handler(decodeInput(codec, payload, context), context);
  return withForm(ofPayloads, type);
}

/** Returns the input of a handler. Errors are marked as those of input. */
function decodeInput<T, Given>(
  codec: PayloadCodec<T, Given>,
  payload: Uint8Array<ArrayBuffer>,
  context: RequestContext,
): T {
  try {
    return codec.decode(payload, context, jsonLimits(context));
  } catch (error) {
    throw inputError(error, false, payload);
  }
}

/** Returns a handler that validates its input and output. */
export function withSchemas(
  operation: string,
  handler: Handler<unknown, unknown>,
  { input, output, sendIssues }: HandlerOptions,
): Handler<unknown, unknown> {
  if (input === undefined && output === undefined) return handler;
  return async (value, context) => {
    const checked = await checkedInput(operation, value, input, sendIssues);
    const result = await handler(checked, context);
    return output === undefined
      ? result
      : await validate(output, result, "output", operation, "local");
  };
}

/** Returns a stream handler whose context has the input, if it takes one. */
export function withStreamInput(
  operation: string,
  handler: StreamHandler,
  { input = false, sendIssues, safe }: StreamHandlerOptions,
): StreamHandler {
  if (input === false) {
    const ofBytes: StreamHandler = (parts, context) => handler(parts, context);
    return withForm(ofBytes, "stream", safe);
  }
  // A schema may be a function.
  const schema = typeof input === "boolean" ? undefined : input;
  const ofBytes: StreamHandler = async (parts, context) => {
    const value = decodeInput(json, takeStreamInput(context), context);
    const checked = await checkedInput(operation, value, schema, sendIssues);
    Object.defineProperty(context, "input", { value: checked });
    return await handler(parts, context);
  };
  return withForm(ofBytes, "stream", safe);
}

/** Returns a stream handler that sends each value as one part. */
export function withValues(
  operation: string,
  handler: ValuesHandler<unknown, unknown>,
  options: ValuesHandlerOptions,
): StreamHandler {
  const { input, output, sendIssues, subscription, values } = options;
  const schema = input === false ? undefined : input;
  const ofValues: StreamHandler = async (parts, context) => {
    const value = input === false
      ? undefined
      : decodeInput(json, takeStreamInput(context), context);
    const checked = await checkedInput(operation, value, schema, sendIssues);
    if (subscription === true) void stopAtEnd(parts, context);
    const reading = {
      operation,
      limits: jsonLimits(context),
      schema: values,
      what: "input",
      sendIssues,
    } as const;
    const valuesContext = Object.defineProperty(context, "values", {
      value: readValues(parts, reading, context),
    }) as ValuesContext;
    const yielded = await handler(checked, valuesContext);
    return yielded ? sendParts(yielded, context, output) : undefined;
  };
  return withForm(ofValues, "values", options.safe);
}

/** Aborts the context once the request's data has ended: the caller wants no more values. */
async function stopAtEnd(
  parts: ReadableStream<Uint8Array>,
  context: RequestContext,
): Promise<void> {
  try {
    for await (const _ of parts);
  } catch {
    // The stream has been stopped for another reason.
  }
  const reason = new DOMException("The caller has left", "AbortError");
  abortContext(context, reason);
}

/** Returns the parts for values. The iteration of the values ends with the context. */
function sendParts(
  values: AsyncIterable<unknown> | Iterable<unknown>,
  context: RequestContext,
  schema: Schema | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { operation, signal } = context;
  // Not in the generator, which may never start.
  const iterator = iteratorOf(operation, values);
  let isOver = false;
  let left: Promise<unknown> | undefined;
  const remove = onAbort(signal, () => {
    isOver = true;
    left = leave(iterator);
  });
  return parts();

  async function* parts(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const { done, value } = await iterator.next();
        if (done) isOver = true;
        if (isOver) return;
        // Values of an iterable that is not asynchronous may be promises.
        const given = isThenable(value) ? await value : value;
        yield encodeValue(
          operation,
          schema === undefined
            ? given
            : await validate(schema, given, "output", operation, "local"),
        );
      }
    } catch (error) {
      // A handler that was stopped may pass on why.
      if (isOver && error === signal.reason) return;
      // What it throws as it is left does not replace its failure.
      if (!isOver) await leave(iterator).catch(() => {});
      throw error;
    } finally {
      remove();
      // The handler runs until its iteration has ended.
      await left;
    }
  }
}

async function checkedInput(
  operation: string,
  value: unknown,
  schema: Schema | undefined,
  sendIssues: boolean | undefined,
): Promise<unknown> {
  if (schema === undefined) return value;
  return await validate(schema, value, "input", operation, "remote")
    .catch((error) => Promise.reject(inputError(error, sendIssues)));
}
