import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { layoutArtistAlbum, layoutTemplate, originLocal } from "musicfs/plugins";
import { type Catalogue, openCatalogue } from "../../../core/catalogue/catalogue.js";
import type { Config } from "../../../core/config/config.js";
import { makeGeneratedFolders } from "../../../core/generated/generated-disk.js";
import { createInstance, openOrigins } from "../../../core/instance.js";
import { createLibraryParts } from "../../../core/library-parts.js";
import { ROOT_INO } from "../../../core/model/entry.js";
import { type AudioFormat, type AudioTags, writeAudio } from "../../support/audio-writer.js";
import { testConfig } from "../../support/config.js";
import { silentLogger } from "../../support/loggers.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const NEVER = new AbortController().signal;
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);

interface Bench {
  readonly music: string;
  readonly catalogue: Catalogue;
  track(path: string, tags: AudioTags, cover?: Buffer): void;
  file(path: string, text?: string): void;
  /** Scans, and gives everything that is shown. */
  scan(settings?: Partial<Config>): Promise<string[]>;
}

function openBench(t: TestContext, { byGenre = false, names = "posix" as "posix" | "portable" } = {}): Bench {
  const folder = temporaryFolder(t);
  const music = join(folder, "music");
  mkdirSync(music);
  const catalogue = openCatalogue(join(folder, "catalogue.sqlite"));
  t.after(() => catalogue.close());
  const write = (path: string, bytes: Buffer | string): void => {
    mkdirSync(dirname(join(music, path)), { recursive: true });
    writeFileSync(join(music, path), bytes);
  };
  return {
    music,
    catalogue,
    track(path, tags, cover) {
      const format = path.slice(path.lastIndexOf(".") + 1) as AudioFormat;
      const options = cover ? { cover: { mimeType: "image/jpeg", data: cover } as const } : {};
      write(path, writeAudio(format, { artists: ["Ann"], album: "First", ...tags }, options));
    },
    file: (path, text = "x") => write(path, text),
    async scan(settings = {}) {
      const views = byGenre
        ? [
            {
              root: "/By Genre",
              layout: layoutTemplate({ template: "$genre/$albumartist - $album/$title.$format" }),
            },
          ]
        : [];
      const plugins = [originLocal({ path: music, id: "music" }), layoutArtistAlbum()];
      const config = testConfig({ plugins, views, names, configDir: folder, stateDir: folder, ...settings });
      const instance = await createInstance(config, silentLogger());
      const origins = await openOrigins(instance, catalogue);
      const folders = makeGeneratedFolders(join(folder, "cache"), folder);
      const parts = createLibraryParts(
        config,
        instance,
        catalogue,
        origins,
        folders,
        silentLogger(),
        () => undefined,
      );
      try {
        await parts.library.scan(NEVER);
        return [...paths(catalogue, ROOT_INO, "")].sort();
      } finally {
        await parts.close();
        await instance.dispose();
      }
    },
  };
}

function* paths(catalogue: Catalogue, ino: number, prefix: string): Generator<string> {
  for (const entry of catalogue.reader.readdir(ino, 0, 1_000_000)) {
    if (entry.kind === "directory") yield* paths(catalogue, entry.ino, `${prefix}/${entry.name}`);
    else yield `${prefix}/${entry.name}`;
  }
}

function inoAt(catalogue: Catalogue, path: string): number | undefined {
  const segments = path.split("/").slice(1);
  return segments.reduce<number | undefined>(
    (ino, name) => (ino === undefined ? undefined : catalogue.reader.lookup(ino, name)?.ino),
    ROOT_INO,
  );
}

test("side files follow their track by its name, and the album by its folder", async (t) => {
  const bench = openBench(t);
  bench.track("x/one.flac", { title: "One", trackNumber: 1 });
  bench.track("x/two.mp3", { title: "Two", trackNumber: 2 });
  for (const name of [
    "one.lrc",
    "one.en.lrc",
    "two.mp3.srt",
    "one more.lrc",
    "album.cue",
    "album.log",
    "notes.txt",
  ]) {
    bench.file(`x/${name}`);
  }
  for (const name of ["Scans/back.jpg", "Booklet/booklet.pdf", ".hidden.jpg", "._one.lrc"])
    bench.file(`x/${name}`);
  assert.deepEqual(await bench.scan(), [
    "/Ann/First/01 - One.en.lrc",
    "/Ann/First/01 - One.flac",
    "/Ann/First/01 - One.lrc",
    "/Ann/First/02 - Two.mp3",
    "/Ann/First/02 - Two.srt",
    "/Ann/First/album.cue",
    "/Ann/First/album.log",
    "/Ann/First/back.jpg",
    "/Ann/First/booklet.pdf",
    "/Ann/First/one more.lrc",
  ]);
  assert.equal(bench.catalogue.totals.tracks, 2);
});

