import { type CommandDescription, eachCommand, type OptionDescription } from "./command-tree.js";

/** Makes the script for bash 4 or newer; it needs nothing but bash. */
export function bashCompletion(program: CommandDescription): string {
  const commands = [...eachCommand(program)];
  const globals = program.options;
  return `# bash completion of musicfs. Read it with: source <(musicfs completion bash)
_musicfs() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} at= word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${patternOf(valueOptions(commands))}) ((i++)) ;;
      -*) ;;
      *) case "$at $word" in
        ${patternOf(commands.slice(1).map(pathOf))}) at+=" $word" ;;
      esac ;;
    esac
  done
  case $previous in
${choicesLines(commands)}
  esac
  COMPREPLY=()
  local words=
  if [[ $current == -* ]]; then
    case $at in
${commands.map((command) => optionsLine(command, globals)).join("\n")}
    esac
  else
    case $at in
${commands
  .filter(({ subcommands }) => subcommands.length > 0)
  .map(subcommandsLine)
  .join("\n")}
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _musicfs musicfs
`;
}

function pathOf({ path }: CommandDescription): string {
  return path.map((word) => ` ${word}`).join("");
}

function patternOf(words: readonly string[]): string {
  return [...new Set(words)].map((word) => `"${word}"`).join(" | ");
}

function valueOptions(commands: readonly CommandDescription[]): string[] {
  return commands.flatMap(({ options }) =>
    options.filter(({ takesValue }) => takesValue).flatMap(({ names }) => names),
  );
}

// An option with a list of values is completed by it; any other one by names of files.
function choicesLines(commands: readonly CommandDescription[]): string {
  const options = commands.flatMap((command) => command.options);
  const lists = new Map<string, readonly string[]>();
  for (const { names, choices, takesValue } of options) {
    if (takesValue) for (const name of names) lists.set(name, choices);
  }
  return [...lists]
    .map(([name, choices]) => {
      const reply = choices.length > 0 ? `compgen -W "${choices.join(" ")}"` : "compgen -f";
      return `    ${name}) mapfile -t COMPREPLY < <(${reply} -- "$current"); return ;;`;
    })
    .join("\n");
}

function optionsLine(command: CommandDescription, globals: readonly OptionDescription[]): string {
  const names = [...command.options, ...globals].flatMap((option) => option.names);
  return `      "${pathOf(command)}") words="${[...new Set(names)].join(" ")}" ;;`;
}

function subcommandsLine(command: CommandDescription): string {
  return `      "${pathOf(command)}") words="${command.subcommands.map(({ path }) => path.at(-1)).join(" ")}" ;;`;
}
