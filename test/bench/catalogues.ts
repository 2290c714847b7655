import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchContext } from "./context.js";
import { ORIGIN_ID } from "./instance.js";
import { makeFolder, musicfsPeer } from "./peers.js";
import { run } from "./processes.js";

const MAKE_CATALOGUE = fileURLToPath(new URL("./make-catalogue.js", import.meta.url));

const SETTLE_TIMEOUT_S = 600;

/** Puts a catalogue of `tracks` synthetic tracks into a state folder; one of each size is made, and copied. */
export async function putCatalogue(context: BenchContext, tracks: number, stateDir: string): Promise<void> {
  const made = join(context.shared, `catalogue-${tracks}.sqlite`);
  if (!existsSync(made)) {
    context.say(`making a catalogue of ${tracks} tracks`);
    const home = makeFolder(context.shared, "settling");
    const path = join(makeFolder(home, "state"), "catalogue.sqlite");
    await run(process.execPath, [MAKE_CATALOGUE, path, String(tracks), ORIGIN_ID]);
    await settle(context, home, tracks);
    renameSync(path, made);
    rmSync(home, { recursive: true });
  }
  mkdirSync(stateDir, { recursive: true });
  const path = join(stateDir, "catalogue.sqlite");
  copyFileSync(made, path);
  // Else the daemon's first flush would have to wait for hundreds of megabytes that are not its own.
  await run("sync", [path]);
}

// The first daemon that meets it makes covers and names once more, as the config wants them: a million tracks take half
// a minute, which no figure of a library that was there before should share.
async function settle({ cleanup }: BenchContext, folder: string, tracks: number): Promise<void> {
  const origin = makeFolder(folder, "origin");
  const { instance, stop } = await musicfsPeer(cleanup, "musicfs", { folder, origin }, tracks);
  await instance.cli("wait", "--scanned", "--timeout", String(SETTLE_TIMEOUT_S));
  await stop();
}
