import { type CommandDescription, eachCommand, type OptionDescription } from "./command-tree.js";

/** Makes the script for fish 3 or newer. */
export function fishCompletion(program: CommandDescription): string {
  const commands = [...eachCommand(program)];
  const valued = commands.flatMap(({ options }) =>
    options.filter(({ takesValue }) => takesValue).flatMap(({ names }) => names),
  );
  return `# fish completion of musicfs. Keep it with: musicfs completion fish > ~/.config/fish/completions/musicfs.fish
function __musicfs_words --description 'The words so far that are neither options nor their values'
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word ${[...new Set(valued)].join(" ")}
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end
function __musicfs_at --description 'Whether the words so far begin with these'
    set -l words (__musicfs_words)
    for i in (seq (count $argv))
        test "$argv[$i]" = "$words[$i]"; or return 1
    end
end
function __musicfs_here --description 'Whether the words so far are these'
    __musicfs_at $argv; and test (count $argv) = (count (__musicfs_words))
end
complete -c musicfs -f
${commands.flatMap(linesOf).join("\n")}
`;
}

function linesOf(command: CommandDescription): string[] {
  const at = `__musicfs_at ${command.path.join(" ")}`.trimEnd();
  const here = `__musicfs_here ${command.path.join(" ")}`.trimEnd();
  return [
    ...command.subcommands.map(
      ({ path, summary }) => `complete -c musicfs -n '${here}' -a ${path.at(-1)} -d ${quote(summary)}`,
    ),
    ...(command.args.length > 0 ? [`complete -c musicfs -n '${at}' -F`] : []),
    ...command.options.map((option) => optionLine(at, option)),
  ];
}

function optionLine(at: string, { names, summary, takesValue, choices }: OptionDescription): string {
  const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const values = choices.length > 0 ? ` -x -a ${quote(choices.join(" "))}` : takesValue ? " -r -F" : "";
  return `complete -c musicfs -n '${at}' ${flags.join(" ")}${values} -d ${quote(summary)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
