import { assertEquals } from "@std/assert";
import {
  AdapterError,
  type CommandName,
  type Implementation,
  SkippedError,
} from "../implementation.ts";
import { LineWriter, readLines } from "./lines.ts";
import { serveAdapter } from "./serve_adapter.ts";

/** Serves an implementation with scripted answers; returns a function that sends lines to it. */
function serve(
  answer: (command: CommandName, args: unknown) => Promise<unknown>,
) {
  const down = new TransformStream<Uint8Array, Uint8Array>();
  const up = new TransformStream<Uint8Array, Uint8Array>();
  let disposed = 0;
  const implementation = {
    ended: new Promise<string>(() => {}),
    ask: answer,
    [Symbol.asyncDispose]() {
      disposed++;
      return Promise.resolve();
    },
  } as unknown as Implementation;
  const served = serveAdapter(implementation, down.readable, up.writable);
  const writer = new LineWriter(down.writable);
  const lines = readLines(up.readable);
  return {
    write: (line: string) => writer.write(line),
    read: async () => {
      const { value } = await lines.next();
      const { errored, ...answer } = JSON.parse(value as string);
      return errored === undefined
        ? answer
        : { ...answer, errored: errored.message };
    },
    close: () => writer.close(),
    served,
    isOver: async () => (await lines.next()).done,
    disposals: () => disposed,
  };
}

Deno.test("commands are carried out and answered, with bytes as digits", async () => {
  const asked: unknown[] = [];
  const adapter = serve((command, args) => {
    asked.push([command, args]);
    return Promise.resolve({ bytes: Uint8Array.of(0, 255) });
  });
  await adapter.write(
    '{"seq":7,"command":"encode","message":{"kind":"SingleResult","id":"30303031","payload":"00"}}',
  );
  assertEquals(await adapter.read(), { seq: 7, bytes: "00ff" });
  assertEquals(asked, [["encode", {
    message: {
      kind: "SingleResult",
      id: new TextEncoder().encode("0001"),
      payload: Uint8Array.of(0),
    },
  }]]);
  await adapter.write('{"seq":8,"command":"stop"}');
  assertEquals(await adapter.read(), { seq: 8, bytes: "00ff" });
  await adapter.served;
  assertEquals(await adapter.isOver(), true);
  assertEquals(adapter.disposals(), 1);
});

Deno.test("a command that waits does not block others", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const adapter = serve((command) =>
    command === "report" ? promise : Promise.resolve({})
  );
  await adapter.write('{"seq":1,"command":"report","call":"a","timeout":1000}');
  await adapter.write('{"seq":2,"command":"reset"}');
  assertEquals(await adapter.read(), { seq: 2 });
  resolve({ outcome: "pending" });
  assertEquals(await adapter.read(), { seq: 1, outcome: "pending" });
  await adapter.close();
  await adapter.served;
});

Deno.test("a command that fails is skipped or errored, and the next ones are read", async () => {
  const adapter = serve((command) => {
    if (command === "cancel") {
      throw new SkippedError("cannot", "https://a.example/");
    }
    throw new AdapterError("Cannot close: it is gone");
  });
  for (
    const [line, answer] of [
      ['{"seq":1,"command":"cancel","call":"a"}', {
        seq: 1,
        skipped: { reason: "cannot", issue: "https://a.example/" },
      }],
      ['{"seq":2,"command":"close","connection":"a"}', {
        seq: 2,
        errored: "Cannot close: it is gone",
      }],
      ['{"seq":3,"command":"dance"}', {
        seq: 3,
        errored: '/command is "dance", wanted the name of a command',
      }],
      ['{"seq":4,"command":"cancel"}', {
        seq: 4,
        errored: "/call is missing, wanted a text",
      }],
      ['{"seq":5,"command":"cancel","call":"a","now":true}', {
        seq: 5,
        errored: "/now is true, wanted no such field",
      }],
      [
        '{"seq":6,"command":"listen","transport":"tcp","options":{"colour":1}}',
        { seq: 6, skipped: { reason: "there is no option colour" } },
      ],
      ["{", { seq: null, errored: "Cannot read a line: it is not JSON" }],
      ["[]", { seq: null, errored: "it is [], wanted an object" }],
    ] as const
  ) {
    await adapter.write(line);
    assertEquals(await adapter.read(), answer);
  }
  await adapter.close();
  await adapter.served;
});

Deno.test("the end of the input stops the adapter", async () => {
  const adapter = serve(() => new Promise(() => {}));
  await adapter.write('{"seq":1,"command":"report","call":"a"}');
  await adapter.close();
  await adapter.served;
  assertEquals(adapter.disposals(), 1);
  assertEquals(await adapter.isOver(), true);
});
