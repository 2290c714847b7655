import type { Command } from "commander";

/** The origins of a running instance. */
export function addOrigin(program: Command): void {
  const origin = program.command("origin").description("look at the origins of the running instance");
  origin
    .command("list")
    .description("list the origins")
    .option("--json", "for programs")
    .action(async (_, command) => {
      const { listOrigins } = await import("./origin-list.js");
      await listOrigins(command.optsWithGlobals());
    });
  origin
    .command("health")
    .description("ask an origin whether it answers")
    .argument("<id>", "id of the origin")
    .option("--json", "for programs")
    .action(async (id: string, _, command) => {
      const { checkOriginHealth } = await import("./origin-list.js");
      await checkOriginHealth(id, command.optsWithGlobals());
    });
  origin
    .command("test")
    .description("look whether an origin keeps what origins promise; only reads")
    .argument("<id>", "id of the origin")
    .option("--json", "for programs")
    .action(async (id: string, _, command) => {
      const { testOrigin } = await import("./origin-test.js");
      await testOrigin(id, command.optsWithGlobals());
    });
  origin
    .command("which")
    .description("show which origins have a track, which of them is read, and why")
    .argument("<path>", "path of the track, in the mount or below it")
    .option("--json", "for programs")
    .action(async (path: string, _, command) => {
      const { showSources } = await import("./origin-which.js");
      await showSources(path, command.optsWithGlobals());
    });
  origin
    .command("confirm")
    .description("remove the files of an origin that vanished at once, and are held")
    .argument("<id>", "id of the origin")
    .option("--json", "for programs")
    .action(async (id: string, _, command) => {
      const { confirmOrigin } = await import("./origin-confirm.js");
      await confirmOrigin(id, command.optsWithGlobals());
    });
  program
    .command("rescan")
    .description("look for changes: in all origins, in one, or below a path of it")
    .argument("[origin]", "id of the origin")
    .argument("[path]", "a file or folder of the origin")
    .option("--json", "for programs")
    .action(async (id: string | undefined, path: string | undefined, _, command) => {
      const { rescan } = await import("./rescan.js");
      await rescan(id, path, command.optsWithGlobals());
    });
}
