/**
 * Pages of this project that commands write.
 *
 * @module
 */

/** Writes a page as `deno fmt` wants it. */
export async function writePage(page: URL, text: string): Promise<void> {
  await Deno.writeTextFile(page, text);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", page.pathname],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
