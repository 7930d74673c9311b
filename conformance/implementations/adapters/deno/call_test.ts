import { OperationError } from "@gotalk/gotalk";
import { text } from "@gotalk/gotalk/codec";
import { assertEquals, assertRejects } from "@std/assert";
import { AdapterError } from "../../../runner/implementation.ts";
import { StreamCall } from "./call.ts";

/** A stream call whose peer is the test: it fails or ends each direction when it likes. */
class Setup {
  readonly call: StreamCall;
  input!: WritableStreamDefaultController;
  answer!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;

  constructor() {
    const writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.input = controller;
      },
    });
    const readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        this.answer = controller;
      },
    });
    const stream = () => ({ readable, writable });
    this.call = new StreamCall({ stream }, "any");
  }
}

const PART = text.encode("a");

for (const command of ["write", "end"] as const) {
  Deno.test(`${command} is accepted by a stream call whose result has ended its input`, async () => {
    const { call, input, answer } = new Setup();
    await call.write(PART);
    // An ErrorResult fails both directions; the adapter can see the input first.
    const error = new OperationError("no", { payload: text.encode("no") });
    input.error(error);
    await (command === "write" ? call.write(PART) : call.end());
    answer.error(error);
    assertEquals(await call.report(0, 1_000), {
      outcome: "error",
      payload: text.encode("no"),
      parts: [],
    });
  });

  Deno.test(`${command} fails after the end of the input of a stream call`, async () => {
    const { call } = new Setup();
    await call.end();
    await assertRejects(
      () => command === "write" ? call.write(PART) : call.end(),
      AdapterError,
      `Cannot ${command}: the stream request has ended`,
    );
  });
}
