import type { Command } from "commander";
import { MusicfsError } from "../errors.js";
import { parseHits } from "./parse-option.js";

/** Finding tracks. */
export function addSearch(program: Command): void {
  program
    .command("search")
    .description("find tracks by words")
    .argument("<query...>", 'such as: lantern "salt water" artist:bach year:198* -live')
    .option("--limit <number>", "most tracks to show", parseHits, 20)
    .option("--field <name>", "look for words only in this field (may be given again)", collect, [])
    .option("--json", "for programs")
    // `-live` excludes a word; what begins with two dashes is a slip.
    .allowUnknownOption()
    .action(async (words: string[], _, command: Command) => {
      const unknown = words.find((word) => word.startsWith("--"));
      if (unknown !== undefined) throw new MusicfsError("MFS_USAGE", `unknown option '${unknown}'`);
      const { search } = await import("./search.js");
      await search(words.join(" "), command.optsWithGlobals());
    });
}

function collect(name: string, names: readonly string[]): readonly string[] {
  return [...names, name];
}
