/**
 * Waiting that ends after a time, or when a signal is aborted. A run waits
 * thousands of times, and the time is rarely over: all waits share one timer, and
 * all that have the same signal one listener.
 *
 * @module
 */

/** A wait that has not ended. */
interface Wait {
  /** When the time is over, on the clock of `performance`. */
  readonly until: number;
  readonly onTimeout: () => void;
}

/** All waits that have not ended. */
const waits = new Set<Wait>();
let timer: ReturnType<typeof setTimeout> | undefined;
/** When the timer fires, on the clock of `performance`. */
let firesAt = Infinity;

/** The functions to call when a signal is aborted. */
const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls one of two functions after a time, or when a signal is aborted. Returns
 * what ends the waiting.
 */
export function bounded(
  ms: number,
  onTimeout: () => void,
  onAbort: (reason: unknown) => void,
  signal: AbortSignal | undefined,
): () => void {
  if (signal?.aborted) {
    onAbort(signal.reason);
    return () => {};
  }
  const wait = {
    until: performance.now() + ms,
    onTimeout: () => {
      unlisten?.();
      onTimeout();
    },
  };
  const unlisten = signal === undefined ? undefined : listen(signal, () => {
    forget(wait);
    onAbort(signal.reason);
  });
  waits.add(wait);
  if (wait.until < firesAt) fireAt(wait.until);
  return () => {
    forget(wait);
    unlisten?.();
  };
}

function forget(wait: Wait): void {
  waits.delete(wait);
  // The timer is kept for other waits: it is cheaper to let it fire in vain.
  if (waits.size === 0) fireAt(Infinity);
}

function fireAt(time: number): void {
  if (timer !== undefined) clearTimeout(timer);
  firesAt = time;
  timer = time === Infinity
    ? undefined
    : setTimeout(fire, Math.max(0, Math.ceil(time - performance.now())));
}

function fire(): void {
  timer = undefined;
  firesAt = Infinity;
  const now = performance.now();
  const due = Array.from(waits).filter(({ until }) => until <= now)
    .sort((a, b) => a.until - b.until);
  // One of them may end the waiting of another.
  for (const wait of due) if (waits.delete(wait)) wait.onTimeout();
  const next = Math.min(...Array.from(waits, ({ until }) => until));
  if (next < firesAt) fireAt(next);
}

/** Calls a function when a signal is aborted; returns what prevents it. */
function listen(signal: AbortSignal, onAbort: () => void): () => void {
  let all = listeners.get(signal);
  if (all === undefined) {
    all = new Set();
    listeners.set(signal, all);
    signal.addEventListener("abort", () => callAll(signal), { once: true });
  }
  all.add(onAbort);
  return () => all.delete(onAbort);
}

function callAll(signal: AbortSignal): void {
  const all = listeners.get(signal)!;
  listeners.delete(signal);
  for (const onAbort of all) onAbort();
}
