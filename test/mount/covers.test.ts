import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { writeAudio } from "../support/audio-writer.js";
import { type TestInstance, withInstance, withMount } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { until } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const CHANGE_MS = 20_000;

function jpeg(side: number, colour: string): Promise<Buffer> {
  const create = { width: side, height: side, channels: 3, background: colour } as const;
  return sharp({ create }).jpeg().toBuffer();
}

function writeAlbum(library: string, album: string, cover?: Buffer): void {
  mkdirSync(join(library, album));
  const tags = { title: "T", artists: ["A"], album, trackNumber: 1 };
  const options = cover ? { cover: { mimeType: "image/jpeg", data: cover } as const } : {};
  writeFileSync(join(library, album, "t.flac"), writeAudio("flac", tags, options));
}

async function sideOf(path: string): Promise<number | undefined> {
  const sizeBytes = statSync(path).size;
  const bytes = readFileSync(path);
  assert.equal(bytes.length, sizeBytes, "the size is exact before the first open");
  return (await sharp(bytes).metadata()).width;
}

/** As {@link sideOf}, for a picture that may become another between a look at it and its opening. */
async function sideWhenOpen(path: string): Promise<number | undefined> {
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    const bytes = readFileSync(fd);
    assert.equal(bytes.length, size, "the size is that of what was opened");
    return (await sharp(bytes).metadata()).width;
  } finally {
    closeSync(fd);
  }
}

function madeIn({ folder }: TestInstance): string[] {
  const made = join(folder, "cache/musicfs/default/covers");
  return readdirSync(made, { recursive: true, encoding: "utf8" }).filter((path) => path.includes("/"));
}

const missing = { code: "ENOENT" };

for (const driver of DRIVERS) {
  test(`${driver}: each cover is there in other sizes, and in no listing`, async (t) => {
    const library = temporaryFolder(t);
    writeAlbum(library, "Embedded", await jpeg(1500, "#336699"));
    writeAlbum(library, "Real");
    writeFileSync(join(library, "Real/front.jpg"), await jpeg(700, "#993333"));
    writeAlbum(library, "None");
    writeAlbum(library, "Broken");
    writeFileSync(join(library, "Broken/cover.jpg"), "no picture");
    await withMount({ driver, library }, async ({ mountpoint, instance }) => {
      const at = (path: string): string => join(mountpoint, "A", path);
      const found = execFileSync("find", [mountpoint, "-name", ".covers"], { encoding: "utf8" });
      assert.equal(found, "");
      assert.deepEqual(madeIn(instance), [], "nothing is made before somebody asks");

      assert.deepEqual(readdirSync(at("Embedded/.covers")).sort(), ["1200", "150", "300", "600"]);
      for (const size of [150, 300, 600, 1200])
        assert.equal(await sideOf(at(`Embedded/.covers/${size}/cover.jpg`)), size);
      assert.equal(await sideOf(at("Real/.covers/1200/cover.jpg")), 700);
      assert.ok(!readdirSync(at("Embedded")).includes(".covers"));
      assert.throws(() => statSync(at("None/.covers")), missing);
      assert.throws(() => statSync(at("Broken/.covers/300")), missing);
      assert.throws(() => statSync(at("Real/.covers/301")), missing);
      assert.throws(() => statSync(at("Real/.covers/300/.covers")), missing);
      assert.throws(() => writeFileSync(at("Real/.covers/300/x"), ""), { code: "EROFS" });

      const before = readFileSync(at("Real/.covers/300/cover.jpg"));
      rmSync(join(instance.folder, "cache/musicfs/default/covers"), { recursive: true });
      const again = async (): Promise<boolean> =>
        readFileSync(at("Real/.covers/300/cover.jpg")).equals(before);
      await until("it is made again", again, CHANGE_MS);

      writeFileSync(join(library, "Real/front.jpg"), await jpeg(200, "#339933"));
      // Until the change is noticed, what is missing cannot be made of the version that is shown; and libfuse's kernel
      // keeps a size for a second.
      const transient = ["EIO", "ENOENT", "ESTALE", ...(driver === "mount-fuse" ? [] : ["ERR_ASSERTION"])];
      const follows = async (): Promise<boolean> =>
        sideWhenOpen(at("Real/.covers/600/cover.jpg")).then(
          (side) => side === 200,
          (error) => {
            if (transient.includes(error.code)) return false;
            throw error;
          },
        );
      await until("the sizes follow the cover", follows, CHANGE_MS);
      rmSync(join(library, "Real/t.flac"));
      const isGone = async (): Promise<boolean> => !readdirSync(join(mountpoint, "A")).includes("Real");
      await until("an album that is gone keeps no sizes", isGone, CHANGE_MS);
      const isUnknown = async (): Promise<boolean> =>
        statSync(at("Real/.covers"), { throwIfNoEntry: false }) === undefined;
      await until("it is not found by its name, either", isUnknown, CHANGE_MS);
    });
  });
}

test("sizes that were made are found again after a restart, and kept within their limit", async (t) => {
  const library = temporaryFolder(t);
  for (const album of ["One", "Two", "Three"]) writeAlbum(library, album, await noise(900));
  const lines = [`covers: { sizes: [800], maxBytes: "1 MiB" },`];
  await withInstance({ driver: "mount-fuse", library, lines }, async (instance) => {
    const pathOf = (album: string): string => join(instance.mountpoint, "A", album, ".covers/800/cover.jpg");
    const first = await instance.start();
    await first.scanned();
    const shown = readFileSync(pathOf("One"));
    const [made] = madeIn(instance);
    const file = join(instance.folder, "cache/musicfs/default/covers", made ?? "");
    const { ino } = statSync(file);
    await first.stop();

    const second = await instance.start();
    await second.scanned();
    assert.ok(readFileSync(pathOf("One")).equals(shown));
    assert.equal(statSync(file).ino, ino, "it was not made anew");
    for (const album of ["Two", "Three"]) readFileSync(pathOf(album));
    const sizes = madeIn(instance).map(
      (path) => statSync(join(instance.folder, "cache/musicfs/default/covers", path)).size,
    );
    assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= 1024 * 1024, sizes.join());
    assert.ok(shown.length * 3 > 1024 * 1024, "all three would be too much");
    assert.ok(readFileSync(pathOf("One")).equals(shown), "what had to go is made again");
    await second.stop();
  });
});

/** A picture that does not get small. */
function noise(side: number): Promise<Buffer> {
  const create = {
    width: side,
    height: side,
    channels: 3,
    background: "#808080",
    noise: { type: "gaussian", mean: 128, sigma: 90 },
  } as const;
  return sharp({ create }).jpeg({ quality: 95 }).toBuffer();
}
