import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { type Carrier, CarrierChannel } from "./carrier_channel.ts";
import { SLOWEST_RATE } from "./slowest_rate.ts";
import { TestClock } from "./testing/test_clock.ts";
import { WriteUnits } from "./write_units.ts";

/** A carrier whose calls are pending until the test settles them. */
class ScriptedCarrier implements Carrier {
  readonly calls: string[] = [];
  bytesTaken = 0;
  reading = Promise.withResolvers<Uint8Array | null>();
  writing = Promise.withResolvers<void>();
  ending = Promise.withResolvers<void>();

  read(): Promise<Uint8Array | null> {
    this.calls.push("read");
    this.reading = Promise.withResolvers();
    return this.reading.promise;
  }

  write(): Promise<void> {
    this.calls.push("write");
    return this.writing.promise;
  }

  end(): Promise<void> {
    this.calls.push("end");
    return this.ending.promise;
  }

  release(failure: { readonly error: unknown } | undefined): void {
    this.calls.push(failure === undefined ? "release" : "release broken");
    const error = new Error("released");
    this.reading.reject(error);
    this.writing.reject(error);
    this.ending.reject(error);
    // The channel may not have made all of these calls.
    for (const { promise } of [this.reading, this.writing, this.ending]) {
      (promise as Promise<unknown>).catch(() => {});
    }
  }
}

function scripted(
  clock?: TestClock,
): { carrier: ScriptedCarrier; channel: CarrierChannel } {
  const carrier = new ScriptedCarrier();
  const info = { transport: "streams", secure: false } as const;
  const channel = new CarrierChannel(carrier, info, clock);
  return { carrier, channel };
}

/** Runs the body, and checks that no timer is left. */
async function withTimers(
  body: (clock: TestClock) => Promise<void>,
): Promise<void> {
  const clock = new TestClock();
  await body(clock);
  assertStrictEquals(clock.pending, 0);
}

