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

test("of playlists with one name the second tells its origin, and those that show the same are one", async (t) => {
  const [library, other] = [temporaryFolder(t), temporaryFolder(t)];
  const write = (folder: string, title: string, seed: number): void => {
    const tags = { title, artists: ["Ann"], album: "First" };
    writeFileSync(join(folder, `${title}.mp3`), writeMp3(tags, { seed }));
  };
  write(library, "One", 1);
  write(other, "One", 1);
  write(other, "Two", 2);
  for (const folder of [library, other]) {
    mkdirSync(join(folder, "lists"));
    writeFileSync(join(folder, "lists", "Same.m3u"), "../One.mp3\n");
  }
  writeFileSync(join(library, "lists", "Mix.m3u"), "../One.mp3\n");
  writeFileSync(join(other, "lists", "Mix.m3u"), "../Two.mp3\n");
  const nas = `originLocal(${JSON.stringify({ path: other, id: "nas" })})`;
  const options = {
    driver: "mount-fuse",
    library,
    originOptions: { id: "disk", priority: 2 },
    plugins: [nas],
  } as const;
  await withMount(options, async ({ mountpoint, instance }) => {
    const folder = join(mountpoint, "Playlists");
    const shown = (): string => {
      try {
        const names = readdirSync(folder).sort();
        return names.map((name) => `${name}: ${readFileSync(join(folder, name), "utf8").trim()}`).join("\n");
      } catch {
        return "";
      }
    };
    const [one, two] = ["../Ann/First/One.mp3", "../Ann/First/Two.mp3"];
    const apart = [`Mix (disk).m3u: ${one}`, `Mix.m3u: ${two}`, `Same.m3u: ${one}`].join("\n");
    await until(`what is shown, now ${shown()}`, async () => shown() === apart, FOLLOW_MS);
    writeFileSync(join(other, "lists", "Mix.m3u"), "../One.mp3\n");
    utimesSync(join(other, "lists", "Mix.m3u"), 6, 6);
    await instance.cli(["rescan"]);
    const once = [`Mix.m3u: ${one}`, `Same.m3u: ${one}`].join("\n");
    await until(`those that show the same are one: ${shown()}`, async () => shown() === once, FOLLOW_MS);
  });
});

test("paths that cannot be shown are told by their reason, as long as they are listed", async (t) => {
  const folder = temporaryFolder(t);
  const listing = join(folder, "listing.json");
  const show = (paths: readonly string[]): void => writeFileSync(listing, JSON.stringify(paths));
  show(["fine.mp3", "half \ud800.mp3", "x/\udc00 other half.flac", "half \ud800.txt"]);
  const imports = [
    `import { definePlugin } from "musicfs";`,
    `import { readFileSync } from "node:fs";`,
    `const listed = () => JSON.parse(readFileSync(${JSON.stringify(listing)}, "utf8"))`,
    "  .map((path) => ({ path, sizeBytes: 0, mtimeMs: 0 }));",
    "const origin = {",
    '  id: "halves",',
    "  async *list() { yield { files: listed(), unreadable: [] }; },",
    "  async stat(path) { return listed().find((file) => file.path === path); },",
    "  async read() { return new Uint8Array(0); },",
    "};",
    'const halves = definePlugin({ name: "halves", provides: ["origin"],',
    "  setup({ hooks }) { hooks.openOrigin.tap(() => origin); } });",
  ];
  await withMount({ driver: "mount-fuse", imports, plugins: ["halves()"] }, async ({ instance }) => {
    const report = async (...flags: string[]) =>
      JSON.parse((await instance.cli(["scan", "--report", "--json", ...flags])).stdout);
    const { counts, problems } = await report();
    assert.deepEqual(counts, { "not-text": 2, empty: 1 });
    const refused = problems.filter(({ reason }: { reason: string }) => reason === "not-text");
    assert.deepEqual(
      refused.map(({ originId, path }: { originId: string; path: string }) => `${originId}: ${path}`).sort(),
      ["halves: half \ufffd.mp3", "halves: x/\ufffd other half.flac"],
    );
    assert.match(refused[0].detail, /lone surrogates/);
    assert.deepEqual((await report("--reason", "empty")).counts, { empty: 1 });
    assert.deepEqual((await report("--origin", "halves", "--limit", "2")).problems.length, 2);
    show(["fine.mp3", "half \ud800.mp3"]);
    await instance.cli(["rescan"]);
    assert.deepEqual((await report()).counts, { "not-text": 1, empty: 1 });
  });
});

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
