import { Argument, type Command } from "commander";

/** What helps at a shell. */
export function addShell(program: Command): void {
  program
    .command("completion")
    .description("write what completes commands in a shell: source <(musicfs completion bash)")
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
    .action(async (shell: "bash" | "zsh" | "fish") => {
      const { printCompletion } = await import("./completion.js");
      printCompletion(shell);
    });
  program
    .command("man")
    .description("write the man page: musicfs man | man -l -")
    .action(async () => {
      const { printManPage } = await import("./man.js");
      printManPage();
    });
}
