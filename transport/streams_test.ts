import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { toText } from "@std/streams/to-text";
import { testChannel } from "./testing/channel_suite.ts";
import { streamsChannel } from "./streams.ts";
import { WriteUnits } from "./write_units.ts";

testChannel("streams channel", "streams", () => {
  const there = new TransformStream<Uint8Array, Uint8Array>();
  const back = new TransformStream<Uint8Array, Uint8Array>();
  return Promise.resolve({
    a: streamsChannel({ readable: back.readable, writable: there.writable }),
    b: streamsChannel({ readable: there.readable, writable: back.writable }),
  });
});

function unitsOf(text: string): WriteUnits {
  const units = new WriteUnits();
  units.add(new TextEncoder().encode(text));
  return units;
}

Deno.test("streamsChannel() connects to a child process", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-config",
      "await Deno.stdin.readable.pipeTo(Deno.stdout.writable)",
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const channel = streamsChannel({
    readable: child.stdout,
    writable: child.stdin,
  });
  await channel.write(unitsOf("hello"));
  await channel.closeWrite();
  assertEquals(await toText(channel.readable), "hello");
  assertEquals(await channel.closed, { clean: true, error: undefined });
  assert((await child.status).success);
});

Deno.test("a streams channel ends when a child process dies", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "await Deno.stdin.read(new Uint8Array(9))"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const channel = streamsChannel({
    readable: child.stdout,
    writable: child.stdin,
  });
  child.kill("SIGKILL");
  assertStrictEquals(await channel.read(), null);
  await child.status;
  await assertRejects(async () => {
    for (;;) await channel.write(unitsOf("anybody there?"));
  });
  const end = await channel.closed;
  assertFalse(end.clean);
  assert(end.error !== undefined);
});

Deno.test("a streams channel has the given information", () => {
  const pair = new TransformStream<Uint8Array, Uint8Array>();
  const info = { transport: "streams", local: "here", secure: true } as const;
  const channel = streamsChannel(pair, info);
  assertStrictEquals(channel.info, info);
  channel.abort();
});

Deno.test("streamsChannel() rejects what is no stream of its direction", () => {
  const { readable, writable } = new TransformStream();
  const wrong: [object, string][] = [
    [{ readable: writable, writable }, "readable is a WritableStream"],
    [{ readable, writable: readable }, "writable is a ReadableStream"],
    [{ readable: null, writable }, "readable is null"],
    [{ readable }, "writable is undefined"],
  ];
  for (const [pair, message] of wrong) {
    assertThrows(() => streamsChannel(pair as never), TypeError, message);
  }
});

Deno.test("streamsChannel() rejects locked streams", () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const locked = new TransformStream<Uint8Array, Uint8Array>();
  locked.readable.getReader();
  locked.writable.getWriter();
  assertThrows(
    () => streamsChannel({ readable: locked.readable, writable }),
    TypeError,
    "Cannot make a channel of streams: the readable is locked, wanted it unlocked",
  );
  assertThrows(
    () => streamsChannel({ readable, writable: locked.writable }),
    TypeError,
    "Cannot make a channel of streams: the writable is locked, wanted it unlocked",
  );
  // Neither was taken.
  assertFalse(readable.locked || writable.locked);
});

Deno.test("a streams channel breaks on chunks that are not bytes", async () => {
  const readable = ReadableStream.from(["text"]) as ReadableStream<unknown>;
  let aborted: unknown;
  const channel = streamsChannel({
    readable: readable as ReadableStream<Uint8Array>,
    writable: new WritableStream({
      abort: (reason) => void (aborted = reason),
    }),
  });
  const error = await assertRejects(
    () => channel.read(),
    TypeError,
    "Cannot read from the stream: got a string, wanted bytes",
  );
  assertEquals(await channel.closed, { clean: false, error });
  assertStrictEquals(aborted, error);
});

Deno.test("a streams channel skips empty chunks", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const loop = ReadableStream.from([
    new Uint8Array(0),
    new Uint8Array([1]),
    new Uint8Array(0),
  ]);
  const channel = streamsChannel({ readable: loop, writable });
  assertEquals(await channel.read(), new Uint8Array([1]));
  assertStrictEquals(await channel.read(), null);
  await Promise.all([channel.close(), readable.cancel()]);
});

Deno.test("a streams channel rejects a write with the error of the sink", async () => {
  const full = new Error("disk full");
  const { readable } = new TransformStream<Uint8Array, Uint8Array>();
  const channel = streamsChannel({
    readable,
    writable: new WritableStream({
      write() {
        throw full;
      },
    }),
  });
  assertStrictEquals(
    await assertRejects(() => channel.write(unitsOf("x"))),
    full,
  );
  await channel.close();
  assertEquals(await channel.closed, { clean: false, error: full });
});

Deno.test("streamsChannel() refuses what is no pair of streams by its name", () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  for (
    const [which, pair] of [
      ["readable", { writable }],
      ["readable", { readable: {}, writable }],
      ["writable", { readable, writable: undefined }],
    ] as const
  ) {
    assertThrows(
      () => streamsChannel(pair as never),
      TypeError,
      `Cannot make a channel of streams: ${which} is `,
    );
  }
});
