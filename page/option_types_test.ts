/**
 * Tests the types of the options of a page: the script that servers hand out does
 * not check names of options, so that only types find one that is misspelt.
 *
 * @module
 */

import type { Contract, ContractOf } from "@gotalk/gotalk";
import {
  connect,
  Handlers,
  OperationError,
  type PagePeer,
  reconnect,
  type ReconnectingPagePeer,
} from "@gotalk/gotalk/browser";
import { assertEquals } from "@std/assert";

/** What a server offers. */
interface Shop extends Contract {
  operations: { price(name: string): number };
  streams: { upload(file: { name: string }): void };
  values: { prices(name: string): AsyncIterable<number> };
}

const served = new Handlers()
  .handle("price", (name: string) => name.length);

/** Calls of a peer, which are not carried out. */
function callsOf(
  page: PagePeer | ReconnectingPagePeer,
  typed: PagePeer<Shop>,
  again: ReconnectingPagePeer<Shop>,
  inferred: PagePeer<ContractOf<typeof served>>,
): readonly (() => unknown)[] {
  return [
    // @ts-expect-error: there is no such option
    () => page.request("price", "tea", { timeOut: 1 }),
    // @ts-expect-error: there is no such option
    () => page.requestText("price", "tea", { signl: undefined }),
    // @ts-expect-error: there is no such option
    () => page.requestBytes("price", new Uint8Array(), { idempotend: true }),
    // @ts-expect-error: there is no such option
    () => page.stream("upload", { inputs: 1 }),
    // @ts-expect-error: there is no such option
    () => page.values("prices", "tea", { outputs: undefined }),
    // @ts-expect-error: there is no such option
    () => page.request("price", "tea", { retry: { maxwait: 1 } }),
    // @ts-expect-error: there is no such option
    () => page.drain({ time: 1 }),
    // @ts-expect-error: there is no such option
    () => typed.request("price", "tea", { timeOut: 1 }),
    // @ts-expect-error: there is no such option
    () => typed.stream("upload", { input: { name: "a" }, timeOut: 1 }),
    // @ts-expect-error: there is no such option
    () => typed.values("prices", "tea", { timeOut: 1 }),
    // @ts-expect-error: there is no such option
    () => again.request("price", "tea", { timeOut: 1 }),
    // @ts-expect-error: there is no such option
    () => again.stream("upload", { input: { name: "a" }, timeOut: 1 }),
    // @ts-expect-error: there is no such option
    () => again.values("prices", "tea", { timeOut: 1 }),
    // @ts-expect-error: there is no such option
    () => inferred.request("price", "tea", { timeOut: 1 }),
  ];
}

/** What else takes options. */
const OTHERS: readonly (() => unknown)[] = [
  // @ts-expect-error: there is no such option
  () => connect(undefined, { protocol: [] }),
  // @ts-expect-error: there is no such limit
  () => connect(undefined, { limits: { maxPayload: 1 } }),
  // @ts-expect-error: there is no such option
  () => reconnect(undefined, { initalDelay: 1 }),
  // @ts-expect-error: there is no such option
  () => new Handlers().handle("x", () => 1, { sendIssue: true }),
  // @ts-expect-error: there is no such option
  () => new Handlers().handleBytes("x", (bytes) => bytes, { save: true }),
  // @ts-expect-error: there is no such option
  () => new Handlers().handleStream("x", (parts) => parts, { inputt: true }),
  // @ts-expect-error: there is no such option
  () => new Handlers().handleValues("x", () => [], { subscribtion: true }),
  // @ts-expect-error: there is no such option
  () => new Handlers().onNotification("x", () => {}, { imput: undefined }),
  // @ts-expect-error: there is no such option
  () => new OperationError("x", { dta: 1 }),
];

Deno.test("an option of a page that is misspelt does not compile", () => {
  const none = {} as never;
  assertEquals(callsOf(none, none, none, none).length, 14);
  assertEquals(OTHERS.length, 9);
});
