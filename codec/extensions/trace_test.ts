import { assertEquals } from "@std/assert";
import { requestId } from "../request_id.ts";
import {
  MAX_STATE_BYTES,
  readTrace,
  traceOfHeaders,
  tracePayload,
  traceText,
} from "./trace.ts";

const CONTEXT = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: 1,
};
const PARENT = `00-${CONTEXT.traceId}-${CONTEXT.spanId}-01`;

const encoder = new TextEncoder();

Deno.test("a trace context survives its payload, with a state and without (extension/trace)", () => {
  const id = requestId("0007");
  for (const state of ["", "vendor=value", "x".repeat(MAX_STATE_BYTES)]) {
    const parent = { ...CONTEXT, state };
    const text = traceText(parent);
    assertEquals(text, state === "" ? PARENT : `${PARENT}\n${state}`);
    assertEquals(readTrace(tracePayload(id, text!)), { id, parent });
  }
});

Deno.test("a state that cannot be sent is left out, and a context without an ID is not sent", () => {
  const state = "x".repeat(MAX_STATE_BYTES + 1);
  assertEquals(traceText({ ...CONTEXT, state }), PARENT);
  assertEquals(traceText({ ...CONTEXT, state: "a\nb" }), PARENT);
  const none = { ...CONTEXT, state: "", traceId: "0".repeat(32) };
  assertEquals(traceText(none), undefined);
});

Deno.test("a malformed payload is none (extension/trace-malformed)", () => {
  const malformed = [
    "",
    "0007",
    `0007${PARENT.slice(1)}`,
    `0007${PARENT.toUpperCase()}`,
    `0007ff${PARENT.slice(2)}`,
    `0007${PARENT} state`,
    `0007${PARENT}\n`,
    `0007${PARENT}\n\x07`,
    `0007${PARENT}\n${"x".repeat(MAX_STATE_BYTES + 1)}`,
  ];
  for (const text of malformed) {
    assertEquals(readTrace(encoder.encode(text)), undefined, text);
  }
});

Deno.test("headers of W3C Trace Context give the same text", () => {
  const of = (headers: Record<string, string>) =>
    traceOfHeaders(new Headers(headers));
  assertEquals(of({ traceparent: PARENT }), PARENT);
  assertEquals(
    of({ traceparent: ` ${PARENT} `, tracestate: "a=b" }),
    `${PARENT}\na=b`,
  );
  assertEquals(of({ traceparent: PARENT, tracestate: "\u00e9" }), PARENT);
  assertEquals(of({ traceparent: `${PARENT}-more` }), undefined);
  assertEquals(of({ tracestate: "a=b" }), undefined);
});
