/**
 * What interrupts a command, and its exit status then.
 *
 * @module
 */

/** The signals that interrupt a command, and the exit statuses that shells have for them. */
export const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** The exit status if nobody reads what is written: that of a shell for the signal. */
export const BROKEN_PIPE = 141;

/** Why a command is interrupted. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  /** Creates the reason for a signal, with the exit status that shells have for it. */
  constructor(readonly status: number) {
    super("interrupted");
  }
}

/** Returns the exit status of a command whose signal is aborted. */
export function interruptedStatus({ reason }: AbortSignal): number {
  return reason instanceof Interrupted ? reason.status : SIGNALS.SIGINT;
}

/** Whether a signal is aborted since nobody reads what is written. */
export function hasNoReader({ reason }: AbortSignal): boolean {
  return reason instanceof Interrupted && reason.status === BROKEN_PIPE;
}
