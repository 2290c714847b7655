import type { Command } from "commander";
import { parseLevels } from "./parse-option.js";

/** What can be looked at without a mount. */
export function addLooking(program: Command): void {
  program
    .command("tree")
    .description("show what the layout gives, without a mount")
    .argument("[path]", "where to begin", "/")
    .option("--view <root>", "only this view, such as '/By Genre'; the path is below it")
    .option("--depth <levels>", "how deep to go", parseLevels)
    .option("--json", "for programs")
    .action(async (path: string, _, command) => {
      const { tree } = await import("./tree.js");
      await tree(path, command.optsWithGlobals());
    });
  program
    .command("doctor")
    .description("look at everything that a mount needs, and print the line to type")
    .option("--bundle [file]", "write what somebody who helps needs to know into a file, without secrets")
    .option("--json", "for programs")
    .action(async (_, command) => {
      const { doctor } = await import("./doctor.js");
      await doctor(command.optsWithGlobals());
    });
}
