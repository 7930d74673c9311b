/**
 * The command `init`.
 *
 * @module
 */

import { isTemplateLanguage, TEMPLATES, writeTemplate } from "../init.ts";
import { parseArguments } from "../command_line/arguments.ts";
import {
  type Command,
  messageOf,
  UsageError,
} from "../command_line/command.ts";

const LANGUAGES = Object.keys(TEMPLATES).join(", ");

/** Writes a template of an adapter. */
export const initCommand: Command = {
  name: "init",
  summary: "write a template of an adapter",
  help: `Usage: init LANGUAGE [DIR]

Writes an adapter to DIR (default: the current folder) that answers every command, most of them with
\`skipped\`, for you to complete. LANGUAGE is one of ${LANGUAGES}. Fails if one of
the files exists.`,
  async run(args, { out, err }) {
    const { words: [language = "", folder = "."] } = parseArguments(args, {
      words: { least: 1, most: 2 },
    });
    if (!isTemplateLanguage(language)) {
      throw new UsageError(
        `the language is ${language}, wanted one of ${LANGUAGES}`,
      );
    }
    try {
      const paths = await writeTemplate(language, folder);
      for (const path of paths) out(`${path}\n`);
      return 0;
    } catch (error) {
      err(`${messageOf(error)}\n`);
      return 2;
    }
  },
};
