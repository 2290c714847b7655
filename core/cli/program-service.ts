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
  program
    .command("reload")
    .description("read the config again: apply what can be while it runs, and name what needs a restart")
    .option("--json", "for programs")
    .action(async (_, command) => {
      const { reload } = await import("./reload.js");
      await reload(command.optsWithGlobals());
    });
  addUnit(program.command("service").description("run it as a service of systemd"));
}

function addUnit(service: Command): void {
  service
    .command("install")
    .description("write a systemd unit for the config")
    .option("--user", "for this user's own systemd")
    .option("--dry-run", "print the unit, and change nothing")
    .option("--json", "for programs")
    .action(async (_, command) => {
      const { installService } = await import("./service.js");
      await installService(command.optsWithGlobals());
    });
  service
    .command("uninstall")
    .description("stop the service, and remove its unit")
    .option("--user", "of this user's own systemd")
    .option("--dry-run", "say what would be removed, and change nothing")
    .option("--json", "for programs")
    .action(async (_, command) => {
      const { uninstallService } = await import("./service.js");
      await uninstallService(command.optsWithGlobals());
    });
  service
    .command("clean")
    .description("detach the dead mount that a crash has left, if there is one")
    .option("--json", "for programs")
    .action(async (_, command) => {
      const { cleanService } = await import("./service.js");
      await cleanService(command.optsWithGlobals());
    });
}
