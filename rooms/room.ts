/**
 * The interface to a room.
 *
 * @module
 */

import type {
  AnyContract,
  BroadcastResult,
  ByteSource,
  CallArguments,
  Contract,
  Input,
  NotificationArguments,
  NotificationName,
  NotificationValue,
  OperationName,
  Output,
  Remote,
} from "../peer/mod.ts";
import type { Member, RoomChange } from "./member.ts";
import type { RoomStream, RoomStreamOptions } from "./room_stream.ts";

/** Options of notifications to a room. */
export interface NotifyOptions {
  /** A member that is left out, its ID or its peer. One that is not in the room changes nothing. */
  readonly except?: Member | Remote | string | undefined;
}

/** How many members here a notification reached, and whether it went further. */
export interface NotifyResult extends BroadcastResult {
  /**
   * Whether the notification went to other processes, if there are any: `false`
   * if the back-plane has no connection, is too far behind, or does not take
   * messages of that size. How many members it reaches there is not known.
   */
  readonly published: boolean;
}

/** Options of requests to a member. */
export interface MemberRequestOptions {
  /** Abandons the request, which rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Longest time the request may take, in milliseconds; 30,000 by default. */
  readonly timeout?: number | undefined;
}

/**
 * A named group of peers, in this process and in all that share the room through
 * a back-plane.
 *
 * A room exists while it has members: nothing creates or destroys it, and
 * holding a `Room` costs nothing.
 *
 * Delivery of notifications is at most once. A member that reads too slowly, a
 * process that is away from the back-plane, and one that joins a moment too late
 * miss what is sent meanwhile, and nothing is repeated. What must arrive is
 * stored by the application, and read from there after joining.
 */
export interface Room<
  Offered extends Contract = AnyContract,
  Data = unknown,
> {
  /** The name. */
  readonly name: string;

  /**
   * Adds a peer, with data that all processes can read: what others may know of
   * it. A peer that is in the room already has the new data from then on. It
   * leaves when its connection ends, if not before.
   *
   * Resolves once notifications of other processes arrive, so that none that is
   * sent after that is missed; without a connection to the back-plane, after
   * `answerTimeout`.
   *
   * @throws {ConnectionClosedError} If the connection has ended.
   * @throws {LimitError} If the peer is in too many rooms, or the data is too large.
   * @throws {ValidationError} If the data cannot be encoded as JSON.
   */
  join(
    peer: Remote<Offered>,
    ...data: NotificationArguments<Data>
  ): Promise<Member<Data>>;

  /** Removes a peer. Returns whether it was in the room. */
  leave(peer: Remote<Offered>): boolean;

  /**
   * Returns the members, those of this process first.
   *
   * Those of other processes are as known here: a change arrives as fast as a
   * notification, one that is lost is repaired within `presenceInterval`, and
   * members of a process that has crashed are gone after `presenceExpiry`. In a
   * room that this process has not been in, waits for `gatherTime`.
   */
  members(): Promise<Member<Data>[]>;

  /** Returns who joins and leaves from now on, as a stream. */
  changes(options?: RoomStreamOptions): RoomStream<RoomChange<Data>>;

  /**
   * Sends a notification with a JSON payload to all members. The value is encoded
   * once, and nothing waits: a member that reads too slowly loses its copy, which
   * is counted.
   *
   * @throws {ValidationError} If the value cannot be encoded as JSON.
   * @throws {LimitError} If the name is too long.
   * @throws {TypeError} If the name begins with `gotalk:`.
   */
  notify<Name extends NotificationName<Offered>>(
    name: Name,
    ...args: CallArguments<NotificationValue<Offered, Name>, NotifyOptions>
  ): NotifyResult;

  /** Sends a notification with text as its payload to all members. Does the rest like {@linkcode notify}. */
  notifyText(
    name: NotificationName<Offered>,
    value: string,
    options?: NotifyOptions,
  ): NotifyResult;

  /**
   * Sends a notification with a payload of bytes, which must not change until
   * they are sent, to all members. Does the rest like {@linkcode notify}.
   */
  notifyBytes(
    name: NotificationName<Offered>,
    payload: ByteSource,
    options?: NotifyOptions,
  ): NotifyResult;

  /**
   * Returns the values of notifications with a name that are sent to the room
   * from now on, by any process, as a stream. It ends with a `ValidationError`
   * for a payload that is not JSON.
   */
  notifications<Name extends NotificationName<Offered>>(
    name: Name,
    options?: RoomStreamOptions,
  ): RoomStream<NotificationValue<Offered, Name>>;

  /** Returns the payloads of notifications. Does the rest like {@linkcode notifications}. */
  notificationsBytes(
    name: NotificationName<Offered>,
    options?: RoomStreamOptions,
  ): RoomStream<Uint8Array>;

  /**
   * Sends a request with a JSON payload to one member, wherever it is connected,
   * and returns the JSON result. The request is sent at most once.
   *
   * @throws {MemberGoneError} If the member has left, its process does not take
   * the request within `answerTimeout` or is silent for `presenceExpiry` after
   * that, or the back-plane has no connection.
   * @throws {OperationError} If the member answers with an error.
   * @throws {RetryError} If it answers with a RetryResult until the retry policy
   * of its peer is exhausted.
   * @throws {DOMException} If it takes longer than `timeout`: a `TimeoutError`.
   * @throws {LimitError} If the request or the result is too large.
   * @throws {ValidationError} If the input cannot be encoded as JSON, or the
   * result is not JSON.
   */
  request<
    Name extends OperationName<Offered>,
    Result extends Output<Offered, Name> = Output<Offered, Name>,
  >(
    member: Member | string,
    operation: Name,
    ...args: CallArguments<Input<Offered, Name>, MemberRequestOptions>
  ): Promise<Result>;

  /** Sends a request with a payload of bytes to one member. Does the rest like {@linkcode request}. */
  requestBytes(
    member: Member | string,
    operation: OperationName<Offered>,
    input: ByteSource,
    options?: MemberRequestOptions,
  ): Promise<Uint8Array>;
}
