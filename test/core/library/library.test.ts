import assert from "node:assert/strict";
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { layoutArtistAlbum, layoutOrigin, originLocal } from "musicfs/plugins";
import { NO_TAGS } from "../../../core/library/tags/track-tags.js";
import { definePlugin, type Plugin } from "../../../core/plugin.js";
import { writeAudio } from "../../support/audio-writer.js";
import { type LibraryBench, openLibraryBench, originOf } from "../../support/library-bench.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

test("tracks are shown by their tags, and by their folder where they have none", async (t) => {
  const bench = openLibraryBench(t);
  bench.write("x/1.flac", "flac", {
    title: "One",
    artists: ["Ann"],
    album: "First",
    trackNumber: 1,
    year: 1999,
  });
  bench.write("x/2.mp3", "mp3", { title: "Two", artists: ["Ann"], albumArtists: ["Band"], album: "First" });
  bench.write("x/3.ogg", "ogg", {
    title: "3",
    artists: ["Bo"],
    album: "Hits",
    compilation: true,
    trackNumber: 3,
  });
  bench.write("Cleo/Songs/04 - Four.opus", "opus", { artists: ["Cleo"] });
  bench.write("y/plain.wav", "wav", {});
  writeFileSync(join(bench.music, "y/broken.mp3"), "this is no music".repeat(50));
  writeFileSync(join(bench.music, "y/notes.txt"), "not shown");
  const { tree, library } = await bench.scan();
  assert.deepEqual(tree, [
    "/Band/First (1999)/01 - One.flac",
    "/Band/First (1999)/Two.mp3",
    "/Cleo/Songs/04 - Four.opus",
    "/Various Artists/Hits/03 - 3.ogg",
    "/y/broken.mp3",
    "/y/plain.wav",
  ]);
  assert.deepEqual(
    { ...library.scanStatus(), filesPerSecond: 0 },
    { state: "idle", done: 6, total: 6, skipped: 1, unreadableFolders: 0, filesPerSecond: 0 },
  );
});

test("a second scan reads nothing that did not change, and notices what did", async (t) => {
  const bench = openLibraryBench(t);
  bench.write("a.flac", "flac", { title: "A", artists: ["Ann"], album: "First" });
  bench.write("b.flac", "flac", { title: "B", artists: ["Ann"], album: "First" });
  bench.write("c.flac", "flac", { title: "C", artists: ["Ann"], album: "First" });
  const { catalogue } = await bench.scan();
  const origin = catalogue.originNumber("music");
  const before = catalogue.files.byPath(origin, "b.flac");
  bench.write("b.flac", "flac", { title: "New B", artists: ["Ann"], album: "First" });
  utimesSync(join(bench.music, "b.flac"), 1, 1);
  rmSync(join(bench.music, "c.flac"));
  bench.write("d.flac", "flac", { title: "D", artists: ["Dee"], album: "First" });
  // Were it read again, it would get its title back.
  const kept = catalogue.files.byPath(origin, "a.flac");
  assert.ok(kept && before);
  catalogue.transaction(() =>
    catalogue.files.saveReading(kept, {
      tags: { ...NO_TAGS, title: "Not read again" },
      audio: { format: "flac" },
    }),
  );
  const { tree } = await bench.scan();
  assert.deepEqual(tree, [
    "/Unknown Artist/Unknown Album/Not read again.flac",
    "/Various Artists/First/D.flac",
    "/Various Artists/First/New B.flac",
  ]);
  assert.equal(catalogue.files.tagged(kept)?.tags.title, "Not read again");
  const after = catalogue.files.byPath(origin, "b.flac");
  assert.equal(after?.ino, before.ino, "a retagged file keeps its inode");
  assert.equal(catalogue.reader.fileOf(before.ino)?.revision, 1);
});

