import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withMount } from "../support/mount.js";
import { run, until } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { EXAMPLE_LIBRARY } from "../support/tree-files.js";

const DEADLINE_MS = 60_000;
/** What `mpc` prints of a song; a tab is in no tag, since MPD makes blanks of control characters. */
const FORMAT = "%artist%\\t%album%\\t%title%";

test("MPD lists over the mount as many songs as over the origin, with the same artist, album and title", (t) =>
  withMount({ driver: "mount-fuse", library: EXAMPLE_LIBRARY }, async ({ mountpoint }) => {
    const [origin, mount] = await Promise.all([songsOf(t, EXAMPLE_LIBRARY), songsOf(t, mountpoint)]);
    assert.ok(origin.length >= 30, `MPD finds ${origin.length} songs in the origin`);
    assert.deepEqual(mount, origin);
  }));

// What an MPD of its own makes of a folder, sorted.
async function songsOf(t: { after(fn: () => unknown): void }, music: string): Promise<string[]> {
  const folder = temporaryFolder(t);
  const socket = join(folder, "socket");
  const log = join(folder, "log");
  mkdirSync(join(folder, "playlists"));
  writeFileSync(
    join(folder, "mpd.conf"),
    [
      `music_directory "${music}"`,
      `playlist_directory "${folder}/playlists"`,
      `db_file "${folder}/db"`,
      `log_file "${log}"`,
      `state_file "${folder}/state"`,
      `bind_to_address "${socket}"`,
      "audio_output {",
      `type "null"`,
      `name "nothing"`,
      "}",
      "",
    ].join("\n"),
  );
  const mpd = spawn("mpd", ["--no-daemon", join(folder, "mpd.conf")], { stdio: "ignore", cwd: folder });
  try {
    const mpc = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await run(["mpc", "-h", socket, ...args]);
      if (code !== 0) throw new Error(`mpc ${args.join(" ")}: ${stderr}`);
      return stdout;
    };
    await until("MPD answers", () => mpc("status").catch(() => undefined), DEADLINE_MS);
    await mpc("update", "--wait");
    return (await mpc("-f", FORMAT, "listall")).split("\n").filter(Boolean).sort();
  } finally {
    await end(mpd);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
