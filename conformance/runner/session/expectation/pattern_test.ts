import { assertEquals, assertMatch } from "@std/assert";
import { requestId } from "@gotalk/gotalk/codec";
import type { BytesPattern, MessagePattern } from "../../cases/case.ts";
import {
  describePattern,
  matchBytes,
  matchMessage,
  matchNumber,
  valueOf,
} from "./pattern.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const nothing = new Map<string, Uint8Array>();

function matches(pattern: BytesPattern, text: string): boolean {
  const known = new Map([["a", bytes("known")]]);
  return matchBytes(pattern, bytes(text), known) !== undefined;
}

Deno.test("a pattern matches the bytes that it describes", () => {
  const cases: [BytesPattern, string, string][] = [
    ["hi", "hi", "ho"],
    [[{ hex: "6869" }], "hi", "h"],
    [{ var: "a" }, "known", "unknown"],
    [{ var: "a", changed: 4 }, "knowo", "known"],
    [[{ ascii: "un" }, { var: "a", changed: 0 }], "unjnown", "unknown"],
    [{ unlike: "a" }, "other", "known"],
    [
      { json: { a: [1, null], b: "x" } },
      '{"b":"x", "a":[1,null]}',
      '{"a":[1]}',
    ],
    [{ json: [] }, "[]", "{}"],
    [{ json: 1 }, " 1 ", "1,"],
    [
      { listing: [{ a: 1 }, { b: "x" }] },
      '[3, null, {"b":"x","c":2}, {"a":1}]',
      '[{"a":1}, {"b":"y"}]',
    ],
    [{ listing: [{ a: { b: 1 } }] }, '[{"a":{"b":1}}]', '{"a":{"b":1}}'],
    [{ listing: [{ a: 1 }] }, '[{"a":1}]', "[{"],
    [{ size: 2 }, "hi", "hi!"],
    [{ without: "secret" }, "secre t", "a secret!"],
    [[{ ascii: "un" }, { var: "a" }], "unknown", "known"],
    [{ begins: { with: "ab" } }, "abc", "acb"],
    [{ begins: { with: "ab", size: 3 } }, "abc", "abcd"],
    [{ begins: { with: [{ var: "a" }] } }, "known to all", "knows"],
    [{ begins: { with: "kno", above: "a" } }, "knox", "known"],
    [{ begins: { with: "", above: "a" } }, "known2", "Z"],
    [{ begins: { with: "A", lowerCase: true } }, "A0f[@", "A0F"],
  ];
  for (const [pattern, right, wrong] of cases) {
    assertEquals(matches(pattern, right), true, JSON.stringify(pattern));
    assertEquals(matches(pattern, wrong), false, JSON.stringify(pattern));
  }
  assertEquals(matches({}, "anything"), true);
  const invalid = Uint8Array.of(0xff);
  assertEquals(matchBytes({ text: true }, invalid, nothing), undefined);
  assertEquals(matches({ text: true }, "grüße"), true);
});

Deno.test("a pattern binds bytes without a change to earlier bindings", () => {
  const known = matchBytes({ bind: "a" }, bytes("one"), nothing);
  assertEquals(known?.get("a"), bytes("one"));
  assertEquals(nothing.size, 0);
  assertEquals(
    matchBytes({ bind: "b", unlike: "a" }, bytes("one"), known!),
    undefined,
  );
  const both = matchBytes({ bind: "b", unlike: "a" }, bytes("two"), known!);
  assertEquals([...both!.keys()], ["a", "b"]);
});

Deno.test("a pattern matches messages by kind and by the fields that it has", () => {
  const message = {
    kind: "RetryResult",
    id: requestId("0001"),
    wait: 100,
    payload: bytes("busy"),
  } as const;
  const right: MessagePattern[] = [
    { kind: "RetryResult" },
    { kind: "RetryResult", id: "0001", wait: 100, payload: "busy" },
    { kind: "RetryResult", wait: { min: 100, max: 100 } },
    { kind: "RetryResult", wait: { max: 200 }, payload: { text: true } },
  ];
  const wrong: MessagePattern[] = [
    { kind: "ErrorResult" },
    { kind: "RetryResult", id: "0002" },
    { kind: "RetryResult", wait: { min: 101 } },
    { kind: "RetryResult", payload: "" },
  ];
  for (const pattern of right) {
    assertEquals(matchMessage(pattern, message, nothing), nothing);
  }
  for (const pattern of wrong) {
    assertEquals(matchMessage(pattern, message, nothing), undefined);
  }
});

Deno.test("a pattern is described in one line", () => {
  const pattern: MessagePattern = {
    kind: "RetryResult",
    id: { bind: "a" },
    wait: { min: 1, max: 2 },
    payload: { without: "/" },
  };
  assertEquals(
    describePattern(pattern, nothing),
    'RetryResult id any wait 1 to 2 payload without "/"',
  );
});

Deno.test("a number is compared with the clock of the runner", () => {
  const seconds = Math.floor(Date.now() / 1_000);
  assertEquals(matchNumber({ now: 600 }, seconds, nothing), nothing);
  assertEquals(matchNumber({ now: 600 }, seconds - 500, nothing), nothing);
  for (const away of [-86_400, -3_600, 3_600]) {
    const found = matchNumber({ now: 600 }, seconds + away, nothing);
    assertEquals(found, undefined, `${away}`);
  }
  assertMatch(
    describePattern({ kind: "Heartbeat", time: { now: 600 } }, nothing),
    /^Heartbeat time within 600 seconds of \d+$/,
  );
});

Deno.test("any bit of a bound value can be inverted", () => {
  const known = new Map([["id", bytes("ab")]]);
  assertEquals(valueOf({ var: "id", changed: 1 }, known), bytes("ac"));
  assertEquals(valueOf({ var: "id", changed: 0, bit: 5 }, known), bytes("Ab"));
});

Deno.test("a number is bound, and compared with a bound one", () => {
  const known = matchNumber({ min: 1, bind: "wait" }, 250, nothing)!;
  assertEquals(known.get("wait"), bytes("250"));
  assertEquals(matchNumber({ unlike: "wait" }, 250, known), undefined);
  assertEquals(matchNumber({ unlike: "wait" }, 251, known), known);
  assertEquals(matchNumber({ max: 3, bind: "wait" }, 4, nothing), undefined);
  assertEquals(
    describePattern(
      { kind: "RetryResult", wait: { min: 1, unlike: "wait" } },
      nothing,
    ),
    "RetryResult wait at least 1, unlike wait",
  );
});
