import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeMp3 } from "../support/audio-writer.js";
import { withMount } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { until } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const FOLLOW_MS = 30_000;

for (const driver of DRIVERS) {
  test(`${driver}: playlists are shown with the paths of the mount, and follow the tree`, async (t) => {
    const library = temporaryFolder(t);
    const write = (name: string, title: string): void => {
      mkdirSync(join(library, "x"), { recursive: true });
      const tags = { title, artists: ["Ann"], album: "First", trackNumber: 1 };
      writeFileSync(join(library, "x", name), writeMp3(tags, { seed: name.length }));
    };
    write("Ö.mp3", "One");
    write("two.mp3", "Two");
    const lines = [
      "#EXTM3U",
      "#EXTINF:1,Ann - One",
      "Ö.mp3",
      "..\\x\\two.mp3",
      "gone.mp3",
      "http://example.org/live",
    ];
    writeFileSync(join(library, "x", "Mix.m3u"), Buffer.from(lines.join("\r\n"), "latin1"));
    writeFileSync(join(library, "Mix.m3u"), "x/two.mp3\n");

    await withMount({ driver, library }, async ({ mountpoint, instance }) => {
      const folder = join(mountpoint, "Playlists");
      const read = (name: string): string[] => readFileSync(join(folder, name), "utf8").trimEnd().split("\n");
      const names = (): string[] => {
        try {
          return readdirSync(folder).sort();
        } catch {
          return [];
        }
      };
      await until("the playlists are shown", async () => names().length === 2, FOLLOW_MS);
      assert.deepEqual(names(), ["Mix (x).m3u", "Mix.m3u"]);
      assert.deepEqual(read("Mix (x).m3u"), [
        "#EXTM3U",
        "#EXTINF:1,Ann - One",
        "../Ann/First/01 - One.mp3",
        "../Ann/First/01 - Two.mp3",
        "# not in the library: gone.mp3",
        "http://example.org/live",
      ]);
      for (const name of names())
        assert.equal(statSync(join(folder, name)).size, readFileSync(join(folder, name)).length);
      for (const entry of read("Mix.m3u")) assert.ok(statSync(join(folder, entry)).isFile());

      write("two.mp3", "Renamed");
      utimesSync(join(library, "x", "two.mp3"), 5, 5);
      write("gone.mp3", "Back Again");
      await instance.cli(["rescan"]);
      const expected = ["../Ann/First/01 - Renamed.mp3"];
      await until("a playlist follows", async () => read("Mix.m3u").join() === expected.join(), FOLLOW_MS);
      await until(
        "an entry is there that was not",
        async () => read("Mix (x).m3u").includes("../Ann/First/01 - Back Again.mp3"),
        FOLLOW_MS,
      );
      rmSync(join(library, "Mix.m3u"));
      await instance.cli(["rescan"]);
      await until("a playlist goes", async () => names().join() === "Mix.m3u", FOLLOW_MS);
    });
  });
}

test("what was skipped is told by its reason", async (t) => {
  const library = temporaryFolder(t);
  writeFileSync(join(library, "broken.mp3"), "this is no music".repeat(50));
  writeFileSync(join(library, "empty.flac"), "");
  await withMount({ driver: "mount-fuse", library }, async ({ instance }) => {
    const { stdout } = await instance.cli(["scan", "--report", "--json"]);
    const { counts, problems } = JSON.parse(stdout);
    assert.deepEqual(counts, { empty: 1, unrecognised: 1 });
    assert.deepEqual(problems.map(({ path }: { path: string }) => path).sort(), ["broken.mp3", "empty.flac"]);
    const text = (await instance.cli(["scan", "--report", "--reason", "empty"])).stdout;
    assert.match(text, /^empty {2}\(1 file\)\n {2}\S+: empty\.flac: the file has no bytes\n$/);
    const none = await instance.cli(["scan", "--report", "--reason", "timeout"]);
    assert.equal(none.stdout, "");
    assert.equal((await instance.cli(["scan"])).code, 2);
  });
});
