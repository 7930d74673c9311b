/**
 * The room that `Rooms` hands out.
 *
 * @module
 */

import { bytes, json, quoteName, text } from "../codec/mod.ts";
import type { ByteSource, Remote } from "../peer/mod.ts";
import { checkNumberOption } from "../transport/number_option.ts";
import { checkWaitOptions } from "../transport/wait_options.ts";
import {
  checkExcept,
  checkOptions,
  checkPeer,
  checkText,
  idOf,
} from "./_arguments.ts";
import type { Hub } from "./_hub.ts";
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

  async join(peer: Remote, data?: unknown): Promise<Member> {
    checkPeer(`join ${quoteName(this.name)}`, peer);
    return await this.#hub.join(this.name, peer, data);
  }

  leave(peer: Remote): boolean {
    checkPeer(`leave ${quoteName(this.name)}`, peer);
    return this.#hub.leave(this.name, peer);
  }

  members(): Promise<Member[]> {
    return this.#hub.members(this.name);
  }

  changes(options: RoomStreamOptions = {}): RoomStream<RoomChange> {
    this.#checkStream(options);
    return this.#hub.changes(this.name, options);
  }

  notify(
    name: string,
    value?: unknown,
    options: NotifyOptions = {},
  ): NotifyResult {
    this.#checkNotification(name, options);
    const payload = json.encode(value, { operation: name });
    return this.#hub.notify(this.name, name, payload, options.except);
  }

  notifyText(
    name: string,
    value: string,
    options: NotifyOptions = {},
  ): NotifyResult {
    this.#checkNotification(name, options);
    const payload = text.encode(value, { operation: name });
    return this.#hub.notify(this.name, name, payload, options.except);
  }

  notifyBytes(
    name: string,
    payload: ByteSource,
    options: NotifyOptions = {},
  ): NotifyResult {
    this.#checkNotification(name, options);
    const copy = bytes.encode(payload, { operation: name });
    return this.#hub.notify(this.name, name, copy, options.except);
  }

  // A contract gives the type of the values.
  notifications(
    name: string,
    options: RoomStreamOptions = {},
  ): // deno-lint-ignore no-explicit-any
  RoomStream<any> {
    this.#checkStream(options, name);
    const valueOf = (payload: Uint8Array) =>
      json.decode(payload, { operation: name });
    return this.#hub.notifications(this.name, name, valueOf, options);
  }

  notificationsBytes(
    name: string,
    options: RoomStreamOptions = {},
  ): RoomStream<Uint8Array> {
    this.#checkStream(options, name);
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
    checkOperation(operation);
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
    checkOperation(operation);
    const payload = bytes.encode(input, { operation });
    return await this.#request(member, operation, payload, options);
  }

  #request(
    member: Member | string,
    operation: string,
    payload: Uint8Array,
    options: MemberRequestOptions = {},
  ): Promise<Uint8Array> {
    checkOptions(`request ${quoteName(operation)}`, options, {
      signal: 1,
      timeout: 1,
    });
    checkWaitOptions(options);
    const { timeout = DEFAULT_TIMEOUT, signal } = options;
    return this.#hub.request({
      room: this.name,
      member: idOf(operation, member),
      operation,
      payload,
      timeout,
      signal,
    });
  }

  #checkNotification(name: string, options: NotifyOptions): void {
    const what = `notify ${quoteName(this.name)}`;
    checkText(what, name);
    checkOptions(what, options, { except: 1 });
    checkExcept(options.except);
  }

  #checkStream(options: RoomStreamOptions, name = ""): void {
    const what = `follow ${quoteName(this.name)}`;
    checkText(what, name);
    checkOptions(what, options, { maxQueued: 1, signal: 1 });
    const { maxQueued, signal } = options;
    checkWaitOptions({ signal });
    if (maxQueued !== undefined) checkNumberOption("maxQueued", maxQueued, 1);
  }
}

function checkOperation(name: string): void {
  checkText("request of a member", name, "the name of an operation");
}
