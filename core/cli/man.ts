import { ENVIRONMENT_VARIABLES } from "../config/overrides.js";
import { VERSION } from "../version.js";
import {
  type CommandDescription,
  describeCommand,
  eachCommand,
  type OptionDescription,
} from "./command-tree.js";
import { EXIT_MEANINGS } from "./exit-meanings.js";
import { createProgram } from "./program.js";

/** `musicfs man`: writes the man page, in the language of man(7). */
export function printManPage(): void {
  process.stdout.write(manPage(describeCommand(createProgram())));
}

/** The man page of a program, made of what `--help` is made of. */
export function manPage(program: CommandDescription): string {
  const commands = [...eachCommand(program)].filter(({ subcommands }) => subcommands.length === 0);
  return [
    `.TH MUSICFS 1 "" "musicfs ${roff(VERSION)}" "User Commands"`,
    ".SH NAME",
    `musicfs \\- ${roff(program.summary.replace(/\.$/u, "").replace(/^./u, (letter) => letter.toLowerCase()))}`,
    ".SH SYNOPSIS",
    ".B musicfs",
    '.RI [ options ] " " command " " [ arguments ]',
    ".SH DESCRIPTION",
    roff(program.summary),
    "Each command has its own",
    ".BR \\-\\-help .",
    "Data goes to standard output, messages to standard error.",
    ".SH OPTIONS",
    ...program.options.flatMap(optionLines),
    ".SH COMMANDS",
    ...commands.flatMap(commandLines),
    ".SH EXIT STATUS",
    ...EXIT_MEANINGS.flatMap(([code, meaning]) => [".TP", `.B ${code}`, roff(meaning)]),
    ".SH ENVIRONMENT",
    "A flag wins over the environment, that over the config, that over the default.",
    ...ENVIRONMENT_VARIABLES.flatMap(({ name, key }) => [
      ".TP",
      `.B ${roff(name)}`,
      `stands for the key ${roff(key)} of the config`,
    ]),
    ".TP",
    ".B MUSICFS_CONFIG",
    "the config file",
    ".TP",
    ".B NO_COLOR",
    "no colours, if it is set",
    ".SH FILES",
    ".TP",
    ".I musicfs.config.ts",
    "the config: from the current folder upwards, then in $XDG_CONFIG_HOME/musicfs and /etc/musicfs",
    ".TP",
    ".I $XDG_RUNTIME_DIR/musicfs/<name>.sock",
    "the socket of the control API",
    ".TP",
    ".I $XDG_STATE_HOME/musicfs/<name>",
    "the catalogue and the log",
    ".TP",
    ".I $XDG_CACHE_HOME/musicfs/<name>",
    "what can be fetched again",
    "",
  ].join("\n");
}

function commandLines({ path, args, summary, options }: CommandDescription): string[] {
  return [
    ".SS",
    roff(["musicfs", ...path, ...args].join(" ")),
    roff(summary),
    ...options.filter(({ names }) => !names.includes("--help")).flatMap(optionLines),
  ];
}

function optionLines({ flags, summary, choices, defaultValue }: OptionDescription): string[] {
  const more = [
    ...(choices.length > 0 ? [`one of ${choices.join(", ")}`] : []),
    ...(defaultValue === undefined ? [] : [`default: ${defaultValue}`]),
  ];
  return [".TP", `.B ${roff(flags)}`, roff(summary + (more.length > 0 ? ` (${more.join("; ")})` : ""))];
}

// What a line begins with may be a request, and a hyphen that is typed is a minus sign.
function roff(text: string): string {
  const escaped = text.replaceAll("\\", "\\e").replaceAll("-", "\\-");
  return /^[.']/u.test(escaped) ? `\\&${escaped}` : escaped;
}
