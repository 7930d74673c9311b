/**
 * What the responder needs of a link.
 *
 * @module
 */

import type { ChannelInfo } from "../../transport/channel.ts";
import type { Extensions } from "../link/extensions/extensions.ts";
import type { Link } from "../link/link.ts";

/**
 * What single requests and notifications need of a link, to be handled and
 * answered. Stream requests need a whole {@linkcode Link}.
 */
export interface ResponderLink extends
  Pick<
    Link,
    | "clock"
    | "congested"
    | "drop"
    | "emit"
    | "free"
    | "limits"
    | "memory"
    | "random"
    | "recycle"
    | "remote"
    | "send"
    | "settled"
    | "tracing"
    | "uncongested"
  > {
  /** The remote end. */
  readonly channel: { readonly info: ChannelInfo };
  /** What the extensions know of the remote peer, and of the request that is being dispatched. */
  readonly extensions:
    | Pick<Extensions, "parent" | "readsByteStream">
    | undefined;
  /** Wakes results that wait for the write queue. */
  readonly writer: { wake(): void };
}
