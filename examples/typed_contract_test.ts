import { assertEquals } from "@std/assert";
import { lendBooks } from "./typed_contract.ts";

Deno.test("the compiler checks calls, and validators check values", async () => {
  const lines: string[] = [];
  await lendBooks((line) => void lines.push(line));
  assertEquals(lines, [
    "due: 2024-01-15T00:00:00.000Z",
    "returned: Emil",
    'Cannot complete "lend": the remote peer answered with the error "Cannot accept the input of \\"lend\\": wanted 1 day or more at days"',
    'Cannot complete "sell": the remote peer answered with the error "unknown operation \\"sell\\""',
    'Cannot accept the output of "lend": wanted a date at due',
  ]);
});
