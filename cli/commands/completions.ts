/**
 * The subcommand `completions`.
 *
 * @module
 */

import {
  type Command,
  type Entry,
  type Option,
  UsageError,
} from "../command.ts";
import { STATUS } from "../failure.ts";

/** What a shell completes after `gotalk`. */
interface Completed {
  readonly name: string;
  readonly about: string;
  readonly options: readonly Option[];
}

/** Returns a script for each shell. */
const SHELLS: Readonly<
  Record<string, (commands: readonly Completed[]) => string>
> = { bash, zsh, fish };

/** Returns the subcommand that prints a script for the completion of all subcommands. */
export function completionsOf(
  commands: Readonly<Record<string, Entry>>,
): Command {
  return {
    about: "Prints a script that completes commands and options in a shell.",
    words: ["SHELL"],
    details: ["SHELL is bash, zsh or fish."],
    options: [],
    examples: [
      [
        "completions bash > ~/.local/share/bash-completion/completions/gotalk",
        "bash",
      ],
      ["completions zsh > ~/.zfunc/_gotalk", "zsh, with ~/.zfunc in its fpath"],
      ["completions fish > ~/.config/fish/completions/gotalk.fish", "fish"],
    ],
    async run({ words: [shell] }, terminal) {
      if (!Object.hasOwn(SHELLS, shell!)) {
        throw new UsageError(
          `there are no completions for ${shell}, wanted bash, zsh or fish`,
        );
      }
      const completed = await Promise.all(
        Object.entries(commands).map(async ([name, { about, load }]) => {
          const { options } = await load();
          return { name, about, options: [...options, HELP] };
        }),
      );
      terminal.out(SHELLS[shell!]!(completed));
      return STATUS.answered;
    },
  };
}

const HELP: Option = { name: "help", about: "show help" };

function bash(commands: readonly Completed[]): string {
  const cases = commands.map(({ name, options }) =>
    `    ${name}) words="${
      options.map(({ name }) => `--${name}`).join(" ")
    }" ;;`
  );
  const files = fileOptions(commands).join("|");
  return `# Completions of gotalk for bash.
_gotalk() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${
    commands.map(({ name }) => name).join(" ")
  } --help --version" -- "$current"))
    return
  fi
  case "$previous" in
    ${files}) compopt -o default; return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) compopt -o default ;;
  esac
}
complete -F _gotalk gotalk
`;
}

function zsh(commands: readonly Completed[]): string {
  const list = commands.map(({ name, about }) =>
    `    ${quote(`${name}:${about}`)}`
  );
  const cases = commands.map(({ name, options }) =>
    [
      `    ${name})`,
      `      _arguments -s \\`,
      ...options.map((option) => `        ${quote(zshOption(option))} \\`),
      `        '*:file:_files' ;;`,
    ].join("\n")
  );
  return `#compdef gotalk
# Completions of gotalk for zsh.
_gotalk() {
  local -a commands
  commands=(
${list.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = "_gotalk" ]; then _gotalk "$@"; else compdef _gotalk gotalk; fi
`;
}

function zshOption({ name, value, repeats, about }: Option): string {
  const action = isFile(value) ? "_files" : "";
  const taken = value === undefined
    ? ""
    : `:${value.replace(":", "\\:")}:${action}`;
  const text = about.replace(/[\[\]:]/g, "\\$&");
  return `${repeats ? "*" : ""}--${name}[${text}]${taken}`;
}

function fish(commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ name, about, options }) => [
    `complete -c gotalk -n __fish_use_subcommand -f -a ${name} -d ${
      quote(about)
    }`,
    ...options.map((option) =>
      [
        `complete -c gotalk -n '__fish_seen_subcommand_from ${name}' -l ${option.name}`,
        ...option.value === undefined
          ? []
          : [isFile(option.value) ? "-r -F" : "-x"],
        `-d ${quote(option.about)}`,
      ].join(" ")
    ),
  ]);
  return `# Completions of gotalk for fish.\n${lines.join("\n")}\n`;
}

function isFile(value: string | undefined): boolean {
  return value !== undefined && /FILE|PATH/.test(value) && !value.includes("=");
}

/** The options whose value is a file, of all subcommands. */
function fileOptions(commands: readonly Completed[]): string[] {
  const names = commands.flatMap(({ options }) =>
    options.filter(({ value }) => isFile(value)).map(({ name }) => `--${name}`)
  );
  return [...new Set(names)];
}

/** Quotes text for a shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
