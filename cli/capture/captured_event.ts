/**
 * What happens in a captured conversation.
 *
 * @module
 */

import type { Message, ProtocolVersion } from "@gotalk/gotalk/codec";

/** Which peer sends: `>` the one that connected, `<` the other. */
export type Direction = ">" | "<";

/** What happens in a conversation. */
export type CapturedEvent =
  & {
    /** The number of the conversation, from 1; 0 if it is over TLS. */
    readonly connection: number;
    /** When, in milliseconds since its first packet. */
    readonly time: number;
  }
  & (
    | {
      readonly by: Direction;
      readonly message: Message;
      readonly version: ProtocolVersion;
    }
    | {
      /** The direction that it concerns; `#` for the connection. */
      readonly by: Direction | "#";
      readonly remark: string;
      /** Whether it says that the conversation is malformed, or that the capture misses a part. */
      readonly isFault: boolean;
    }
  );
