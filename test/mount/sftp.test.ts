import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createRandom } from "../contracts/random.js";
import { writeFlac } from "../support/audio-writer.js";
import { withMount } from "../support/mount.js";
import { run, until, within } from "../support/process.js";
import { openSshd } from "../support/servers/sshd.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { filesBelow } from "../support/tree-files.js";

const TRACKS = 6;

test("music on an SSH server is shown by its tags, right to the byte; what was read stays when the server is killed, what was not is EIO, and it is back without a restart", async (t) => {
  const base = temporaryFolder(t);
  const music = join(base, "music");
  mkdirSync(music);
  for (let track = 1; track <= TRACKS; track++) {
    const head = writeFlac({ title: `Track ${track}`, artists: ["Far"], album: "Away", trackNumber: track });
    writeFileSync(
      join(music, `${track}.flac`),
      Buffer.concat([head, createRandom(track).bytes(3_000_000 + track)]),
    );
  }
  const sshd = await openSshd(t, join(base, "keys"));
  const { port, username, keyFile: privateKeyFile, knownHosts } = sshd;
  const origin = {
    host: "127.0.0.1",
    port,
    username,
    privateKeyFile,
    knownHosts,
    path: music,
    idleTimeout: 1000,
  };
  const config = {
    driver: "mount-fuse",
    imports: [`import { cacheLru, originSftp } from "musicfs/plugins";`],
    plugins: [`originSftp(${JSON.stringify(origin)})`, "cacheLru({ minFreeBytes: 0 })"],
  } as const;
  await withMount(config, async ({ mountpoint, daemon }) => {
    await daemon.scanned();
    const shown = (await filesBelow(mountpoint)).filter((path) => path.endsWith(".flac")).sort();
    assert.equal(shown.length, TRACKS);
    const [warm, cold, ...rest] = shown as [string, string, ...string[]];
    for (const path of [warm, ...rest]) assert.ok(contentOf(music, path).equals(await readFile(path)), path);
    await sshd.kill();
    assert.ok(contentOf(music, warm).equals(await readFile(warm)), "what is in the cache is not served");
    const failed = await within("the error", run(["cat", cold], { deadlineMs: 40_000 }), 40_000);
    assert.notEqual(failed.code, 0);
    assert.match(failed.stderr, /Input\/output error/u);
    assert.equal((await filesBelow(mountpoint)).filter((path) => path.endsWith(".flac")).length, TRACKS);
    await sshd.start();
    await until(
      "the server is asked again",
      async () =>
        (await run(["cat", cold])).code === 0 && contentOf(music, cold).equals(await readFile(cold)),
      90_000,
    );
  });
});

function contentOf(music: string, shown: string): Buffer {
  const track = /Track (\d+)\.flac$/u.exec(shown)?.[1];
  return readFileSync(join(music, `${track}.flac`));
}