test("they come, go and change with the files, and leave with the last track", async (t) => {
  const bench = openBench(t);
  bench.track("x/one.flac", { title: "One", trackNumber: 1 });
  assert.deepEqual(await bench.scan(), ["/Ann/First/01 - One.flac"]);
  bench.file("x/one.lrc", "first");
  bench.file("x/album.log");
  const shown = ["/Ann/First/01 - One.flac", "/Ann/First/01 - One.lrc", "/Ann/First/album.log"];
  assert.deepEqual(await bench.scan(), shown);
  const before = bench.catalogue.reader.getattr(inoAt(bench.catalogue, shown[1] ?? "") ?? 0);
  bench.file("x/one.lrc", "second version");
  await bench.scan();
  const after = bench.catalogue.reader.getattr(inoAt(bench.catalogue, shown[1] ?? "") ?? 0);
  assert.deepEqual([after?.ino, after?.sizeBytes], [before?.ino, 14]);
  assert.notEqual(after?.revision, before?.revision);

  bench.track("x/one.flac", { title: "Renamed", trackNumber: 1 });
  utimesSync(join(bench.music, "x/one.flac"), 5, 5);
  assert.deepEqual(await bench.scan(), [
    "/Ann/First/01 - Renamed.flac",
    "/Ann/First/01 - Renamed.lrc",
    "/Ann/First/album.log",
  ]);
  rmSync(join(bench.music, "x/album.log"));
  assert.deepEqual(await bench.scan(), ["/Ann/First/01 - Renamed.flac", "/Ann/First/01 - Renamed.lrc"]);
  bench.track("y/other.flac", { title: "Other", album: "Second" });
  renameSync(join(bench.music, "x/one.flac"), join(bench.music, "y/moved.flac"));
  assert.deepEqual(await bench.scan(), ["/Ann/First/01 - Renamed.flac", "/Ann/Second/Other.flac"]);
});

test("discs shown together have what lies in either, told apart by their folder", async (t) => {
  const bench = openBench(t);
  for (const disc of [1, 2]) {
    bench.track(`x/CD${disc}/a.flac`, { title: "A", trackNumber: 1 });
    bench.file(`x/CD${disc}/rip.log`);
  }
  bench.file("x/folder.jpg");
  assert.deepEqual(await bench.scan(), [
    "/Ann/First/1-01 - A.flac",
    "/Ann/First/2-01 - A.flac",
    "/Ann/First/cover.jpg",
    "/Ann/First/folder.jpg",
    "/Ann/First/rip (CD2).log",
    "/Ann/First/rip.log",
  ]);
});

test("a folder's picture goes where most of its tracks are, not to every album that has one of them", async (t) => {
  const bench = openBench(t);
  for (const at of [1, 2, 3]) bench.track(`x/${at}.flac`, { title: `${at}`, album: "Big" });
  bench.track("x/4.flac", { title: "4", album: "Small" });
  bench.file("x/cover.jpg");
  const shown = (await bench.scan()).filter((path) => path.endsWith(".jpg"));
  assert.deepEqual(shown, ["/Ann/Big/cover.jpg"]);
});

test("the cover is a real picture by the best name, else the embedded one of the first track", async (t) => {
  const bench = openBench(t, { byGenre: true });
  const cover = Buffer.concat([JPEG, Buffer.alloc(996)]);
  bench.track(
    "x/2.flac",
    { title: "Two", trackNumber: 2, genres: ["Folk"] },
    Buffer.concat([JPEG, Buffer.alloc(50)]),
  );
  bench.track("x/1.mp3", { title: "One", trackNumber: 1, genres: ["Folk"] }, cover);
  const embedded = (await bench.scan()).filter((path) => path.endsWith(".jpg"));
  assert.deepEqual(embedded, ["/Ann/First/cover.jpg", "/By Genre/Folk/Ann - First/cover.jpg"]);
  const inos = embedded.map((path) => inoAt(bench.catalogue, path));
  assert.equal(inos[0], inos[1], "all views share it");
  assert.equal(bench.catalogue.reader.getattr(inos[0] ?? 0)?.sizeBytes, 1000);

  bench.file("x/front.png");
  bench.file("x/AlbumArtSmall.jpg");
  const real = (await bench.scan()).filter((path) => path.startsWith("/Ann") && !/flac|mp3/.test(path));
  assert.deepEqual(real, ["/Ann/First/AlbumArtSmall.jpg", "/Ann/First/cover.png", "/Ann/First/front.png"]);
  assert.equal(
    bench.catalogue.generated.byIno(inos[0] ?? 0),
    undefined,
    "nothing is left of the embedded one",
  );
  assert.equal(inoAt(bench.catalogue, real[1] ?? ""), inoAt(bench.catalogue, real[2] ?? ""));

  rmSync(join(bench.music, "x/front.png"));
  bench.track("x/1.mp3", { title: "One", trackNumber: 1, genres: ["Folk"] });
  utimesSync(join(bench.music, "x/1.mp3"), 5, 5);
  await bench.scan();
  assert.equal(
    bench.catalogue.reader.getattr(inoAt(bench.catalogue, "/Ann/First/cover.jpg") ?? 0)?.sizeBytes,
    54,
  );
});

