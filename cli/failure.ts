/**
 * What ends a subcommand: the exit status and the line for an error.
 *
 * @module
 */

import { OPERATIONS } from "../codec/extensions/operations.ts";
import { isLimitError } from "../codec/limit_error.ts";
import { isProtocolError } from "../codec/protocol_error.ts";
import { isConnectionClosedError } from "../peer/connection_closed_error.ts";
import { isLimitName } from "../peer/limits.ts";
import { isOperationError } from "../peer/operation_error.ts";
import { describeFailure } from "../quoting/quote.ts";
import { UsageError } from "./command.ts";
import { Interrupted } from "./terminal.ts";

/** The exit statuses. */
export const STATUS = {
  answered: 0,
  remoteError: 1,
  usage: 2,
  connection: 3,
  timeout: 4,
  /** Nobody reads what is written: that of a shell for the signal. */
  brokenPipe: 141,
} as const;

/** An error as programs read it. */
export interface Failure {
  readonly status: number;
  readonly message: string;
  /** The text of the error, if the remote peer answered with one. */
  readonly text?: string;
  /** The code that it chose. */
  readonly code?: string;
  /** The data that it added. */
  readonly data?: unknown;
}

/** A failure to connect, which `cause` explains. */
export class ConnectionFailure extends Error {
  override readonly name = "ConnectionFailure";
}

/**
 * Returns the failure of a subcommand whose connection has ended with an error:
 * that of the conversation, or what the transport says, which is no answer.
 *
 * @param error What the connection has ended with, if it was an error.
 * @param otherwise What is said if it was none.
 */
export function endedConnection(
  error: unknown,
  otherwise = "the remote peer ended the connection",
): Error {
  if (error === undefined) return new ConnectionFailure(otherwise);
  if (isProtocolError(error)) return error;
  return new ConnectionFailure(
    `The connection has failed: ${describeFailure(error)}`,
    { cause: error },
  );
}

/** Returns what an error means for the shell. */
export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) return { status: STATUS.usage, message };
  if (error instanceof Interrupted) return { status: error.status, message };
  if (error instanceof Deno.errors.BrokenPipe) {
    return { status: STATUS.brokenPipe, message };
  }
  if (isTimeout(error)) return { status: STATUS.timeout, message };
  if (error instanceof ConnectionFailure) {
    return { status: STATUS.connection, message };
  }
  // What the library refuses to send: a name that is too long, or reserved.
  if (
    isLimitError(error) && !isLimitName(error.code) ||
    error instanceof TypeError || error instanceof RangeError
  ) return { status: STATUS.usage, message };
  if (isConnectionClosedError(error)) {
    return { status: STATUS.connection, message: withCause(message, error) };
  }
  if (isProtocolError(error)) return { status: STATUS.connection, message };
  const answer = answerOf(error);
  const hint = answer.text === undefined ? undefined : hintOf(answer.text);
  return {
    status: STATUS.remoteError,
    message: hint === undefined ? message : `${message}: ${hint}`,
    ...answer,
  };
}

/** Returns what may help with an answer whose words do not. */
function hintOf(text: string): string | undefined {
  if (!text.startsWith("unknown operation")) return undefined;
  return text.includes(`"${OPERATIONS}"`)
    ? "it lists its operations only with listOperations, or serve --list"
    : "gotalk request is for requests, gotalk stream for streams and values";
}

/** Adds why the connection ended, if that is known and the message does not have it. */
function withCause(message: string, { cause }: Error): string {
  return cause instanceof Error && !message.includes(cause.message)
    ? `${message}: ${cause.message}`
    : message;
}

/** Returns what the remote peer has answered, if that is what failed. */
function answerOf(error: unknown): Partial<Failure> {
  if (!isOperationError(error)) return {};
  const { text, code, data } = error;
  return {
    text,
    ...code !== undefined && { code },
    ...data !== undefined && { data },
  };
}

/** Whether time ran out, for an error or what caused it. */
function isTimeout(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === "TimeoutError") return true;
  }
  return false;
}
