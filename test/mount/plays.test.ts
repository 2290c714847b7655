import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { writeMp3 } from "../support/audio-writer.js";
import { type InstanceOptions, type TestMount, withMount } from "../support/mount.js";
import type { DriverName } from "../support/mount-config.js";
import { run, until } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { filesBelow } from "../support/tree-files.js";

const TRACKS = 24;
/** Half of it is more than the ten seconds that every play has at least. */
const TRACK_MS = 24_000;
const LINES = [`collections: { Played: mostPlayed() },`];

function makeLibrary(t: { after(fn: () => void): void }): string {
  const library = temporaryFolder(t);
  mkdirSync(join(library, "Album"));
  for (let track = 1; track <= TRACKS; track++) {
    const tags = { title: `Track ${track}`, artists: ["Nora Vale"], album: "Album", trackNumber: track };
    writeFileSync(join(library, "Album", `${track}.mp3`), writeMp3(tags, { durationMs: TRACK_MS }));
  }
  return library;
}

/** The ways of a reader's bytes: from the kernel, from a worker, from libfuse. */
const WAYS: readonly {
  readonly name: string;
  readonly driver: DriverName;
  readonly driverOptions: object;
}[] = [
  { name: "passthrough", driver: "mount-fuse", driverOptions: {} },
  { name: "copying", driver: "mount-fuse", driverOptions: { passthrough: false } },
  { name: "libfuse", driver: "mount-fuse-native", driverOptions: {} },
];

async function played({ mountpoint }: TestMount): Promise<string[]> {
  const names = await readdir(join(mountpoint, "Collections", "Played"));
  return names.sort().map((name) => name.replace(/^\d{3} Nora Vale - (.*)\.mp3$/, "$1"));
}

// Side by side: each waits for the music.
describe("plays", { concurrency: WAYS.length }, () => {
  for (const { name, driver, driverOptions } of WAYS) {
    test(`${name}: a player's track is played, a scanner's are not`, async (t) => {
      const options: InstanceOptions = {
        driver,
        driverOptions,
        library: makeLibrary(t),
        imports: [`import { mostPlayed } from "musicfs";`],
        lines: LINES,
      };
      await withMount(options, async (mount) => {
        const files = (await filesBelow(mount.mountpoint)).filter((path) => !path.includes("/Collections/"));
        assert.equal(files.length, TRACKS);
        await scan(mount.mountpoint, files);
        const [first = "", second = ""] = files;
        // At the pace of the music, until a bit more than half of it was heard.
        const player = spawn("ffmpeg", ["-v", "error", "-re", "-i", first, "-f", "null", "-"], {
          stdio: "ignore",
        });
        const ended = new Promise((resolve) => player.once("exit", resolve));
        await skip(second);
        await new Promise((resolve) => setTimeout(resolve, TRACK_MS / 2));
        player.kill("SIGTERM");
        await ended;
        await until("the play is counted", async () => (await played(mount)).length > 0);
        const title = /\d+ - (.*)\.mp3$/.exec(first)?.[1];
        assert.deepEqual(await played(mount), [title]);
      });
    });
  }
});

/** All that reads a library without listening to it. */
async function scan(mountpoint: string, files: readonly string[]): Promise<void> {
  for (const file of files.slice(0, 8)) assert.equal((await run(["ffprobe", "-v", "error", file])).code, 0);
  assert.equal((await run(["find", mountpoint, "-type", "f", "-exec", "md5sum", "{}", "+"])).code, 0);
  assert.equal((await run(["sh", "-c", 'cat "$@" > /dev/null', "sh", ...files])).code, 0);
  const loudness = await run([
    "ffmpeg",
    "-v",
    "error",
    "-i",
    files[2] ?? "",
    "-af",
    "volumedetect",
    "-f",
    "null",
    "-",
  ]);
  assert.equal(loudness.code, 0);
}

/** A listener who does not like a track. */
async function skip(file: string): Promise<void> {
  await run(["timeout", "3", "ffmpeg", "-v", "error", "-re", "-i", file, "-f", "null", "-"]);
}
