/**
 * What happens to a page: its network comes and goes, and it is shown again.
 *
 * @module
 */

import {
  listenOnline,
  type OnlineListener,
} from "../peer/reconnecting/online_events.ts";

/** Receives what happens to a page. */
export interface PageListener extends OnlineListener {
  /** The page is shown again, after its timers may have slept. */
  shown(): void;
}

/**
 * Listens to what happens to a page.
 *
 * @returns A function that ends it.
 */
export function listenWake(
  target: EventTarget | undefined,
  listener: PageListener,
): () => void {
  const endOnline = listenOnline(target, listener);
  const { document } = globalThis as {
    document?: EventTarget & { hidden?: boolean };
  };
  const page = globalThis as Partial<EventTarget>;
  const shown = () => {
    if (!document?.hidden) listener.shown();
  };
  document?.addEventListener("visibilitychange", shown);
  page.addEventListener?.("pageshow", shown);
  return () => {
    endOnline();
    document?.removeEventListener("visibilitychange", shown);
    page.removeEventListener?.("pageshow", shown);
  };
}
