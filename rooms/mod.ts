/**
 * Rooms: named groups of peers, within one process or over many.
 *
 * @module
 */

export type { BackPlane, BackPlaneSubscription } from "./back_plane.ts";
export type { Member, RoomChange } from "./member.ts";
export { isMemberGoneError, MemberGoneError } from "./member_gone_error.ts";
export type {
  MemberRequestOptions,
  NotifyOptions,
  NotifyResult,
  Room,
} from "./room.ts";
export type { RoomStream, RoomStreamOptions } from "./room_stream.ts";
export { Rooms } from "./rooms.ts";
export type { RoomsOptions, RoomsStats } from "./rooms_options.ts";
