import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { testChannel } from "./testing/channel_suite.ts";
import type { Channel, Listener } from "./channel.ts";
import { ConnListener } from "./_conn_listener.ts";
import { connectTcp, listenTcp, tcpChannel } from "./tcp.ts";
import { TestClock } from "./testing/test_clock.ts";
import { resetConnection } from "./testing/reset_connection.ts";
import { WriteUnits } from "./write_units.ts";

testChannel("tcp channel", "tcp", async () => {
  await using listener = listenTcp();
  const [a, b] = await connected(listener);
  return { a, b };
});

function portOf(listener: Listener): number {
  return Number(new URL(listener.address).port);
}

async function connected(listener: Listener): Promise<[Channel, Channel]> {
  const [a, b] = await Promise.all([
    connectTcp({ port: portOf(listener) }),
    listener.accept(),
  ]);
  return [a, b!];
}

Deno.test("a TCP channel knows both addresses", async () => {
  await using listener = listenTcp();
  assert(/^tcp:\/\/127\.0\.0\.1:\d+$/.test(listener.address));
  const [a, b] = await connected(listener);
  assertEquals(a.info, {
    transport: "tcp",
    local: b.info.remote!,
    remote: listener.address,
    secure: false,
  });
  assertEquals(b.info.local, listener.address);
  await Promise.all([a.close(), b.close()]);
});

Deno.test("listenTcp() has the address of IPv6 as a URL", async () => {
  let listener: Listener;
  try {
    listener = listenTcp({ hostname: "::1" });
  } catch (error) {
    // A host without IPv6.
    assert(error instanceof Deno.errors.AddrNotAvailable);
    return;
  }
  assert(listener.address.startsWith("tcp://[::1]:"));
  const [a, b] = await Promise.all([
    connectTcp({ hostname: "::1", port: portOf(listener) }),
    listener.accept(),
  ]);
  assertEquals(a.info.remote, listener.address);
  await Promise.all([a.close(), b!.close()]);
  listener.close();
});

Deno.test("connectTcp() names the address where nobody listens", async () => {
  const listener = listenTcp();
  listener.close();
  const error = await assertRejects(
    () => connectTcp({ port: portOf(listener) }),
    Error,
    `Cannot connect to ${listener.address}: `,
  );
  assert((error as Error).cause instanceof Deno.errors.ConnectionRefused);
});

Deno.test("connectTcp() does not connect if its signal is aborted", async () => {
  await using listener = listenTcp();
  const reason = new Error("not wanted");
  const error = await assertRejects(() =>
    connectTcp({ port: portOf(listener), signal: AbortSignal.abort(reason) })
  );
  assertStrictEquals(error, reason);
});

Deno.test("connectTcp() ignores its signal once the channel is open", async () => {
  await using listener = listenTcp();
  const controller = new AbortController();
  const [a, b] = await Promise.all([
    connectTcp({ port: portOf(listener), signal: controller.signal }),
    listener.accept(),
  ]);
  controller.abort();
  const reading = a.read();
  await Promise.all([b!.close(), reading]);
  assertStrictEquals(await reading, null);
  await a.close();
  assert((await a.closed).clean);
});

Deno.test("a TCP listener rejects an address that is in use", async () => {
  await using listener = listenTcp();
  assertThrows(
    () => listenTcp({ port: portOf(listener) }),
    Deno.errors.AddrInUse,
  );
});

Deno.test("a TCP listener returns null once it is closed", async () => {
  const listener = listenTcp();
  const accepting = listener.accept();
  listener.close();
  listener.close();
  assertStrictEquals(await accepting, null);
  assertStrictEquals(await listener.accept(), null);
  await listener[Symbol.asyncDispose]();
});

Deno.test("a TCP listener rejects if accepting fails, and continues to accept", async () => {
  await using listener = listenTcp();
  const accepting = listener.accept();
  // The runtime accepts one connection at a time.
  const error = await assertRejects(
    () => listener.accept(),
    Error,
    `Cannot accept on ${listener.address}: `,
  );
  assert((error as Error).cause instanceof Deno.errors.Busy);
  const [a, b] = await Promise.all([
    connectTcp({ port: portOf(listener) }),
    accepting,
  ]);
  const others = await connected(listener);
  await Promise.all([a, b!, ...others].map((channel) => channel.close()));
});

Deno.test("a TCP listener skips connections that were reset before it accepted them", async () => {
  const refusals: [error: unknown, info: unknown][] = [];
  await using listener = listenTcp({
    onRefused: (...refusal) => void refusals.push(refusal),
  });
  for (let count = 0; count < 40; count++) {
    await resetConnection(portOf(listener));
  }
  const a = await connectTcp({ port: portOf(listener) });
  for await (const b of listener) {
    assertEquals(b.info.remote, a.info.local);
    await Promise.all([a.close(), b.close()]);
    break;
  }
  // The others are counted, and reported with the next one.
  assertEquals(refusals.length, 1);
  const [error, info] = refusals[0]!;
  assertStrictEquals(info, undefined);
  assert((error as Error).cause instanceof Deno.errors.NotConnected);
});

