import assert from "node:assert/strict";
import { copyFileSync, linkSync, mkdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { layoutArtistAlbum, layoutOrigin, originLocal } from "musicfs/plugins";
import { writeAudio } from "../../support/audio-writer.js";
import { openLibraryBench, originOf } from "../../support/library-bench.js";

/** A time that `utimes` can set exactly. */
const TIME_S = 1_600_000_000;
const ANN = { artists: ["Ann"], album: "First" };

test("a file that is moved keeps its inode, over a stop and a start", async (t) => {
  const bench = openLibraryBench(t);
  bench.write("a/1.flac", "flac", { title: "1", ...ANN });
  bench.write("a/2.flac", "flac", { title: "2", ...ANN });
  const views = { "/": layoutOrigin() };
  const plugins = [originLocal({ path: bench.music, id: "music" })];
  const { catalogue } = await bench.scan(plugins, views);
  const before = catalogue.files.byPath(1, "a/1.flac");
  mkdirSync(join(bench.music, "b"));
  renameSync(join(bench.music, "a/1.flac"), join(bench.music, "b/one.flac"));
  const { tree } = await bench.scan(plugins, views);
  assert.deepEqual(tree, ["/a/2.flac", "/b/one.flac"], "a layout that shows the path shows the new one");
  const after = catalogue.files.byPath(1, "b/one.flac");
  assert.equal(after?.ino, before?.ino);
  assert.equal(after?.id, before?.id);
  assert.equal(catalogue.reader.fileOf(after?.ino ?? 0)?.revision, 0, "its content is the same");
  assert.equal(catalogue.totals.tracks, 2);
});

test("a file that comes back under another name with the same content and time is the same", async (t) => {
  const bench = openLibraryBench(t);
  bench.write("1.flac", "flac", { title: "1", ...ANN });
  utimesSync(join(bench.music, "1.flac"), TIME_S, TIME_S);
  const { catalogue } = await bench.scan();
  const before = catalogue.files.byPath(1, "1.flac");
  copyFileSync(join(bench.music, "1.flac"), join(bench.music, "copy.flac"));
  utimesSync(join(bench.music, "copy.flac"), TIME_S, TIME_S);
  rmSync(join(bench.music, "1.flac"));
  await bench.scan();
  assert.equal(catalogue.files.byPath(1, "copy.flac")?.ino, before?.ino);
});

test("copies, links and other files of the same size and time are files of their own", async (t) => {
  const bench = openLibraryBench(t);
  bench.write("1.flac", "flac", { title: "1", ...ANN });
  const at = (path: string): string => join(bench.music, path);
  utimesSync(at("1.flac"), TIME_S, TIME_S);
  const { catalogue } = await bench.scan();
  const before = catalogue.files.byPath(1, "1.flac");
  linkSync(at("1.flac"), at("link.flac"));
  copyFileSync(at("1.flac"), at("copy.flac"));
  utimesSync(at("copy.flac"), TIME_S, TIME_S);
  await bench.scan();
  assert.equal(catalogue.files.count(1), 3);
  assert.equal(catalogue.files.byPath(1, "1.flac")?.ino, before?.ino);

  // The same size and time, and not the same music.
  bench.write("other.flac", "flac", { title: "2", ...ANN });
  utimesSync(at("other.flac"), TIME_S, TIME_S);
  for (const path of ["1.flac", "link.flac", "copy.flac"]) rmSync(at(path));
  assert.equal(statSync(at("other.flac")).size, before?.sizeBytes);
  await bench.scan();
  assert.notEqual(catalogue.files.byPath(1, "other.flac")?.ino, before?.ino);
});

test("a file is not taken for moved while its origin cannot say that it is gone", async (t) => {
  const bench = openLibraryBench(t);
  const bytes = writeAudio("flac", { title: "Far", ...ANN });
  let path = "old.flac";
  let stat = async (): Promise<undefined> => undefined;
  const plugin = originOf({
    async *list() {
      yield { files: [{ path, sizeBytes: bytes.length, mtimeMs: 0, identity: "7" }], unreadable: [] };
    },
    read: async (_file, offset, length) => bytes.subarray(offset, offset + length),
    stat: () => stat(),
  });
  const { catalogue } = await bench.scan([plugin], { "/": layoutOrigin() });
  const first = catalogue.files.byPath(1, "old.flac");
  path = "new.flac";
  stat = async () => {
    throw new Error("away");
  };
  await bench.scan([plugin], { "/": layoutOrigin() });
  const second = catalogue.files.byPath(1, "new.flac");
  assert.notEqual(second?.ino, first?.ino);
  path = "newer.flac";
  stat = async () => undefined;
  const { tree } = await bench.scan([plugin], { "/": layoutOrigin() });
  assert.equal(catalogue.files.byPath(1, "newer.flac")?.ino, second?.ino);
  assert.deepEqual(tree, ["/newer.flac"]);
});

test("with stable paths a track keeps its path when it is moved or retagged, until the layout is another one", async (t) => {
  const bench = openLibraryBench(t);
  bench.config = { paths: "stable" };
  const plugins = [originLocal({ path: bench.music, id: "music" })];
  const views = { "/": layoutArtistAlbum(), "/Folders": layoutOrigin() };
  bench.write("a/1.flac", "flac", { title: "1", ...ANN });
  const { tree } = await bench.scan(plugins, views);
  assert.deepEqual(tree, ["/Ann/First/1.flac", "/Folders/a/1.flac"]);
  renameSync(join(bench.music, "a"), join(bench.music, "b"));
  assert.deepEqual((await bench.scan(plugins, views)).tree, tree);
  bench.write("b/1.flac", "flac", { title: "A longer title", ...ANN });
  const retagged = await bench.scan(plugins, views);
  assert.deepEqual(retagged.tree, tree);
  assert.equal(
    retagged.catalogue.reader.fileOf(retagged.catalogue.files.byPath(1, "b/1.flac")?.ino ?? 0)?.revision,
    1,
  );
  bench.write("b/2.flac", "flac", { title: "2", ...ANN });
  assert.deepEqual((await bench.scan(plugins, views)).tree, [
    "/Ann/First/1.flac",
    "/Ann/First/2.flac",
    "/Folders/a/1.flac",
    "/Folders/b/2.flac",
  ]);
  const other = { "/": layoutArtistAlbum({ template: "$title.$format" }), "/Folders": layoutOrigin() };
  assert.deepEqual((await bench.scan(plugins, other)).tree, [
    "/2.flac",
    "/A longer title.flac",
    "/Folders/a/1.flac",
    "/Folders/b/2.flac",
  ]);
});
