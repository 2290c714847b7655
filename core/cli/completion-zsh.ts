import { type CommandDescription, eachCommand, type OptionDescription } from "./command-tree.js";

/** Makes the script for zsh 5 or newer. */
export function zshCompletion(program: CommandDescription): string {
  const functions = [...eachCommand(program)].map((command) => functionOf(command, program.options));
  return `#compdef musicfs
# zsh completion of musicfs. Keep it as _musicfs in a folder of $fpath, or read it with:
# source <(musicfs completion zsh)
${functions.join("\n")}
if [[ $funcstack[1] == _musicfs ]]; then
  _musicfs "$@"
else
  compdef _musicfs musicfs
fi
`;
}

function functionOf(command: CommandDescription, globals: readonly OptionDescription[]): string {
  const own = command.path.length === 0 ? [] : globals;
  const specs = [...command.options, ...own].map(specOf);
  const isParent = command.subcommands.length > 0;
  const rest = isParent
    ? ["'1: :->command'", "'*:: :->rest'"]
    : command.args.length > 0
      ? ["'*:file:_files'"]
      : [];
  const lines = [...new Set([...specs, ...rest])].map((spec) => `    ${spec}`);
  const dispatch = isParent ? dispatchOf(command) : "";
  return `${nameOf(command)}() {
  local state line
  typeset -A opt_args
  _arguments -C \\
${lines.join(" \\\n")}
${dispatch}}`;
}

function dispatchOf(command: CommandDescription): string {
  const described = command.subcommands.map(
    ({ path, summary }) => `        ${quote(`${path.at(-1)}:${summary.replaceAll(":", "\\:")}`)}`,
  );
  const cases = command.subcommands.map((inner) => `        ${inner.path.at(-1)}) ${nameOf(inner)} ;;`);
  return `  case $state in
    command)
      local -a commands=(
${described.join("\n")}
      )
      _describe command commands
      ;;
    rest)
      case $line[1] in
${cases.join("\n")}
      esac
      ;;
  esac
`;
}

function specOf({ names, summary, takesValue, choices }: OptionDescription): string {
  const explained = `[${summary.replaceAll(/[[\]\\:]/gu, "\\$&")}]`;
  const value = choices.length > 0 ? `:value:(${choices.join(" ")})` : takesValue ? ":value:_files" : "";
  if (names.length === 1) return quote(`${names[0]}${explained}${value}`);
  return `'(${names.join(" ")})'{${names.join(",")}}${quote(`${explained}${value}`)}`;
}

function nameOf({ path }: CommandDescription): string {
  return ["_musicfs", ...path].join("_").replaceAll("-", "_");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
