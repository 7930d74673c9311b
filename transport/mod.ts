/**
 * Channels: reliable bytes in both directions, over any transport.
 *
 * Everything in this entry runs in every runtime. Channels over sockets have
 * entries of their own, such as `@gotalk/gotalk/transport/tcp`.
 *
 * @module
 */

export {
  type BufferObserver,
  type Channel,
  type ChannelEnd,
  type ChannelInfo,
  type CloseOptions,
  type Listener,
  readableFrom,
} from "./channel.ts";
export type { ChannelClock } from "./clock.ts";
export { memoryPair, type MemoryPairOptions } from "./memory.ts";
export { portChannel } from "./message_port.ts";
export { type DuplexStream, streamsChannel } from "./streams.ts";
export { WriteUnits } from "./write_units.ts";