test("songs of several albums in one directory have no cover of one of them", async (t) => {
  const bench = openBench(t);
  const cover = Buffer.concat([JPEG, Buffer.alloc(100)]);
  for (const at of [1, 2]) bench.track(`heap/${at}.flac`, { title: `${at}`, album: `Album ${at}` }, cover);
  bench.track("untagged/a.wav", { artists: [], album: undefined } as never);
  assert.deepEqual(
    (await bench.scan()).filter((path) => path.endsWith(".jpg")),
    ["/Ann/Album 1/cover.jpg", "/Ann/Album 2/cover.jpg"],
  );
});

test("what is shown is the same after any history", async (t) => {
  const bench = openBench(t);
  const fresh = openBench(t);
  const steps: ((to: Bench) => void)[] = [
    (to) => to.track("x/CD1/a.flac", { title: "A" }, Buffer.concat([JPEG, Buffer.alloc(60)])),
    (to) => to.file("x/cover.jpg"),
    (to) => to.track("x/CD2/b.flac", { title: "B" }),
    (to) => to.file("x/CD2/b.lrc"),
    (to) => to.file("x/CD2/c.log"),
    (to) => to.track("y/a.flac", { title: "A" }),
    (to) => to.file("y/cover.jpg"),
  ];
  for (const step of steps) {
    step(bench);
    await bench.scan();
  }
  for (const step of [...steps].reverse()) step(fresh);
  const shown = await bench.scan();
  assert.deepEqual(shown, await fresh.scan());
  assert.ok(shown.includes("/Ann/First/cover.jpg"));
});

test("portable names: cases that clash get a suffix, folders are one, and the smallest spelling is shown", async (t) => {
  for (const reverse of [false, true]) {
    const bench = openBench(t, { names: "portable" });
    const files: [path: string, artist: string, title: string][] = [
      ["x/a.flac", "Abba", "Why?"],
      ["x/b.flac", "ABBA", "Song"],
      ["x/c.flac", "abba", "SONG"],
    ];
    for (const [path, artist, title] of reverse ? files.toReversed() : files) {
      bench.track(path, { artists: [artist], albumArtists: [artist], album: "Con", title });
      bench.file(path.replace(".flac", ".lrc"));
      await bench.scan();
    }
    const shown = await bench.scan();
    assert.equal(shown.filter((path) => path.endsWith(".flac")).length, 3);
    assert.ok(
      shown.every((path) => path.startsWith("/ABBA/_Con/")),
      shown.join(),
    );
    assert.equal(new Set(shown.map((path) => path.toLowerCase())).size, 6, shown.join());
    assert.ok(shown.includes("/ABBA/_Con/Why_.flac") && shown.includes("/ABBA/_Con/Song.flac"), shown.join());
    bench.track("x/b.flac", { artists: ["ABBA"], albumArtists: ["ABBA"], album: "Con", title: "SoNG" });
    utimesSync(join(bench.music, "x/b.flac"), 5, 5);
    assert.ok((await bench.scan()).includes("/ABBA/_Con/SoNG.flac"));
  }
});

test("the config says which pictures are covers, and what follows; another one counts for what is there already", async (t) => {
  const bench = openBench(t);
  bench.track("x/1.flac", { title: "One", trackNumber: 1 }, Buffer.concat([JPEG, Buffer.alloc(60)]));
  for (const name of ["front.jpg", "my cover.png", "discovery.webp", "1.lrc"]) bench.file(`x/${name}`);
  bench.file("x/mix.m3u", "1.flac");
  const covers = { sizes: [], maxBytes: 1_000_000 };
  const shown = async (settings: Partial<Config>): Promise<string[]> =>
    (await bench.scan(settings)).map((path) => path.replace("/Ann/First/", "")).sort();
  const all = ["01 - One.flac", "01 - One.lrc", "discovery.webp", "front.jpg", "my cover.png"];
  const withCover = (name: string): string[] => [...all, name, "/Playlists/mix.m3u"].sort();
  const by = (...priority: string[]) => shown({ covers: { ...covers, priority } });
  const sizeOf = (name: string): number | undefined =>
    bench.catalogue.reader.getattr(inoAt(bench.catalogue, `/Ann/First/${name}`) ?? 0)?.sizeBytes;

  assert.deepEqual(await by("front", "embedded"), withCover("cover.jpg"));
  assert.equal(sizeOf("cover.jpg"), 1);
  assert.deepEqual(await by("embedded", "front"), withCover("cover.jpg"));
  assert.equal(sizeOf("cover.jpg"), 64);
  assert.deepEqual(await by("*cover*", "front"), withCover("cover.png"));
  assert.deepEqual(await by("disco*"), [...all, "/Playlists/mix.m3u"].sort());
  assert.deepEqual(await by("DISCOVERY"), withCover("cover.webp"));
  assert.deepEqual(await by(), [...all, "/Playlists/mix.m3u"].sort());
  const bare = { sideFiles: false, playlists: false, covers: { ...covers, priority: ["front"] } };
  assert.deepEqual(await shown(bare), ["01 - One.flac", "cover.jpg"]);
  assert.deepEqual(await by("front"), withCover("cover.jpg"));
});
