import type { Command } from "commander";

const JSON_OUTPUT = ["--json", "for programs"] as const;

/** The folders below `/Collections`. */
export function addCollection(program: Command): void {
  const collection = program
    .command("collection")
    .description("save searches as folders, and see which collections there are");
  collection
    .command("add <name> <query>")
    .description("save a search; its tracks are in /Collections/<name> at once")
    .option("--replace", "take the place of a saved search that has the name")
    .option(...JSON_OUTPUT)
    .action(async (name, query, _, command) => {
      const { collectionAdd } = await import("./collections.js");
      await collectionAdd(name, query, command.optsWithGlobals());
    });
  collection
    .command("list")
    .description("list the collections, those of the config and saved searches")
    .option(...JSON_OUTPUT)
    .action(async (_, command) => {
      const { collectionList } = await import("./collections.js");
      await collectionList(command.optsWithGlobals());
    });
  collection
    .command("remove <name>")
    .description("forget a saved search")
    .option(...JSON_OUTPUT)
    .action(async (name, _, command) => {
      const { collectionRemove } = await import("./collections.js");
      await collectionRemove(name, command.optsWithGlobals());
    });
}