/** Runs all pending microtasks. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

const chunk = new Uint8Array([1, 2, 3]);

Deno.test("a channel rejects a second read and continues the first", async () => {
  const { carrier, channel } = scripted();
  const reading = channel.read();
  await assertRejects(() => channel.read(), Error, "another read is pending");
  carrier.reading.resolve(chunk);
  assertStrictEquals(await reading, chunk);
  channel.abort();
});

Deno.test("a channel rejects a second write and continues the first", async () => {
  const { carrier, channel } = scripted();
  const units = new WriteUnits();
  const writing = channel.write(units);
  await assertRejects(
    () => channel.write(units),
    Error,
    "another write is pending",
  );
  carrier.writing.resolve();
  await writing;
  channel.abort();
});

Deno.test("a channel can still be read after a write has failed", async () => {
  const { carrier, channel } = scripted();
  const broken = new Error("broken pipe");
  const writing = channel.write(new WriteUnits());
  carrier.writing.reject(broken);
  assertStrictEquals(await assertRejects(() => writing), broken);
  const reading = channel.read();
  carrier.reading.resolve(chunk);
  assertStrictEquals(await reading, chunk);
  assertStrictEquals(
    await assertRejects(() => channel.write(new WriteUnits())),
    broken,
  );
  const last = channel.read();
  carrier.reading.resolve(null);
  assertStrictEquals(await last, null);
  assertEquals(await channel.closed, { clean: false, error: broken });
  assertEquals(carrier.calls, ["write", "read", "read", "release"]);
});

Deno.test("a channel that cannot be read is broken", async () => {
  const { carrier, channel } = scripted();
  const reset = new Error("connection reset");
  const reading = channel.read();
  const writing = channel.write(new WriteUnits());
  carrier.reading.reject(reset);
  for (const call of [() => reading, () => writing, () => channel.read()]) {
    assertStrictEquals(await assertRejects(call), reset);
  }
  assertEquals(await channel.closed, { clean: false, error: reset });
  assertEquals(carrier.calls, ["read", "write", "release broken"]);
});

Deno.test("a channel releases its carrier once both directions have ended", async () => {
  const { carrier, channel } = scripted();
  const ending = channel.closeWrite();
  const reading = channel.read();
  carrier.reading.resolve(null);
  await reading;
  assertFalse(carrier.calls.includes("release"));
  carrier.ending.resolve();
  await ending;
  assertEquals(await channel.closed, { clean: true, error: undefined });
  assertEquals(carrier.calls.filter((call) => call === "release").length, 1);
});

Deno.test("closing waits for a pending write, ends its direction, then continues to read", () =>
  withTimers(async (clock) => {
    const { carrier, channel } = scripted(clock);
    const writing = channel.write(new WriteUnits());
    const closing = channel.close();
    await settle();
    assertEquals(carrier.calls, ["write", "read"]);
    carrier.writing.resolve();
    await writing;
    await settle();
    assertEquals(carrier.calls, ["write", "read", "end"]);
    carrier.ending.resolve();
    await settle();
    assertFalse(carrier.calls.includes("release"));
    carrier.reading.resolve(null);
    await closing;
    assertEquals(await channel.closed, { clean: true, error: undefined });
  }));

Deno.test("closing abandons a write of which no byte is taken for 30 s", () =>
  withTimers(async (clock) => {
    const { carrier, channel } = scripted(clock);
    const writing = channel.write(new WriteUnits());
    const closing = channel.close();
    await settle();
    clock.advance(30_000);
    await settle();
    clock.advance(199);
    await settle();
    assertFalse(carrier.calls.includes("release"));
    clock.advance(1);
    await closing;
    await assertRejects(() => writing);
    assertFalse((await channel.closed).clean);
    assertEquals(carrier.calls, ["write", "read", "release"]);
  }));

Deno.test("closing waits for a write as long as bytes of it are taken", () =>
  withTimers(async (clock) => {
    const { carrier, channel } = scripted(clock);
    const writing = channel.write(new WriteUnits());
    const closing = channel.close();
    for (let step = 0; step < 10; step++) {
      await settle();
      carrier.bytesTaken++;
      clock.advance(29_999);
    }
    carrier.writing.resolve();
    await writing;
    await settle();
    assertEquals(carrier.calls.at(-1), "end");
    carrier.ending.resolve();
    await settle();
    clock.advance(200);
    await closing;
  }));

Deno.test("closing waits longer for a unit that is taken as a whole", () =>
  withTimers(async (clock) => {
    const { carrier, channel } = scripted(clock);
    Object.assign(carrier, { wholeUnits: true });
    const units = new WriteUnits();
    units.add(new Uint8Array(64 * SLOWEST_RATE));
    const writing = channel.write(units);
    const closing = channel.close();
    await settle();
    clock.advance(30_000 + 63_999);
    carrier.writing.resolve();
    await writing;
    carrier.ending.resolve();
    await settle();
    clock.advance(200);
    await closing;
  }));

Deno.test("closing lingers as long as its caller wishes", () =>
  withTimers(async (clock) => {
    const { carrier, channel } = scripted(clock);
    const closing = channel.close({ linger: 1_000 });
    await settle();
    clock.advance(5_999);
    carrier.ending.resolve();
    await settle();
    clock.advance(1_199);
    await settle();
    assertFalse(carrier.calls.includes("release"));
    clock.advance(1);
    await closing;
  }));

Deno.test("closing stops reading after 200 ms (error/linger)", () =>
  withTimers(async (clock) => {
    const { carrier, channel } = scripted(clock);
    const closing = channel.close();
    carrier.ending.resolve();
    await settle();
    clock.advance(200);
    await closing;
    assertEquals(await channel.closed, { clean: false, error: undefined });
  }));

Deno.test("closing stops reading after 64 KiB (error/linger)", () =>
  withTimers(async (clock) => {
    const { carrier, channel } = scripted(clock);
    const closing = channel.close();
    carrier.ending.resolve();
    await settle();
    for (let read = 0; read < 4; read++) {
      assertFalse(carrier.calls.includes("release"));
      carrier.reading.resolve(new Uint8Array(16 * 1024));
      await settle();
    }
    await closing;
    assertEquals(await channel.closed, { clean: false, error: undefined });
  }));

Deno.test("closing reads any number of bytes while a write is pending (error/linger)", () =>
  withTimers(async (clock) => {
    const { carrier, channel } = scripted(clock);
    const writing = channel.write(new WriteUnits());
    const closing = channel.close();
    await settle();
    for (let read = 0; read < 100; read++) {
      carrier.reading.resolve(new Uint8Array(16 * 1024));
      await settle();
    }
    // The budget starts with the end of the local direction.
    carrier.writing.resolve();
    await writing;
    carrier.ending.resolve();
    await settle();
    for (let read = 0; read < 4; read++) {
      assertFalse(carrier.calls.includes("release"));
      carrier.reading.resolve(new Uint8Array(16 * 1024));
      await settle();
    }
    await closing;
    assertEquals(carrier.calls.at(-1), "release");
  }));

Deno.test("closing takes over a pending read", () =>
  withTimers(async (clock) => {
    const { carrier, channel } = scripted(clock);
    const reading = channel.read();
    const closing = channel.close();
    carrier.ending.resolve();
    carrier.reading.resolve(chunk);
    assertStrictEquals(await reading, null);
    await settle();
    carrier.reading.resolve(null);
    await closing;
    assert((await channel.closed).clean);
  }));

Deno.test("a write that completes only because closing released the carrier is rejected", () =>
  withTimers(async (clock) => {
    const { carrier, channel } = scripted(clock);
    const { writing: sending } = carrier;
    const release = carrier.release.bind(carrier);
    carrier.release = (failure) => {
      sending.resolve();
      release(failure);
    };
    const writing = channel.write(new WriteUnits());
    const closing = channel.close();
    await settle();
    clock.advance(30_000);
    await settle();
    clock.advance(200);
    await closing;
    await assertRejects(
      () => writing,
      Error,
      "closed before all bytes were sent",
    );
  }));

Deno.test("aborting ends a pending close at once", () =>
  withTimers(async (clock) => {
    const { channel, carrier } = scripted(clock);
    const reason = new Error("at once");
    const closing = channel.close();
    await settle();
    channel.abort(reason);
    await closing;
    assertEquals(await channel.closed, { clean: false, error: reason });
    assertEquals(carrier.calls.at(-1), "release broken");
  }));

Deno.test("closing with options that are no numbers is refused, and the channel stays open", async () => {
  const { carrier, channel } = scripted();
  for (const linger of [NaN, -1, null, "5"] as unknown as number[]) {
    await assertRejects(
      () => channel.close({ linger }),
      Error,
      "Cannot set linger: got ",
    );
  }
  assertEquals(carrier.calls, []);
  channel.abort();
  await channel.closed;
});
