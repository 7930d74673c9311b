/**
 * What happens to a page: its network comes and goes, and it is shown again.
 *
 * @module
 */

import type { OnlineListener } from "../peer/reconnecting/online_events.ts";

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
  const ending = new AbortController();
  const page = globalThis as Partial<EventTarget> & {
    readonly document?: EventTarget & { readonly hidden?: boolean };
  };
  const { document } = page;
  const network = target ?? page;
  const listen = (
    events: Partial<EventTarget> | undefined,
    type: string,
    happened: () => void,
  ) => events?.addEventListener?.(type, happened, ending);
  const shown = () => {
    if (!document?.hidden) listener.shown();
  };
  listen(network, "online", () => listener.online());
  listen(network, "offline", () => listener.offline());
  listen(document, "visibilitychange", shown);
  listen(page, "pageshow", shown);
  return () => ending.abort();
}