test("the tree of one folder depends on its files, whatever the order of the scan, and follows them", async (t) => {
  const write = (bench: LibraryBench, name: string, artist: string, disc: number, year?: number): void =>
    bench.write(`hits/CD${disc}/${name}.flac`, "flac", {
      title: name,
      artists: [artist],
      album: "Hits",
      ...(year === undefined ? {} : { year }),
    });
  const all = ["a", "b", "c"].map(
    (name, at) => [name, at < 2 ? "Ann" : "Ben", at < 2 ? 1 : 2, 1999] as const,
  );
  const steps = [all, [...all].reverse()];
  for (const order of steps) {
    const bench = openLibraryBench(t);
    for (const [name, artist, disc, year] of order) {
      write(bench, name, artist, disc, name === "b" ? undefined : year);
      await bench.scan();
    }
    const { tree } = await bench.scan();
    assert.deepEqual(tree, [
      "/Ann/Hits (1999)/1-a.flac",
      "/Ann/Hits (1999)/1-b.flac",
      "/Ann/Hits (1999)/2-c.flac",
    ]);
    rmSync(join(bench.music, "hits/CD2"), { recursive: true });
    assert.deepEqual((await bench.scan()).tree, ["/Ann/Hits (1999)/a.flac", "/Ann/Hits (1999)/b.flac"]);
    write(bench, "d", "Cleo", 1, 1999);
    write(bench, "e", "Dee", 1, 1999);
    const various = ["a", "b", "d", "e"].map((name) => `/Various Artists/Hits (1999)/${name}.flac`);
    assert.deepEqual((await bench.scan()).tree, various);
  }
});

test("a folder with more tracks than an album has is a heap, whichever way it grew", async (t) => {
  const bench = openLibraryBench(t);
  const write = (at: number): void =>
    bench.write(`heap/${at}.wav`, "wav", { title: `${at}`, artists: [`Artist ${at % 7}`], album: "Heap" });
  for (let at = 0; at < 499; at++) write(at);
  const { tree } = await bench.scan();
  assert.ok(tree.every((path) => path.startsWith("/Various Artists/Heap/")));
  for (let at = 499; at < 503; at++) write(at);
  const grown = (await bench.scan()).tree;
  assert.equal(grown.length, 503);
  assert.ok(grown.every((path) => path.startsWith("/Artist ")));
  for (let at = 499; at < 503; at++) rmSync(join(bench.music, `heap/${at}.wav`));
  assert.deepEqual((await bench.scan()).tree, tree);
});

test("an error is never a deletion", async (t) => {
  const bench = openLibraryBench(t);
  bench.write("a/1.flac", "flac", { title: "1", artists: ["Ann"], album: "X" });
  bench.write("b/2.flac", "flac", { title: "2", artists: ["Ann"], album: "X" });
  const { tree } = await bench.scan();
  assert.equal(tree.length, 2);

  renameSync(bench.music, `${bench.music}.away`);
  assert.deepEqual((await bench.scan()).tree, tree, "the folder is not there");
  mkdirSync(bench.music);
  assert.deepEqual(
    (await bench.scan()).tree,
    tree,
    "the folder is there and empty, as a disk that is not mounted",
  );
  rmSync(bench.music, { recursive: true });
  renameSync(`${bench.music}.away`, bench.music);
  assert.equal(bench.warnings.length, 2);

  rmSync(join(bench.music, "b"), { recursive: true });
  assert.deepEqual((await bench.scan()).tree, ["/Ann/X/1.flac"], "gone from a complete listing");
});

test("what lies below a folder that cannot be read stays", async (t) => {
  const bench = openLibraryBench(t);
  const path = (batch: string): string => `${batch}/1.flac`;
  const files = ["a", "b"].map((batch) => ({ path: path(batch), sizeBytes: 4, mtimeMs: 0 }));
  let unreadable: string[] = [];
  const plugin = originOf({
    async *list() {
      const readable = files.filter((file) => !unreadable.includes(dirname(file.path)));
      yield { files: readable, unreadable: unreadable.map((folder) => ({ path: folder, reason: "EACCES" })) };
    },
  });
  const before = (await bench.scan([plugin, layoutArtistAlbum()])).tree;
  assert.equal(before.length, 2);
  unreadable = ["b"];
  const { tree, library } = await bench.scan([plugin, layoutArtistAlbum()]);
  assert.deepEqual(tree, before);
  assert.equal(library.scanStatus().unreadableFolders, 1);
  assert.match(bench.warnings.join("\n"), /cannot list 'b' of origin 'memory': EACCES/);
});