Deno.test("a TCP listener whose connections all fail lets other work run, and can be closed", async () => {
  let accepts = 0;
  const failing = {
    addr: { transport: "tcp", hostname: "127.0.0.1", port: 1 },
    accept: () => {
      accepts++;
      return Promise.reject(new Deno.errors.ConnectionAborted());
    },
    close() {},
  } as unknown as Deno.Listener<Deno.TcpConn>;
  const clock = new TestClock();
  const listener = new ConnListener(
    "tcp:",
    failing,
    tcpChannel,
    undefined,
    clock,
  );
  /** Lets the listener go on until it pauses; it may also wait for a turn. */
  const paused = async () => {
    do await new Promise((resolve) => setTimeout(resolve, 0)); while (
      clock.pending === 0
    );
  };
  const accepting = listener.accept();
  await paused();
  assertEquals([accepts, clock.pending], [16, 1]);
  clock.advance(1);
  await paused();
  assertEquals([accepts, clock.pending], [32, 1]);
  listener.close();
  clock.advance(1);
  assertStrictEquals(await accepting, null);
});

Deno.test("a TCP listener whose connections have all arrived lets other work run", async () => {
  const conn = {} as Deno.TcpConn;
  const channel = {} as Channel;
  const listener = new ConnListener(
    "tcp:",
    {
      accept: () => Promise.resolve(conn),
      close() {},
    } as unknown as Deno.Listener<Deno.TcpConn>,
    () => channel,
    undefined,
  );
  let others = 0;
  setTimeout(() => others++, 0);
  let accepts = 0;
  while (others === 0) {
    assertStrictEquals(await listener.accept(), channel);
    assert(++accepts < 1_000_000, "nothing else ran");
  }
  listener.close();
});

Deno.test("a TCP listener that is closed while it lets other work run accepts nothing more", async () => {
  let accepts = 0;
  const listener: ConnListener<Deno.TcpConn> = new ConnListener(
    "tcp:",
    {
      accept: () => {
        accepts++;
        return Promise.resolve({} as Deno.TcpConn);
      },
      close() {},
    } as unknown as Deno.Listener<Deno.TcpConn>,
    () => ({}) as Channel,
    undefined,
  );
  for (let round = 0;; round++) {
    assert(round < 1_000_000, "it never waits for others");
    const before = accepts;
    const accepting = listener.accept();
    if (accepts > before) {
      await accepting;
      continue;
    }
    listener.close();
    assertStrictEquals(await accepting, null);
    assertEquals(accepts, before);
    break;
  }
});

Deno.test("a TCP listener closes a connection that it cannot wrap", async () => {
  let closed = 0;
  const conn = { close: () => void closed++ } as unknown as Deno.TcpConn;
  const listener = new ConnListener(
    "tcp:",
    {
      accept: () => Promise.resolve(conn),
      close() {},
    } as unknown as Deno.Listener<
      Deno.TcpConn
    >,
    () => {
      throw new Error("no address");
    },
    undefined,
  );
  await assertRejects(() => listener.accept(), Error, "no address");
  assertEquals(closed, 1);
  listener.close();
});

Deno.test("iterating a TCP listener ends when it is closed", async () => {
  await using listener = listenTcp();
  const accepted: Channel[] = [];
  const iterating = (async () => {
    for await (const channel of listener) {
      accepted.push(channel);
      if (accepted.length === 3) listener.close();
    }
  })();
  const port = portOf(listener);
  const opened: Channel[] = [];
  for (let count = 0; count < 3; count++) {
    opened.push(await connectTcp({ port }));
  }
  await iterating;
  // Channels that were accepted live on.
  await Promise.all([...opened, ...accepted].map((channel) => channel.close()));
  for (const channel of accepted) assert((await channel.closed).clean);
});

Deno.test("leaving the iteration of a TCP listener does not close it", async () => {
  await using listener = listenTcp();
  const first = await connectTcp({ port: portOf(listener) });
  for await (const channel of listener) {
    await Promise.all([first.close(), channel.close()]);
    break;
  }
  const [a, b] = await connected(listener);
  await Promise.all([a.close(), b.close()]);
});

Deno.test("a TCP channel is not clean if the remote side did not take all bytes", async () => {
  await using listener = listenTcp();
  const [a, b] = await connected(listener);
  const units = new WriteUnits();
  units.add(new Uint8Array(100));
  b.abort();
  const error = await assertRejects(async () => {
    for (;;) await a.write(units);
  });
  // All bytes of the remote side can still be read: there are none.
  assertStrictEquals(await a.read(), null);
  const end = await a.closed;
  assertFalse(end.clean);
  assertStrictEquals(end.error, error);
});

Deno.test("tcpChannel() adopts an open connection", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [a, conn] = await Promise.all([
    connectTcp({ port }),
    listener.accept(),
  ]);
  const b = tcpChannel(conn);
  assertEquals(b.info.remote, a.info.local);
  await Promise.all([a.close(), b.close()]);
  assert((await b.closed).clean);
});

Deno.test("tcpChannel() accepts a connection whose options cannot be set", async () => {
  const addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
  const refuse = () => {
    throw new Error("Invalid argument");
  };
  const conn = {
    localAddr: addr,
    remoteAddr: addr,
    setNoDelay: refuse,
    setKeepAlive: refuse,
    read: () => Promise.resolve(null),
    closeWrite: () => Promise.resolve(),
    close() {},
  } as unknown as Deno.TcpConn;
  const channel = tcpChannel(conn);
  assertStrictEquals(await channel.read(), null);
  await channel.close();
});

Deno.test("listeners share a port with reusePort", async () => {
  const program = new URL("./testing/shared_ports.ts", import.meta.url).href;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--unstable-net",
      "--allow-net",
      "--allow-read",
      program,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(
    new TextDecoder().decode(stdout),
    [
      "tcp: true",
      "tls: true",
      "tls by node: true",
      "ws: true",
      "wss: true",
      "wss behind a proxy: true",
      "",
    ].join("\n"),
    new TextDecoder().decode(stderr),
  );
});
