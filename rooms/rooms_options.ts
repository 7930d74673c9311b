/**
 * Options and counters of rooms.
 *
 * @module
 */

import type { Clock } from "../peer/mod.ts";
import type { BackPlane } from "./back_plane.ts";

/** Options of `Rooms`. */
export interface RoomsOptions {
  /** Connects the rooms with those of other processes, and is closed with them; none by default. */
  readonly backPlane?: BackPlane | undefined;
  /** How often each process announces that its members are there, in milliseconds; 5,000 by default. */
  readonly presenceInterval?: number | undefined;
  /**
   * Time after which the members of a process that announces nothing are no
   * longer there, in milliseconds; 15,000 by default. It should be two intervals
   * at least, since announcements can be lost.
   */
  readonly presenceExpiry?: number | undefined;
  /**
   * How long other processes may take to answer who is in a room that this
   * process did not know of, in milliseconds; 250 by default.
   */
  readonly gatherTime?: number | undefined;
  /**
   * How long the back-plane may take to subscribe, and the process of a member to
   * take a request, in milliseconds; 1,000 by default.
   */
  readonly answerTimeout?: number | undefined;
  /** Maximum number of rooms that a peer can be in; 1,000 by default. */
  readonly maxRoomsPerPeer?: number | undefined;
  /** Maximum size of the data of a member as JSON, in bytes; 4 KiB by default. */
  readonly maxDataBytes?: number | undefined;
  /** The source of time; the system clock by default. */
  readonly clock?: Clock | undefined;
}

/** Counters of `Rooms`, of this process only. */
export interface RoomsStats {
  /** Number of rooms that have members or streams here. */
  readonly rooms: number;
  /** Number of members here; a peer counts in each of its rooms. */
  readonly members: number;
  /** Number of notifications that were sent to members here, or queued to be sent. */
  readonly sent: number;
  /** Number of notifications that members here lost, since they read too slowly. */
  readonly dropped: number;
  /** Number of messages that other processes lost, since the back-plane did not take them. */
  readonly unpublished: number;
  /** Number of messages of the back-plane that were not understood. */
  readonly malformed: number;
}

/** The options with their defaults. */
export type AllOptions =
  & { readonly backPlane: BackPlane | undefined }
  & {
    readonly [Name in Exclude<keyof RoomsOptions, "backPlane">]-?: NonNullable<
      RoomsOptions[Name]
    >;
  };
