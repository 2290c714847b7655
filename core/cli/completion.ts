import { type CommandDescription, describeCommand } from "./command-tree.js";
import { bashCompletion } from "./completion-bash.js";
import { fishCompletion } from "./completion-fish.js";
import { zshCompletion } from "./completion-zsh.js";
import { createProgram } from "./program.js";

/** Shells that there is a completion for. */
export const SHELLS = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
} as const satisfies Record<string, (program: CommandDescription) => string>;

/** `musicfs completion SHELL`: writes the script that a shell reads. */
export function printCompletion(shell: keyof typeof SHELLS): void {
  process.stdout.write(SHELLS[shell](describeCommand(createProgram())));
}
