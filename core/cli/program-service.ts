import { type Command, Option } from "commander";
import { parseCount } from "./parse-option.js";

const LEVELS = ["debug", "info", "warn", "error"];

/** What whoever operates an instance needs: its log, its config, its service. */
export function addService(program: Command): void {
  program
    .command("logs")
    .description("show what the running instance has logged")
    .option("-f, --follow", "go on with what it logs from now on")
    .option("-n, --lines <number>", "messages of the past", parseCount, 100)
    .addOption(new Option("--level <level>", "only messages of this level and above").choices(LEVELS))
    .addOption(
      new Option("--set-level <level>", "log messages of this level and above from now on").choices(LEVELS),
    )
    .option("--json", "for programs, one object a line")
    .action(async (_, command) => {
      const { logs } = await import("./logs.js");
      await logs(command.optsWithGlobals());
    });
}
