/**
 * What a worker and the thread that started it post to each other.
 *
 * @module
 */

import type { DrainOptions } from "../peer/mod.ts";
import type { ServerStats } from "../server_stats.ts";

/** How the name of a worker begins that `serveWorkers` has started. */
export const NAME_PREFIX = "gotalk worker ";

/** How a worker is told to end. */
export type Ending =
  | { readonly kind: "drain"; readonly options: DrainOptions }
  | { readonly kind: "close" };

/** Where a worker is told to listen. */
export interface Listen {
  readonly kind: "listen";
  /** The port, unless the module names it. */
  readonly port: number | undefined;
  /** Whether other workers listen on the port. */
  readonly isShared: boolean;
}

/** What a worker is told. */
export type Order = Listen | Ending | { readonly kind: "report" };

/** What a worker tells. The first thing is that it is ready to listen. */
export type News =
  | { readonly kind: "ready" }
  | {
    readonly kind: "listening";
    readonly address: string;
    /** How long its peers take to close, in milliseconds. */
    readonly closeTimeout: number;
    readonly stats: ServerStats;
  }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "report"; readonly stats: ServerStats }
  | { readonly kind: "ended"; readonly stats: ServerStats };

/** Orders and news, among what the application posts. */
export interface Envelope<Message extends Order | News> {
  readonly gotalk: Message;
}

/** Returns the message of an envelope; `undefined` for what else is posted. */
export function opened<Message extends Order | News>(
  { data }: MessageEvent,
): Message | undefined {
  const message = (data as Partial<Envelope<Message>> | null)?.gotalk;
  return typeof message === "object" && message !== null ? message : undefined;
}
