import { type Command, Option } from "commander";
import { EVENT_TYPES } from "../events/event.js";
import { parseSeconds } from "./parse-option.js";

/** What is asked of a running instance. */
export function addControl(program: Command): void {
  program
    .command("wait")
    .description("return when the mount answers, for scripts and services that need it")
    .option("--timeout <seconds>", "how long to wait", parseSeconds, 60)
    .option("--scanned", "wait until the scan is over, too")
    .option("--json", "for programs")
    .action(async (_, command) => {
      const { wait } = await import("./wait.js");
      await wait(command.optsWithGlobals());
    });
  program
    .command("events")
    .description("show what happened lately, or what happens")
    .option("--follow", "go on with what happens, until Ctrl-C")
    .addOption(
      new Option("--type <type...>", "only events of these types, such as file-added").choices(EVENT_TYPES),
    )
    .option("--json", "for programs, a line for each event")
    .action(async (_, command) => {
      const { showEvents } = await import("./events.js");
      await showEvents(command.optsWithGlobals());
    });
  program
    .command("metadata")
    .description("show what the tags say of a track, or what lies at a path")
    .argument("<path>", "a path below the mountpoint, with or without the mountpoint")
    .option("--json", "for programs")
    .action(async (path: string, _, command) => {
      const { showMetadata } = await import("./metadata.js");
      await showMetadata(path, command.optsWithGlobals());
    });
  program
    .command("plugin")
    .description("look at the plugins of the running instance")
    .command("list")
    .description("list the plugins with their options, without secrets")
    .option("--json", "for programs")
    .action(async (_, command) => {
      const { listPlugins } = await import("./plugin-list.js");
      await listPlugins(command.optsWithGlobals());
    });
}
