import { type Command, Option } from "commander";
import { parseSeconds } from "./parse-option.js";

/** Starting, stopping and watching an instance. */
export function addRunning(program: Command): void {
  program
    .command("start")
    .description("mount the library, and scan it in the background")
    .option("--mount <dir>", "where to mount (MUSICFS_MOUNTPOINT)")
    .option("--detach", "return when the mount answers, and run on in the background")
    .option("--json", "for programs; with --detach")
    .addOption(new Option("--detached").hideHelp())
    .action(async (_, command) => {
      const { start } = await import("./start.js");
      await start(command.optsWithGlobals());
    });
  program
    .command("stop")
    .description("unmount, let running reads finish, and leave nothing behind")
    .option("--timeout <seconds>", "how long readers may take to finish", parseSeconds, 5)
    .option("--json", "for programs")
    .action(async (_, command) => {
      const { stop } = await import("./stop.js");
      await stop(command.optsWithGlobals());
    });
  program
    .command("status")
    .description("show what the running instance does")
    .option("--watch", "show it anew every second, until Ctrl-C")
    .option("--json", "for programs; with --watch a line for each look")
    .action(async (_, command) => {
      const { status } = await import("./status.js");
      await status(command.optsWithGlobals());
    });
}
