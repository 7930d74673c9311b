/**
 * What the commands that offer the standard operations have in common.
 *
 * @module
 */

import { standardOperations } from "../../implementations/adapters/deno/operations.ts";
import { peerOptionsOf } from "../../implementations/adapters/deno/peer_options.ts";
import type { Handlers, PeerEvent } from "@gotalk/gotalk";
import { MemoryBudget } from "@gotalk/gotalk/peer";
import { quoteName } from "@gotalk/gotalk/codec";
import { showBytes } from "../cases/bytes.ts";
import type { ConnectionOptions } from "../implementation.ts";
import { shorten } from "../shorten.ts";
import { parseLimits } from "../target_limits.ts";
import { messageOf, type Terminal, UsageError } from "./command.ts";

/** The help for the options of a reference peer. */
export const OPTIONS_HELP =
  `  --options JSON         Set options: those of the adapter commands listen and connect`;

/**
 * What all conversations of the program may hold in memory: the runner has up to
 * 96 of them at the same time, some with megabytes.
 */
const memory = new MemoryBudget(1024 ** 3);

/**
 * Returns the handlers and options of a reference peer, which prints the notifications that it receives,
 * and the failures of its operations.
 *
 * @param text The value of `--options`.
 * @param limits Limits of one address, in the form that targets have.
 * @throws {UsageError} If an option is unknown or has a wrong value.
 */
export function reference(
  text: string | undefined,
  { out, err }: Pick<Terminal, "out" | "err">,
  limits = "",
): {
  readonly handlers: Handlers;
  readonly memory: MemoryBudget;
  readonly onEvent: (event: PeerEvent) => void;
} & ReturnType<typeof peerOptionsOf> {
  const options = { ...parseOptions(text), ...parseOwn(limits) };
  const handlers = standardOperations({
    streams: options.streams,
    onNote: ({ name, payload }) =>
      out(`notification ${quoteName(name)} ${showBytes(payload)}\n`),
  });
  // What a remote peer can cause is no fault of the program, so no stack is printed.
  const onEvent = (event: PeerEvent) => {
    if (event.type !== "handler-error") return;
    const operation = quoteName(event.operation);
    err(`${shorten(operation)} failed: ${shorten(messageOf(event.error))}\n`);
  };
  try {
    return { handlers, memory, onEvent, ...peerOptionsOf(options) };
  } catch (error) {
    throw new UsageError(`--options: ${messageOf(error)}`);
  }
}

function parseOwn(limits: string): ConnectionOptions {
  if (limits === "") return {};
  try {
    return parseLimits(limits);
  } catch (error) {
    throw new UsageError(`the limits of an address: ${messageOf(error)}`);
  }
}

function parseOptions(text = "{}"): ConnectionOptions {
  let options: unknown;
  try {
    options = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--options: ${messageOf(error)}`);
  }
  if (typeof options !== "object" || options === null) {
    throw new UsageError(`--options is ${text}, wanted an object`);
  }
  return options;
}

/** Resolves when a signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
