import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchContext } from "./context.js";
import { ORIGIN_ID } from "./instance.js";
import { run } from "./processes.js";

const MAKE_CATALOGUE = fileURLToPath(new URL("./make-catalogue.js", import.meta.url));

/** Puts a catalogue of `tracks` synthetic tracks into a state folder; one of each size is made, and copied. */
export async function putCatalogue(context: BenchContext, tracks: number, stateDir: string): Promise<void> {
  const made = join(context.shared, `catalogue-${tracks}.sqlite`);
  if (!existsSync(made)) {
    context.say(`making a catalogue of ${tracks} tracks`);
    await run(process.execPath, [MAKE_CATALOGUE, made, String(tracks), ORIGIN_ID]);
  }
  mkdirSync(stateDir, { recursive: true });
  const path = join(stateDir, "catalogue.sqlite");
  copyFileSync(made, path);
  // Else the daemon's first flush would have to wait for hundreds of megabytes that are not its own.
  await run("sync", [path]);
}
