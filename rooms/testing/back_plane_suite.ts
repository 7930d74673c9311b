/**
 * What every back-plane must do.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { BackPlane } from "../back_plane.ts";
import { type Member, Rooms } from "../mod.ts";
import { client } from "./member.ts";
import { Handlers } from "@gotalk/gotalk";

/** Two back-planes that are connected, and what ends the rest. */
export interface BackPlanePair extends AsyncDisposable {
  readonly planes: readonly [BackPlane, BackPlane];
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** Receives texts, and resolves when one has arrived. */
function inbox(): {
  readonly texts: string[];
  readonly receive: (message: Uint8Array) => void;
  readonly until: (text: string) => Promise<void>;
} {
  const texts: string[] = [];
  const waiting = new Map<string, () => void>();
  return {
    texts,
    receive(message) {
      const text = new TextDecoder().decode(message);
      texts.push(text);
      waiting.get(text)?.();
    },
    until(text) {
      if (texts.includes(text)) return Promise.resolve();
      return new Promise((resolve) => waiting.set(text, resolve));
    },
  };
}

/** Returns the tests, by name. */
export function backPlaneSuite(
  open: () => Promise<BackPlanePair>,
): Record<string, () => Promise<void>> {
  return {
    "passes messages on by topic, in order": async () => {
      await using pair = await open();
      const [left, right] = pair.planes;
      const first = inbox();
      const second = inbox();
      const subscription = right.subscribe("room:a.*>é/ 1", first.receive);
      await subscription.ready;
      await right.subscribe("room:b", second.receive).ready;
      for (let i = 0; i < 100; i++) {
        assertEquals(left.publish("room:a.*>é/ 1", bytes(`${i}`)), true);
      }
      left.publish("room:b", bytes("b"));
      left.publish("room:a", bytes("nobody"));
      await Promise.all([first.until("99"), second.until("b")]);
      assertEquals(first.texts, Array.from({ length: 100 }, (_, i) => `${i}`));
      assertEquals(second.texts, ["b"]);

      subscription.close();
      left.publish("room:a.*>é/ 1", bytes("late"));
      left.publish("room:b", bytes("end"));
      await second.until("end");
      assertEquals(first.texts.length, 100);
    },

    "passes bytes on unchanged": async () => {
      await using pair = await open();
      const [left, right] = pair.planes;
      const all = Uint8Array.from({ length: 65_536 }, (_, i) => i);
      const { promise, resolve } = Promise.withResolvers<Uint8Array>();
      await right.subscribe("x".repeat(300), resolve).ready;
      left.publish("x".repeat(300), all);
      assertEquals(new Uint8Array(await promise), all);
    },

    "can be closed twice, and then loses everything": async () => {
      await using pair = await open();
      const [left, right] = pair.planes;
      const { texts, receive } = inbox();
      await right.subscribe("a", receive).ready;
      await right.close();
      await right.close();
      left.publish("a", bytes("late"));
      await left.close();
      assertEquals(left.publish("a", bytes("later")), false);
      left.subscribe("a", receive).close();
      assertEquals(texts, []);
    },

    "connects rooms": async () => {
      await using pair = await open();
      const [here, there] = pair.planes.map((backPlane) =>
        new Rooms({ backPlane, gatherTime: 2_000 })
      ) as [Rooms, Rooms];
      await using ali = client();
      await using eva = client(new Handlers().handle("ping", () => "pong"));
      const changes = here.room("lobby").changes();
      await here.room("lobby").join(ali.peer, "Ali");
      const { id } = await there.room("lobby").join(eva.peer, "Eva");
      const joined: Member[] = [];
      for await (const { member } of changes) {
        joined.push(member);
        if (member.id === id) break;
      }
      assertEquals(joined.map(({ data }) => data), ["Ali", "Eva"]);
      here.room("lobby").notify("said", "hello");
      await Promise.all([ali.arrived(1), eva.arrived(1)]);
      assertEquals(eva.received, [["said", "hello"]]);
      assertEquals(await here.room("lobby").request(id, "ping"), "pong");
      await Promise.all([here.close(), there.close()]);
    },
  };
}