test("the tags of an origin without local files are read through it", async (t) => {
  const bench = openLibraryBench(t);
  const bytes = writeAudio("flac", { title: "Far", artists: ["Away"], album: "Album" });
  const plugin = originOf({
    async *list() {
      yield { files: [{ path: "far.flac", sizeBytes: bytes.length, mtimeMs: 0 }], unreadable: [] };
    },
    read: async (_file, offsetBytes, lengthBytes) => bytes.subarray(offsetBytes, offsetBytes + lengthBytes),
  });
  assert.deepEqual((await bench.scan([plugin, layoutArtistAlbum()])).tree, ["/Away/Album/Far.flac"]);
});

test("a file that could not be read is read again at the next scan; a malformed one is not", async (t) => {
  const bench = openLibraryBench(t);
  const bytes = writeAudio("flac", { title: "T", artists: ["A"], album: "B" });
  const reads: string[] = [];
  let fails = true;
  const plugin = originOf({
    async *list() {
      const file = { sizeBytes: bytes.length, mtimeMs: 0 };
      yield { files: ["bad.mp3", "good.flac"].map((path) => ({ ...file, path })), unreadable: [] };
    },
    read: async (file, offsetBytes, lengthBytes) => {
      reads.push(file.path);
      if (fails && file.path === "good.flac") throw Object.assign(new Error("no"), { code: "EIO" });
      const content = file.path === "bad.mp3" ? Buffer.alloc(bytes.length, "x") : bytes;
      return content.subarray(offsetBytes, offsetBytes + lengthBytes);
    },
  });
  const first = await bench.scan([plugin, layoutArtistAlbum()]);
  assert.deepEqual(first.tree, ["/bad.mp3", "/good.flac"]);
  assert.deepEqual(
    first.catalogue.problems.after(undefined, {}, 9).map(({ path, code }) => [path, code]),
    [
      ["bad.mp3", "unrecognised"],
      ["good.flac", "unreadable"],
    ],
  );
  fails = false;
  reads.length = 0;
  const second = await bench.scan([plugin, layoutArtistAlbum()]);
  assert.deepEqual(second.tree, ["/A/B/T.flac", "/bad.mp3"]);
  assert.deepEqual([...new Set(reads)], ["good.flac"]);
});

test("another layout places every track anew, without reading a tag", async (t) => {
  const bench = openLibraryBench(t);
  bench.write("a.flac", "flac", { title: "A", artists: ["Ann"], album: "First", genres: ["Folk"] });
  const origin = originLocal({ path: bench.music, id: "music" });
  await bench.scan([origin, layoutArtistAlbum()]);
  chmodSync(join(bench.music, "a.flac"), 0o000);
  const { tree } = await bench.scan([origin, layoutArtistAlbum({ template: "$genre/$title.$format" })]);
  assert.deepEqual(tree, ["/Folk/A.flac"]);
});

test("each view has a layout of its own, over the same tracks; changing one places that one anew", async (t) => {
  const bench = openLibraryBench(t);
  bench.write("x/a.flac", "flac", { title: "A", artists: ["Ann"], album: "First", genres: ["Folk"] });
  const origin = originLocal({ path: bench.music, id: "music" });
  const asked: string[] = [];
  const spy = (name: string): Plugin =>
    definePlugin({
      name: `layout-${name}`,
      setup({ hooks }) {
        hooks.placeTrack.tap((track) => {
          asked.push(name);
          return track.genres.map((genre) => [name, genre, "track.flac"]);
        });
      },
    })();
  const first = await bench.scan([origin], {
    "/": layoutArtistAlbum(),
    "/One": spy("one"),
    "/Folders": layoutOrigin(),
  });
  const { catalogue } = first;
  assert.deepEqual(first.tree, ["/Ann/First/A.flac", "/Folders/x/a.flac", "/One/one/Folk/track.flac"]);
  assert.equal(catalogue.totals.tracks, 1);
  const inodes = catalogue.tree
    .namesOf(catalogue.files.byPath(1, "x/a.flac")?.ino ?? 0)
    .map(({ ino }) => ino);
  assert.equal(inodes.length, 3);
  asked.length = 0;
  const second = await bench.scan([origin], {
    "/": layoutArtistAlbum(),
    "/One": spy("one"),
    "/Two": spy("two"),
  });
  assert.deepEqual(second.tree, [
    "/Ann/First/A.flac",
    "/One/one/Folk/track.flac",
    "/Two/two/Folk/track.flac",
  ]);
  assert.deepEqual(asked, ["two"]);
  const third = await bench.scan([origin, layoutArtistAlbum()]);
  assert.deepEqual(third.tree, ["/Ann/First/A.flac"], "the layout among the plugins is that of the root");
  const last = await bench.scan([origin], { "/One": spy("one") });
  assert.deepEqual(last.tree, ["/One/one/Folk/track.flac"], "no layout, no view at the root");
});

