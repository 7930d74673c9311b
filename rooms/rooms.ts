/**
 * Rooms: named groups of peers.
 *
 * @module
 */

import { checkOptionNames } from "../quoting/option_names.ts";
import { LimitError } from "../mod.ts";
import { type AnyContract, type Contract, systemClock } from "../peer/mod.ts";
import { describeValue } from "../quoting/value.ts";
import { checkNumbers } from "../transport/number_option.ts";
import { Hub } from "./_hub.ts";
import { OpenRoom } from "./_open_room.ts";
import type { BackPlane } from "./back_plane.ts";
import type { Room } from "./room.ts";
import type { AllOptions, RoomsOptions, RoomsStats } from "./rooms_options.ts";

/**
 * Maximum length of a name, in UTF-16 code units. Back-planes bound the length of
 * topics: NATS ends connections that exceed 4 KiB, with up to nine bytes for one unit.
 */
const MAX_NAME_LENGTH = 256;

const DEFAULTS = {
  presenceInterval: 5_000,
  presenceExpiry: 15_000,
  gatherTime: 250,
  answerTimeout: 1_000,
  maxRoomsPerPeer: 1_000,
  maxDataBytes: 4 * 1024,
} as const;

/** The least value of each number. */
const LEAST = {
  presenceInterval: 1,
  presenceExpiry: 1,
  gatherTime: 0,
  answerTimeout: 0,
  maxRoomsPerPeer: 0,
  maxDataBytes: 0,
} as const satisfies Record<keyof typeof DEFAULTS, number>;

/**
 * Rooms: named groups of peers, within one process or over many.
 *
 * One process needs nothing else. Several share their rooms through a back-plane:
 * members of a room receive each other's notifications wherever they are
 * connected. The type arguments are the contract of the members' handlers, and
 * the data that each member has.
 *
 * @example A chat
 * ```ts
 * import { connect, type Contract, Handlers, serve } from "@gotalk/gotalk";
 * import { Rooms } from "@gotalk/gotalk/rooms";
 * import { assertEquals } from "@std/assert";
 *
 * interface Chat extends Contract {
 *   operations: { join(name: string): string[]; say(text: string): void };
 * }
 * interface Page extends Contract {
 *   notifications: { said: string };
 * }
 *
 * await using rooms = new Rooms<Page, { name: string }>();
 * const handlers = new Handlers<Chat, Page>()
 *   .handle("join", async (name, { peer }) => {
 *     const lobby = rooms.room("lobby");
 *     await lobby.join(peer, { name });
 *     return (await lobby.members()).map(({ data }) => data.name);
 *   })
 *   .handle("say", (text, { peer }) => {
 *     rooms.room("lobby").notify("said", text, { except: peer });
 *   });
 * await using server = await serve({ port: 0 }, handlers);
 *
 * const { promise, resolve } = Promise.withResolvers<string>();
 * await using ali = await connect<Chat>(server.address);
 * await using eva = await connect<Chat>(server.address, {
 *   handlers: new Handlers<Page>().onNotification("said", resolve),
 * });
 * assertEquals(await ali.request("join", "Ali"), ["Ali"]);
 * assertEquals(await eva.request("join", "Eva"), ["Ali", "Eva"]);
 *
 * await ali.request("say", "hello");
 * assertEquals(await promise, "hello");
 * ```
 */
export class Rooms<Offered extends Contract = AnyContract, Data = unknown>
  implements AsyncDisposable {
  readonly #hub: Hub;

  /**
   * Creates the rooms.
   *
   * @throws {RangeError} If a number is out of its range.
   * @throws {TypeError} If an option is of the wrong kind.
   */
  constructor(options: RoomsOptions = {}) {
    checkAll(options);
    const all: Record<string, unknown> = {
      backPlane: options.backPlane,
      clock: options.clock ?? systemClock,
    };
    for (const name of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
      all[name] = options[name] ?? DEFAULTS[name];
    }
    this.#hub = new Hub(all as unknown as AllOptions);
  }

  /** Counters of this process. */
  get stats(): RoomsStats {
    return this.#hub.stats;
  }

  /**
   * Returns a room. Nothing happens until it is used.
   *
   * @throws {LimitError} If the name is longer than 256 UTF-16 code units.
   * @throws {TypeError} If the name is not well-formed text.
   */
  room(name: string): Room<Offered, Data> {
    if (typeof name !== "string" || !name.isWellFormed()) {
      throw new TypeError(
        `Cannot use a room: got ${
          typeof name === "string" ? "half a character" : describeValue(name)
        }, wanted a name`,
      );
    }
    if (name.length > MAX_NAME_LENGTH) {
      throw new LimitError(
        `Cannot use a room: its name has ${name.length} code units, wanted at most ${MAX_NAME_LENGTH}`,
        { code: "name" },
      );
    }
    return new OpenRoom(this.#hub, name) as Room as Room<Offered, Data>;
  }

  /**
   * Empties all rooms, ends streams, rejects requests that are pending, and closes
   * the back-plane. The members stay connected. Never rejects.
   */
  close(): Promise<void> {
    return this.#hub.close();
  }

  /** Does the same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function checkAll(options: RoomsOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot create rooms: got ${describeValue(options)}, wanted options`,
    );
  }
  checkOptionNames(options, { ...DEFAULTS, backPlane: 1, clock: 1 });
  checkNumbers(options, LEAST);
  const { backPlane } = options;
  if (backPlane === undefined) return;
  const { publish, subscribe, close } = Object(backPlane) as BackPlane;
  if ([publish, subscribe, close].every((each) => typeof each === "function")) {
    return;
  }
  throw new TypeError(
    `Cannot set backPlane: got ${
      describeValue(backPlane)
    }, wanted a back-plane${
      backPlane as unknown instanceof Promise ? ", not a promise of one" : ""
    }`,
  );
}
