import type { Command } from "commander";
import { parseLevels } from "./parse-option.js";

const DRY_RUN = ["--dry-run", "say what would go, and change nothing"] as const;
const JSON_OUTPUT = ["--json", "for programs"] as const;

/** Looking into the cache of the running instance, and putting it in order. */
export function addCache(program: Command): void {
  const cache = program.command("cache").description("look into the cache, and put it in order");
  cache
    .command("stats")
    .description("show what the cache holds, and what it did since the start")
    .option(...JSON_OUTPUT)
    .action(async (_, command) => {
      const { cacheStats } = await import("./cache-stats.js");
      await cacheStats(command.optsWithGlobals());
    });
  cache
    .command("du [path]")
    .description("show how much of each folder is in the cache")
    .option("--depth <levels>", "levels of folders that are told apart", parseLevels, 1)
    .option(...JSON_OUTPUT)
    .action(async (path, _, command) => {
      const { cacheUsage } = await import("./cache-usage.js");
      await cacheUsage(path, command.optsWithGlobals());
    });
  cache
    .command("clear")
    .description("remove what is in the cache, but what is pinned")
    .option("--origin <id>", "only what is of this origin")
    .option("--pinned", "also what is pinned; the pins stay")
    .option(...DRY_RUN)
    .option(...JSON_OUTPUT)
    .action(async (_, command) => {
      const { cacheClear } = await import("./cache-removal.js");
      await cacheClear(command.optsWithGlobals());
    });
  cache
    .command("gc")
    .description("remove what no file of the library needs any more")
    .option(...DRY_RUN)
    .option(...JSON_OUTPUT)
    .action(async (_, command) => {
      const { cacheGc } = await import("./cache-removal.js");
      await cacheGc(command.optsWithGlobals());
    });
  cache
    .command("verify")
    .description("check everything in the cache against its hashes")
    .option("--repair", "fetch what is damaged again")
    .option(...JSON_OUTPUT)
    .action(async (_, command) => {
      const { cacheVerify } = await import("./cache-verify.js");
      await cacheVerify(command.optsWithGlobals());
    });
  addKeeping(cache);
}

/** What shall be in the cache, and stay there. */
function addKeeping(cache: Command): void {
  cache
    .command("warm [path...]")
    .description("fetch files and folders into the cache")
    .option("--from <list>", "a playlist, or a list of paths, one a line; - for stdin")
    .option(...JSON_OUTPUT)
    .action(async (paths, _, command) => {
      const { cacheWarm } = await import("./cache-warm.js");
      await cacheWarm(paths, command.optsWithGlobals());
    });
  cache
    .command("pin [path]")
    .description(
      "keep a file, or all files of a folder, whatever the policy says; without a path: list the pins",
    )
    .option(...JSON_OUTPUT)
    .action(async (path, _, command) => {
      const { cachePin, cachePins } = await import("./cache-pins.js");
      await (path === undefined
        ? cachePins(command.optsWithGlobals())
        : cachePin(path, command.optsWithGlobals()));
    });
  cache
    .command("unpin <path>")
    .description("let a file, or all files of a folder, go again when the policy says so")
    .option(...DRY_RUN)
    .option(...JSON_OUTPUT)
    .action(async (path, _, command) => {
      const { cacheUnpin } = await import("./cache-pins.js");
      await cacheUnpin(path, command.optsWithGlobals());
    });
}
