import { assert } from "@std/assert";
import { casesOf, CORPUS } from "../cases/corpus.ts";
import { isSession } from "../cases/expand.ts";
import { assertVerdict, play } from "./testing/scripted_play.ts";
import {
  type ScriptedConnection,
  serveRequests,
} from "./testing/scripted_implementation.ts";

/** Breaks handshake/at-once, a should, and nothing else: it writes its version once it has read that of the runner. */
async function wait(connection: ScriptedConnection): Promise<void> {
  if (!await connection.readVersion()) return await connection.end();
  await connection.write("01");
  await serveRequests(connection);
}

Deno.test("cases of the handshake at level must pass with a peer that only waits for the other version", async (t) => {
  const cases = casesOf(CORPUS).filter((each) =>
    each.id.startsWith("session/handshake/") && each.level === "must"
  );
  let played = 0;
  for (const each of cases) {
    if (!isSession(each)) continue;
    const { id, over = ["tcp"], steps, ...fields } = each;
    // The script serves echo, and reports nothing.
    const serves = !/"report"|"fail"/.test(JSON.stringify(steps));
    if (!over.includes("tcp") || !serves) continue;
    played++;
    await t.step(id, async () => {
      assertVerdict(await play(steps, wait, { fields }), "pass");
    });
  }
  assert(played >= 20, `only ${played} cases were played`);
});
