import { assertEquals } from "@std/assert";
import type { ChannelInfo } from "./channel.ts";
import { type RefusalObserver, Refusals } from "./refusals.ts";

const INFO: ChannelInfo = { transport: "tcp", secure: false };

Deno.test("each refusal is reported, lost connections at most once a second", () => {
  let now = 0;
  const messages: string[] = [];
  const refusals = new Refusals((error, info) => {
    assertEquals(info, INFO);
    messages.push((error as Error).message);
  }, () => now);
  for (let count = 0; count < 3; count++) {
    refusals.refused(new Error("refused"), INFO);
  }
  for (now = 0; now <= 2_000; now += 10) {
    refusals.lost(new Error("reset"), INFO);
  }
  assertEquals(messages, [
    "refused",
    "refused",
    "refused",
    "reset",
    "reset; 100 connections ended since the last report of one",
    "reset; 100 connections ended since the last report of one",
  ]);
});

Deno.test("a failure is a lost connection if the client has left, and else a refusal", () => {
  const messages: string[] = [];
  const refusals = new Refusals(
    (error) => void messages.push((error as Error).message),
    () => 0,
  );
  const reset = new Error("ended", {
    cause: new Deno.errors.ConnectionReset(),
  });
  for (const error of [undefined, reset, reset, new Error("no user")]) {
    refusals.failed(error, INFO);
  }
  assertEquals(messages, [
    "Cannot accept a connection: the client has left",
    "no user",
  ]);
});

Deno.test("what an observer throws or rejects with is ignored", async () => {
  const observers: (RefusalObserver | undefined)[] = [
    undefined,
    () => {
      throw new Error("the observer's own");
    },
    () => Promise.reject(new Error("the observer's own")),
  ];
  for (const observer of observers) {
    const refusals = new Refusals(observer);
    refusals.refused(new Error("refused"), undefined);
    refusals.lost(new Error("reset"), undefined);
  }
  await Promise.resolve();
});

Deno.test("refusals are observed if there is an observer", () => {
  assertEquals(new Refusals(undefined).observed, false);
  assertEquals(new Refusals(() => {}).observed, true);
});
