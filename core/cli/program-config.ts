import type { Command } from "commander";
import type { GlobalOptions } from "./context.js";

/** The config. */
export function addConfig(program: Command): void {
  const config = program.command("config").description("look at the config");
  config
    .command("check")
    .description("say what is wrong with the config, all of it")
    .option("--json", "for programs")
    .action(async (_, command) => {
      const { checkConfig } = await import("./config.js");
      await checkConfig(command.optsWithGlobals());
    });
  config
    .command("show")
    .description("show what the config comes to")
    .option("--json", "for programs")
    .action(async (_, command: Command) => {
      const { showConfig } = await import("./config.js");
      await showConfig(command.optsWithGlobals<GlobalOptions & { json?: boolean }>());
    });
}
