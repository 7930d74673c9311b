import { assertEquals, assertRejects } from "@std/assert";
import { LineWriter, readLines } from "./lines.ts";

const encoder = new TextEncoder();

async function linesOf(...chunks: string[]): Promise<string[]> {
  const stream = ReadableStream.from(
    chunks.map((chunk) => encoder.encode(chunk)),
  );
  return await Array.fromAsync(readLines(stream));
}

Deno.test("lines are split at their ends, whatever the chunks", async () => {
  assertEquals(await linesOf("a\nb", "c", "d\n\ne\r\n", "f"), [
    "a",
    "bcd",
    "",
    "e",
    "f",
  ]);
  assertEquals(await linesOf(), []);
  assertEquals(await linesOf("\n"), [""]);
});

Deno.test("a character that is split across chunks is restored", async () => {
  const bytes = encoder.encode("grüße\n");
  const stream = ReadableStream.from(
    Array.from(bytes, (byte) => Uint8Array.of(byte)),
  );
  assertEquals(await Array.fromAsync(readLines(stream)), ["grüße"]);
});

Deno.test("lines that are added in one turn are written together", async () => {
  const written: string[] = [];
  const writer = new LineWriter(
    new WritableStream({
      write: (chunk) => void written.push(new TextDecoder().decode(chunk)),
    }),
  );
  await Promise.all([writer.write("a"), writer.write("b")]);
  await writer.write("c");
  await writer.close();
  assertEquals(written, ["a\nb\n", "c\n"]);
});

Deno.test("a writer reports a broken stream, and closes nevertheless", async () => {
  const writer = new LineWriter(
    new WritableStream({ write: () => Promise.reject(new Error("gone")) }),
  );
  await assertRejects(() => writer.write("a"), Error, "gone");
  await writer.close();
});
