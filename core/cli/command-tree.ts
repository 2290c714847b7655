import type { Argument, Command, Option } from "commander";

/** A command as `--help` has it, for what is made of it: completions, the man page. */
export interface CommandDescription {
  /** Words that lead to it, without the program's name: `["cache", "stats"]`. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly options: readonly OptionDescription[];
  /** As `--help` shows them: `<path>`, `[path]`. */
  readonly args: readonly string[];
  /** In the order of `--help`. */
  readonly subcommands: readonly CommandDescription[];
}

export interface OptionDescription {
  /** `--json`, `-V` and what else it is called. */
  readonly names: readonly string[];
  /** As `--help` shows it: `--timeout <seconds>`. */
  readonly flags: string;
  readonly summary: string;
  readonly takesValue: boolean;
  /** Values that it takes, where they are a list. */
  readonly choices: readonly string[];
  /** As `--help` shows it; absent where there is none. */
  readonly defaultValue?: string;
}

/** Describes a program with all its commands but the hidden ones. */
export function describeCommand(command: Command, path: readonly string[] = []): CommandDescription {
  const help = command.createHelp();
  return {
    path,
    summary: command.description(),
    options: help.visibleOptions(command).map(describeOption),
    args: help.visibleArguments(command).concat(undescribed(command)).map(formatArgument),
    subcommands: help
      .visibleCommands(command)
      .filter((inner) => inner.name() !== "help")
      .map((inner) => describeCommand(inner, [...path, inner.name()])),
  };
}

/** A command and all below it, each before what is below. */
export function* eachCommand(command: CommandDescription): Generator<CommandDescription> {
  yield command;
  for (const inner of command.subcommands) yield* eachCommand(inner);
}

function describeOption(option: Option): OptionDescription {
  const { defaultValue } = option;
  return {
    names: [option.long, option.short].filter((name) => name !== undefined && name !== null),
    flags: option.flags,
    summary: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
    ...(defaultValue === undefined || typeof defaultValue === "boolean"
      ? {}
      : { defaultValue: String(option.defaultValueDescription ?? defaultValue) }),
  };
}

// Help lists arguments only where one of them is described.
function undescribed(command: Command): Argument[] {
  const { registeredArguments } = command;
  return registeredArguments.some(({ description }) => description) ? [] : [...registeredArguments];
}

function formatArgument(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}
