/**
 * Whether the machine has a network, as browsers report it.
 * Internal to the package.
 *
 * @module
 */

/** Receives changes of the network. */
export interface OnlineListener {
  /** The machine has a network again. */
  online(): void;
  /** The machine has lost its network. */
  offline(): void;
}

/**
 * Listens to the events `online` and `offline`: of a target, or of the global
 * object where it has events. Runtimes other than browsers fire none.
 *
 * @returns A function that ends it.
 */
export function listenOnline(
  target: EventTarget | undefined,
  listener: OnlineListener,
): () => void {
  const events = target ?? globalThis as Partial<EventTarget>;
  const online = () => listener.online();
  const offline = () => listener.offline();
  events.addEventListener?.("online", online);
  events.addEventListener?.("offline", offline);
  return () => {
    events.removeEventListener?.("online", online);
    events.removeEventListener?.("offline", offline);
  };
}
