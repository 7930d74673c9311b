/**
 * The interface between rooms and what connects processes.
 *
 * @module
 */

/**
 * Carries messages between the processes that share rooms: publish and
 * subscribe, and nothing else.
 *
 * Delivery is at most once. A back-plane never waits, retries or stores: a
 * message that it cannot pass on at once is lost, which `publish` reports where
 * that is known. Messages that one process publishes on one topic arrive in their
 * order, except those that are lost. A back-plane connects again by itself, and its subscriptions last until
 * they are closed.
 *
 * Whatever can publish on the back-plane can speak as any process: keep it in a
 * network that you trust.
 *
 * @example A back-plane that reaches nobody
 * ```ts
 * import { type BackPlane, Rooms } from "@gotalk/gotalk/rooms";
 *
 * const nobody: BackPlane = {
 *   publish: () => false,
 *   subscribe: () => ({ ready: Promise.resolve(), close() {} }),
 *   close: () => Promise.resolve(),
 * };
 * await using _rooms = new Rooms({ backPlane: nobody });
 * ```
 */
export interface BackPlane {
  /**
   * Passes a message on to the subscribers of a topic in all processes; whether
   * also to those of this back-plane is open. The message must not change
   * afterwards. Returns `false` if it is certainly lost.
   *
   * @throws {Error} If the message is too large.
   */
  publish(topic: string, message: Uint8Array): boolean;
  /**
   * Receives the messages of a topic, any text of at most 300 characters.
   * `receive` never throws, and must receive bytes that do not change later.
   */
  subscribe(
    topic: string,
    receive: (message: Uint8Array) => void,
  ): BackPlaneSubscription;
  /** Ends all subscriptions, and the connection. Never rejects. */
  close(): Promise<void>;
}

/** A subscription of a {@linkcode BackPlane}. */
export interface BackPlaneSubscription {
  /**
   * Resolves once messages arrive. Should not reject; without a connection it may
   * remain pending.
   */
  readonly ready: Promise<void>;
  /** Ends the subscription. */
  close(): void;
}
