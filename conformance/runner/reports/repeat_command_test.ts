import { assertEquals } from "@std/assert";
import { quoted, repeatCommand } from "./repeat_command.ts";

Deno.test("a run is repeated by its name, and one of the hostile suite with its option", () => {
  assertEquals(
    repeatCommand(
      "run --adapter x",
      "session/call/echo/role:acceptor/over:tcp",
    ),
    "run --adapter x --run session/call/echo/role:acceptor/over:tcp",
  );
  assertEquals(
    repeatCommand("run", "hostile/floods/pings/role:acceptor/over:tcp"),
    "run --hostile --run hostile/floods/pings/role:acceptor/over:tcp",
  );
});

Deno.test("words that shells would take apart are quoted", () => {
  assertEquals(
    ["a/b", "a b", "it's", "*"].map(quoted),
    ["a/b", "'a b'", `'it'\\''s'`, "'*'"],
  );
});
