/**
 * The command `init`.
 *
 * @module
 */

import { writeTemplate } from "../init.ts";
import { isTemplateLanguage, type Template, TEMPLATES } from "../templates.ts";
import { parseArguments } from "../command_line/arguments.ts";
import {
  type Command,
  messageOf,
  UsageError,
} from "../command_line/command.ts";
import { placeOf, programWords } from "../command_line/program.ts";

const LANGUAGES = Object.keys(TEMPLATES).join(", ");

/** Writes a template of an adapter. */
export const initCommand: Command = {
  name: "init",
  summary: "write a template of an adapter",
  help: `Usage: init LANGUAGE [DIR]

Writes an adapter to DIR (default: the current folder) that reads and writes the first kind of message,
and skips every other command, for you to complete; with a list of known failures and a file for CI.
Prints the files, and the command to run next. LANGUAGE is one of
${LANGUAGES}. Fails if one of the files exists.`,
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
      err(nextStep(TEMPLATES[language], folder));
      return 0;
    } catch (error) {
      err(`Cannot write the adapter to ${folder}: ${messageOf(error)}\n`);
      return 2;
    }
  },
};

/** The page of the adapter protocol. */
const PAGE = new URL(
  "../../implementations/adapters/README.md",
  import.meta.url,
);

/** The command that shows the first cases passing, in the folder in which it is printed. */
function nextStep({ build, start }: Template, folder: string): string {
  const built = build === undefined
    ? ""
    : folder === "."
    ? `${build} &&\n  `
    : `(cd ${folder} && ${build}) &&\n  `;
  const inFolder = folder === "." ? "" : `--folder ${folder} `;
  return `
${placeOf(PAGE)} explains the commands that the adapter carries out.
Next, see the first cases pass. Then leave out --run: the first failure is what to write next.
  ${built}${
    programWords().join(" ")
  } run ${inFolder}--adapter "${start}" --run "codec/heartbeat/**"
`;
}
