/**
 * The room that `Rooms` hands out.
 *
 * @module
 */

import { bytes, json } from "../codec/mod.ts";
import type { ByteSource, Remote } from "../peer/mod.ts";
import type { Hub } from "./_hub.ts";
import { checkNumber } from "./_check_number.ts";
import type { Member, RoomChange } from "./member.ts";
import type {
  MemberRequestOptions,
  NotifyOptions,
  NotifyResult,
  Room,
} from "./room.ts";
import type { RoomStream, RoomStreamOptions } from "./room_stream.ts";

const DEFAULT_TIMEOUT = 30_000;

/** A room by its name. */
export class OpenRoom implements Room {
  readonly name: string;
  readonly #hub: Hub;

  constructor(hub: Hub, name: string) {
    this.#hub = hub;
    this.name = name;
  }

  join(peer: Remote, data?: unknown): Promise<Member> {
    return this.#hub.join(this.name, peer, data);
  }

  leave(peer: Remote): boolean {
    return this.#hub.leave(this.name, peer);
  }

  members(): Promise<Member[]> {
    return this.#hub.members(this.name);
  }

  changes(options: RoomStreamOptions = {}): RoomStream<RoomChange> {
    checkStream(options);
    return this.#hub.changes(this.name, options);
  }

  notify(
    name: string,
    value?: unknown,
    options?: NotifyOptions,
  ): NotifyResult {
    const payload = json.encode(value, { operation: name });
    return this.#hub.notify(this.name, name, payload, options?.except);
  }

  notifyBytes(
    name: string,
    payload: ByteSource,
    options?: NotifyOptions,
  ): NotifyResult {
    const copy = bytes.encode(payload, { operation: name });
    return this.#hub.notify(this.name, name, copy, options?.except);
  }

  // A contract gives the type of the values.
  notifications(
    name: string,
    options: RoomStreamOptions = {},
  ): // deno-lint-ignore no-explicit-any
  RoomStream<any> {
    checkStream(options);
    const valueOf = (payload: Uint8Array) =>
      json.decode(payload, { operation: name });
    return this.#hub.notifications(this.name, name, valueOf, options);
  }

  notificationsBytes(
    name: string,
    options: RoomStreamOptions = {},
  ): RoomStream<Uint8Array> {
    checkStream(options);
    const valueOf = (payload: Uint8Array) => payload;
    return this.#hub.notifications(this.name, name, valueOf, options);
  }

  // As above.
  // deno-lint-ignore no-explicit-any
  async request<Result = any>(
    member: Member | string,
    operation: string,
    input?: unknown,
    options?: MemberRequestOptions,
  ): Promise<Result> {
    const payload = json.encode(input, { operation });
    const result = await this.#request(member, operation, payload, options);
    return json.decode(result, { operation }) as Result;
  }

  async requestBytes(
    member: Member | string,
    operation: string,
    input: ByteSource,
    options?: MemberRequestOptions,
  ): Promise<Uint8Array> {
    const payload = bytes.encode(input, { operation });
    return await this.#request(member, operation, payload, options);
  }

  #request(
    member: Member | string,
    operation: string,
    payload: Uint8Array,
    { timeout = DEFAULT_TIMEOUT, signal }: MemberRequestOptions = {},
  ): Promise<Uint8Array> {
    checkNumber("timeout", timeout, 0);
    return this.#hub.request({
      room: this.name,
      member: typeof member === "string" ? member : member.id,
      operation,
      payload,
      timeout,
      signal,
    });
  }
}

function checkStream({ maxQueued }: RoomStreamOptions): void {
  checkNumber("maxQueued", maxQueued, 1);
}
