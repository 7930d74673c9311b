import { assertEquals } from "@std/assert";
import { Handlers } from "./handlers.ts";

Deno.test("the form of an operation is that of its handler, or of the handler of all others", () => {
  const handlers = new Handlers()
    .handle("json", () => 1, { safe: true })
    .handleText("text", () => "")
    .handleBytes("bytes", () => new Uint8Array(), { safe: true })
    .handleStream("stream", () => [])
    .handleValues("values", () => []);
  const forms = ["json", "text", "bytes", "stream", "values"]
    .map((name) => handlers.operationForm(name));
  assertEquals(forms, [
    { type: "json", isSafe: true },
    { type: "text", isSafe: false },
    { type: "bytes", isSafe: true },
    { type: "stream", isSafe: false },
    { type: "values", isSafe: false },
  ]);
  assertEquals(handlers.operationForm("other"), undefined);
  handlers.handleOtherStream(() => []);
  const stream = { type: "stream", isSafe: false } as const;
  assertEquals(handlers.operationForm("other"), stream);
  handlers.handleOther(() => new Uint8Array());
  const bytes = { type: "bytes", isSafe: false } as const;
  assertEquals(handlers.operationForm("other"), bytes);
});

Deno.test("a set that extends another finds the form of an operation in the order in which it finds handlers", () => {
  const base = new Handlers()
    .handleText("text", () => "")
    .handleOtherStream(() => []);
  const handlers = new Handlers(base)
    .handleOther(() => new Uint8Array());
  const forms = ["text", "other"].map((name) => handlers.operationForm(name));
  assertEquals(forms, [
    { type: "text", isSafe: false },
    { type: "bytes", isSafe: false },
  ]);
  assertEquals(base.operationForm("other"), { type: "stream", isSafe: false });
});
