import { assertEquals } from "@std/assert";
import { requestIdBytes } from "../../codec/mod.ts";
import { ID_COUNT, idOf, serialOf } from "./_request_ids.ts";
import { toText } from "../testing/scripted_channel.ts";

Deno.test("IDs are four readable characters that count up", () => {
  const ids = [0, 1, 9, 10, 63, 64, ID_COUNT - 1].map((serial) =>
    toText(requestIdBytes(idOf(serial)))
  );
  assertEquals(ids, ["0000", "0001", "0009", "000A", "000_", "0010", "____"]);
});

Deno.test("the serial of an ID is found again", () => {
  for (let serial = 0; serial < ID_COUNT; serial += 997) {
    assertEquals(serialOf(idOf(serial)), serial);
  }
});

Deno.test("the serial of any other ID is a number in range", () => {
  for (const id of [0, 0xffffffff, 0x20202020, 0x80000000]) {
    const serial = serialOf(id);
    assertEquals(serial >= 0 && serial < ID_COUNT, true);
  }
});
