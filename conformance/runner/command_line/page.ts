/**
 * Writes pages of this project.
 *
 * @module
 */

/** Writes a page, formatted by `deno fmt`. */
export async function writePage(page: URL, text: string): Promise<void> {
  await Deno.writeTextFile(page, text);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", page.pathname],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
