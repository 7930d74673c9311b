/** Rooms over real servers: used, killed in mid-traffic, started again. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Handlers } from "@gotalk/gotalk";
import {
  type BackPlane,
  isMemberGoneError,
  type Room,
  Rooms,
} from "@gotalk/gotalk/rooms";
import { natsBackPlane } from "@gotalk/gotalk/rooms/nats";
import { redisBackPlane } from "@gotalk/gotalk/rooms/redis";
import { backPlaneSuite } from "../rooms/testing/back_plane_suite.ts";
import { client } from "../rooms/testing/member.ts";
import { needing } from "../scripts/find_program.ts";
import {
  DATA_SERVERS,
  DataServer,
  type DataServerName,
} from "./_data_server.ts";

const OPEN: Record<
  DataServerName,
  (port: number, maxPendingBytes?: number) => Promise<BackPlane>
> = {
  "nats-server": (port, maxPendingBytes) =>
    natsBackPlane({ servers: `127.0.0.1:${port}`, maxPendingBytes }),
  "redis-server": (port, maxPendingBytes) =>
    redisBackPlane({ url: `redis://127.0.0.1:${port}`, maxPendingBytes }),
};

/** Times so short that a test can wait for them. */
const QUICK = {
  presenceInterval: 100,
  presenceExpiry: 1_000,
  gatherTime: 100,
  answerTimeout: 300,
};

function serverTest(
  name: DataServerName,
  what: string,
  fn: (server: DataServer) => Promise<void>,
): void {
  Deno.test(needing({ [name]: DATA_SERVERS[name] }, {
    name: `${name} ${what}`,
    timeout: 60_000,
    async fn() {
      await using server = await DataServer.start(name);
      await fn(server);
    },
  }));
}

/** Repeats something until a promise resolves. */
async function until(promise: Promise<unknown>, repeat: () => void) {
  let done = false;
  const end = promise.then(() => done = true);
  while (!done) {
    repeat();
    let timer;
    await Promise.race([
      end,
      new Promise((resolve) => timer = setTimeout(resolve, 20)),
    ]);
    clearTimeout(timer);
  }
}

/** Follows who is in a room. */
function follower(room: Room): AsyncDisposable & {
  /** Resolves once exactly these are there, by their data. */
  readonly until: (...names: string[]) => Promise<void>;
} {
  const changes = room.changes();
  const there = new Set<unknown>();
  return {
    async until(...names) {
      const wanted = new Set<unknown>(names);
      while (there.symmetricDifference(wanted).size > 0) {
        const { kind, member } = (await changes.next()).value!;
        if (kind === "left") there.delete(member.data);
        else there.add(member.data);
      }
    },
    [Symbol.asyncDispose]: () => changes[Symbol.asyncDispose](),
  };
}

