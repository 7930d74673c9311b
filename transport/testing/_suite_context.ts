/**
 * What the parts of the channel suite share.
 *
 * @module
 */

import type { Channel } from "../channel.ts";
import type { TestClock } from "./test_clock.ts";

/** The two sides of a channel that was opened for a test. */
export interface ChannelPair {
  readonly a: Channel;
  readonly b: Channel;
  /** Ends everything else that was opened, after both channels have ended. */
  readonly release?: () => void | Promise<void>;
}

/** The properties in which kinds of channels differ. */
export interface ChannelTraits {
  /** Whether one direction can end before the other. */
  readonly halfClose: boolean;
  /**
   * The largest number of bytes that are taken while nobody reads, or `false`
   * if there is no such limit.
   */
  readonly backpressure: number | false;
  /** Whether the remote side can distinguish an abort from an end. */
  readonly abortSeen: boolean;
}

/** The body of a test of one channel. */
export type PairTest = (pair: ChannelPair) => Promise<void>;

/** What a part of the suite needs to register tests. */
export interface SuiteContext {
  readonly traits: ChannelTraits;
  /** Registers a test of one channel, if it applies. */
  test(behaviour: string, body: PairTest, applies?: boolean): void;
  /** Registers a test that opens any number of channels in turn. */
  testPairs(
    behaviour: string,
    body: (
      next: (body: PairTest, clock?: TestClock) => Promise<void>,
    ) => Promise<void>,
    applies?: boolean,
  ): void;
}