test("a layout that throws leaves a track to its folder, and is named", async (t) => {
  const bench = openLibraryBench(t);
  bench.write("x/a.flac", "flac", { title: "A", artists: ["Ann"] });
  bench.write("x/b.flac", "flac", { title: "B", artists: ["Ann"] });
  const picky = definePlugin({
    name: "layout-picky",
    setup({ hooks }) {
      hooks.placeTrack.tap((track) => {
        if (track.title === "A") throw new Error("not this one");
        return ["Fine", `${track.title}.${track.extension}`];
      });
    },
  });
  const { tree } = await bench.scan([originLocal({ path: bench.music, id: "music" }), picky()]);
  assert.deepEqual(tree, ["/Fine/B.flac", "/x/a.flac"]);
  assert.match(
    bench.warnings.join("\n"),
    /plugin 'layout-picky' failed in hook 'placeTrack': not this one.*x\/a\.flac/,
  );
});

test("an origin that left the config takes its files with it", async (t) => {
  const bench = openLibraryBench(t);
  bench.write("a.flac", "flac", { title: "A", artists: ["Ann"], album: "X" });
  const other = temporaryFolder(t);
  writeFileSync(join(other, "b.flac"), writeAudio("flac", { title: "B", artists: ["Bo"], album: "Y" }));
  const [first, second] = [originLocal({ path: bench.music }), originLocal({ path: other })];
  assert.equal((await bench.scan([first, second, layoutArtistAlbum()])).tree.length, 2);
  const { tree, catalogue } = await bench.scan([second, layoutArtistAlbum()]);
  assert.deepEqual(tree, ["/Bo/Y/B.flac"]);
  assert.deepEqual(catalogue.totals.tracks, 1);
  assert.equal(catalogue.origins().length, 1);
});

test("links do not lead out of the root unless the config wants it, and never in circles", async (t) => {
  const bench = openLibraryBench(t);
  const outside = temporaryFolder(t);
  writeFileSync(
    join(outside, "o.flac"),
    writeAudio("flac", { title: "Outside", artists: ["Ann"], album: "X" }),
  );
  symlinkSync(outside, join(outside, "again"));
  bench.write("in/i.flac", "flac", { title: "Inside", artists: ["Ann"], album: "X" });
  symlinkSync(outside, join(bench.music, "out"));
  symlinkSync(join(outside, "o.flac"), join(bench.music, "file.flac"));
  symlinkSync("..", join(bench.music, "in/up"));
  symlinkSync("i.flac", join(bench.music, "in/same.flac"));
  assert.deepEqual((await bench.scan()).tree, ["/Ann/X/Inside.flac"]);
  const following = originLocal({ path: bench.music, id: "music", followSymlinks: true });
  const { tree } = await bench.scan([following, layoutArtistAlbum()]);
  assert.equal(
    tree.filter((path) => path.includes("Outside")).length,
    2,
    "by the link to it and to its folder",
  );
  assert.equal(tree.length, 3);
});

test("a path with half a character in it is left out and counted, and harms no other", async (t) => {
  const bench = openLibraryBench(t);
  const file = (path: string) => ({ path, sizeBytes: 100, mtimeMs: 1 });
  const origin = originOf({
    async *list() {
      yield { files: [file("a/\ud800.flac"), file("a/\udc00/b.flac"), file("a/good.flac")], unreadable: [] };
    },
  });
  const { tree } = await bench.scan([origin, layoutOrigin()]);
  assert.deepEqual(tree, ["/a/good.flac"]);
  assert.match(bench.warnings.join("\n"), /^2 files of origin 'memory' are left out: .*surrogates/mu);
});
