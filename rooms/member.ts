/**
 * Members of rooms.
 *
 * @module
 */

/** A peer in a room: of this process, or of another one that shares the room. */
export interface Member<Data = unknown> {
  /**
   * Names the peer in all rooms and processes, as long as it is connected. Nobody
   * can guess it.
   */
  readonly id: string;
  /** What `join` was given, as JSON holds it. */
  readonly data: Data;
}

/** A change of who is in a room. */
export interface RoomChange<Data = unknown> {
  /**
   * What happened: `updated` is a member that joined again, with other data, and
   * `left` has any cause, the end of its process included.
   */
  readonly kind: "joined" | "updated" | "left";
  /** The member, with the data that it has now, or had last. */
  readonly member: Member<Data>;
}
