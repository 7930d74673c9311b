/**
 * Channels: bytes both ways between two ends, whatever carries them.
 *
 * What is exported here runs in every runtime; channels over sockets have modules of their own, such
 * as `@gotalk/gotalk/transport/tcp`.
 *
 * @module
 */

export {
  type Channel,
  type ChannelEnd,
  type ChannelInfo,
  type CloseOptions,
  type Listener,
  readableFrom,
} from "./channel.ts";
export { memoryPair, type MemoryPairOptions } from "./memory.ts";
export { portChannel } from "./message_port.ts";
export { type StreamPair, streamsChannel } from "./streams.ts";
export { WriteUnits } from "./write_units.ts";