for (const name of ["nats-server", "redis-server"] as const) {
  const open = OPEN[name];
  let server: DataServer;
  const suite = backPlaneSuite(async () => {
    const planes = await Promise.all([open(server.port), open(server.port)]);
    return {
      planes,
      async [Symbol.asyncDispose]() {
        for (const plane of planes) await plane.close();
      },
    };
  });
  for (const [what, fn] of Object.entries(suite)) {
    serverTest(name, what, async (started) => {
      server = started;
      await fn();
    });
  }

  serverTest(name, "that is not there is reported at once", async (server) => {
    await server.kill();
    await assertRejects(() => open(server.port), Error);
  });

  serverTest(
    name,
    "is killed in mid-traffic and started again: members come back, nothing hangs, nothing arrives twice",
    async (server) => {
      await using here = new Rooms({
        ...QUICK,
        backPlane: await open(server.port),
      });
      await using there = new Rooms({
        ...QUICK,
        backPlane: await open(server.port),
      });
      await using ali = client();
      await using eva = client(new Handlers().handle("ping", () => "pong"));
      await using ida = client();
      const lobby = here.room("lobby");
      const far = there.room("lobby");
      await using seenHere = follower(lobby);
      await using seenThere = follower(far);
      await lobby.join(ali.peer, "Ali");
      const { id } = await far.join(eva.peer, "Eva");
      await seenHere.until("Ali", "Eva");

      let sent = 0;
      const send = () => lobby.notify("count", ++sent);
      await until(eva.arrived(10), send);
      assertEquals(await lobby.request(id, "ping"), "pong");

      // In mid-traffic: requests are on their way, and notifications follow.
      const requests = Array.from(
        { length: 10 },
        () => lobby.request(id, "ping", 0, { timeout: 2_000 }).catch((e) => e),
      );
      send();
      await server.kill();
      for (const outcome of await Promise.all(requests)) {
        assert(
          outcome === "pong" || isMemberGoneError(outcome) ||
            (outcome as Error).name === "TimeoutError",
          `${outcome}`,
        );
      }
      while (send().published) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const gone = await lobby.request(id, "ping").catch((error) => error);
      assert(isMemberGoneError(gone) && gone.outcome === "not-sent", `${gone}`);
      // Changes that nobody is told of, while members here still hear each other.
      await far.join(ida.peer, "Ida");
      await eva.remote.close();
      const before = ali.received.length;
      await until(ali.arrived(before + 5), send);
      // Once the expiry is over, nobody is there whose process is not heard from.
      await seenHere.until("Ali");

      await server.start();
      await seenHere.until("Ali", "Ida");
      await seenThere.until("Ali", "Ida");
      await until(ida.arrived(5), send);
      for (const { received } of [ali, eva, ida]) {
        const counts = received.map(([, count]) => Number(count));
        assertEquals(counts, counts.toSorted((a, b) => a - b));
        assertEquals(new Set(counts).size, counts.length);
      }
      assert(here.stats.unpublished > 0);
    },
  );

  serverTest(
    name,
    "that hangs is not sent more than is allowed, and takes messages again afterwards",
    async (server) => {
      const plane = await open(server.port, 1_000_000);
      const other = await open(server.port);
      const first = Promise.withResolvers<void>();
      await other.subscribe("room", () => first.resolve()).ready;
      server.pause("SIGSTOP");
      const message = new Uint8Array(100_000);
      let taken = 0;
      while (plane.publish("room", message)) taken++;
      assertEquals(taken, 11);
      server.pause("SIGCONT");
      await first.promise;
      const second = Promise.withResolvers<void>();
      await other.subscribe("again", () => second.resolve()).ready;
      await until(second.promise, () => plane.publish("again", message));
      await plane.close();
      await other.close();
    },
  );
}

serverTest(
  "nats-server",
  "refuses a message that is too large",
  async (server) => {
    await using rooms = new Rooms({
      backPlane: await natsBackPlane({ servers: `127.0.0.1:${server.port}` }),
    });
    const lobby = rooms.room("lobby");
    const payload = new Uint8Array(2 * 1024 * 1024);
    assertEquals(lobby.notifyBytes("large", payload).published, false);
    assertEquals(lobby.notify("small").published, true);
  },
);

serverTest(
  "nats-server",
  "has members of a killed process gone after the expiry",
  async (server) => {
    await using rooms = new Rooms({
      ...QUICK,
      backPlane: await OPEN["nats-server"](server.port),
    });
    const lobby = rooms.room("lobby");
    await using there = follower(lobby);
    const program = new URL("./_room_member.ts", import.meta.url).href;
    await using process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--no-check", program, `${server.port}`],
      stdout: "null",
    }).spawn();
    await there.until("Eva");
    const [member] = await lobby.members();
    assertEquals(await lobby.request(member!, "ping"), "pong");
    process.kill("SIGKILL");
    await there.until();
    const error = await lobby.request(member!, "ping").catch((error) => error);
    assert(isMemberGoneError(error) && error.outcome === "unknown");
  },
);

/** Runs a benchmark with small figures, and returns the rows of its table. */
async function rows(program: string, ...args: string[]): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--no-check",
      new URL(`../bench/${program}`, import.meta.url).href,
      ...args,
    ],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return lines.slice(lines.findIndex((line) => line.includes("/s ")) + 1);
}

serverTest("nats-server", "is measured by the benchmark of rooms", async () => {
  const found = await rows(
    "rooms.ts",
    `--nats=${DATA_SERVERS["nats-server"]}`,
    "--connections=20",
    "--clients=1",
    "--room=10",
    "--rate=40",
    "--seconds=0.5",
  );
  const deliveries = found.map((row) => Number(row.trim().split(/ +/)[2]));
  // The last row writes without the library.
  assertEquals(deliveries, [40, 100, 200, 400, 200]);
});

Deno.test({
  name: "the benchmark of workers measures each number of them",
  ignore: Deno.build.os !== "linux",
  timeout: 60_000,
  async fn() {
    const found = await rows("workers.ts", "--connections=10", "--seconds=0.2");
    assertEquals(found.length, 2);
    for (const row of found) assert(Number(row.trim().split(/ +/)[1]) > 0, row);
  },
});
