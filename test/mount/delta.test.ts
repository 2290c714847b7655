import assert from "node:assert/strict";
import { open, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { AudioTags } from "../support/audio-writer.js";
import { until } from "../support/process.js";
import { cacheStats, settled, verifyCache } from "../support/store-mount.js";
import { type CachedLibrary, type OriginRead, withCachedLibrary } from "./fixtures/cached-mount.js";
import { coverOf, largeFlac, largeMp3, MIB } from "./fixtures/retagged.js";

const driver = "mount-fuse";

interface Edit {
  readonly name: string;
  readonly extension: "flac" | "mp3";
  readonly before: (tags: AudioTags) => Buffer;
  readonly after: (tags: AudioTags) => Buffer;
  /** Bytes of the tags that changed. */
  readonly tagBytes: number;
}

const COVER_BYTES = 150_000;
const EDITS: readonly Edit[] = [
  {
    name: "a FLAC of 40 MB whose padding takes the edit",
    extension: "flac",
    before: (tags) => largeFlac(tags, 40 * MIB, 1, { paddingBytes: 8192 }),
    after: (tags) => largeFlac({ ...tags, comment: "edited" }, 40 * MIB, 1, { paddingBytes: 8192 - 18 }),
    tagBytes: 8192 + 500,
  },
  {
    name: "a FLAC of 40 MB whose audio a new cover shifts",
    extension: "flac",
    before: (tags) => largeFlac(tags, 40 * MIB, 1),
    after: (tags) => largeFlac(tags, 40 * MIB, 1, { cover: coverOf(COVER_BYTES) }),
    tagBytes: COVER_BYTES + 500,
  },
  {
    name: "an MP3 of 10 MB whose padding takes the edit",
    extension: "mp3",
    before: (tags) => largeMp3(tags, 10 * MIB, 1, { paddingBytes: 2048 }),
    after: (tags) => largeMp3({ ...tags, comment: "edited" }, 10 * MIB, 1, { paddingBytes: 2048 - 21 }),
    tagBytes: 2048 + 500,
  },
  {
    name: "an MP3 of 10 MB whose audio a new cover shifts",
    extension: "mp3",
    before: (tags) => largeMp3(tags, 10 * MIB, 1),
    after: (tags) => largeMp3(tags, 10 * MIB, 1, { cover: coverOf(COVER_BYTES) }),
    tagBytes: COVER_BYTES + 500,
  },
];

describe("files that were tagged anew", () => {
  test("are whole by less than 1 % of them beyond their tags, whether the audio moved or not", (t) => {
    const content = (track: number, tags: AudioTags): Buffer => (EDITS[track - 1] as Edit).before(tags);
    return withCachedLibrary(t, { driver, tracks: EDITS.length, trackBytes: 0, content }, async (library) => {
      await library.mounted(async ({ instance }) => {
        for (const [index, { name }] of EDITS.entries()) await expectShown(library, index + 1, name);
        await settled(instance, EDITS.length);
        const before = await cacheStats(instance);
        library.forgetReads();
        for (const [index, { after }] of EDITS.entries()) {
          await replace(library, after(tagsOf(index + 1)), index + 1);
        }
        await rescan(library);
        for (const [index, { name, tagBytes }] of EDITS.entries()) {
          await expectShown(library, index + 1, name);
          const reads = library.reads().filter(({ path }) => path === `Noise/${index + 1}.flac`);
          const fetched = bytesOf(reads);
          const size = library.contentOf(index + 1).length;
          t.diagnostic(`${name}: ${fetched} bytes in ${reads.length} requests, of ${size}`);
          assert.ok(fetched - tagBytes < size / 100, `${name}: ${fetched} bytes were fetched of ${size}`);
        }
        const after = await settled(instance, EDITS.length);
        assert.equal(after.originBytes - before.originBytes, bytesOf(library.reads()));
        assert.equal(after.corruptChunks, 0);
        assert.equal((await verifyCache(instance)).corrupt, 0);
      });
    });
  });
});

const BYTES = 4 * MIB;

describe("a file that was tagged anew has the bytes of its origin", () => {
  const before = (track: number, tags: AudioTags): Buffer => largeFlac(tags, BYTES, track);
  const retagged = (track: number): Buffer =>
    largeFlac(tagsOf(track), BYTES, track, { cover: coverOf(100_000) });

  test("when what is kept is damaged or not all of it, and when its audio changed without a word", (t) =>
    withCachedLibrary(t, { driver, tracks: 3, trackBytes: 0, content: before }, async (library) => {
      const [DAMAGED, CHANGED, PARTLY] = [1, 2, 3];
      await library.mounted(async ({ instance }) => {
        await readParts(library, PARTLY, [0, BYTES / 2]);
        for (const track of [DAMAGED, CHANGED]) await expectShown(library, track);
        await settled(instance, 2);
        assert.ok((await damageBlobs(library.store, BYTES, 10)) > 0);
        library.forgetReads();
        const changed = retagged(CHANGED);
        for (let at = 150_000; at < changed.length; at += 3000) changed[at] = (changed[at] ?? 0) ^ 1;
        await replace(library, changed, CHANGED);
        for (const track of [DAMAGED, PARTLY]) await replace(library, retagged(track), track);
        await rescan(library);
        const fetchedOf = async (track: number): Promise<number> => {
          await expectShown(library, track);
          return bytesOf(library.reads().filter(({ path }) => path === `Noise/${track}.flac`));
        };
        const size = changed.length;
        assert.ok((await fetchedOf(DAMAGED)) < 0.9 * size, "nothing was taken of what is damaged");
        assert.ok((await fetchedOf(PARTLY)) < 0.9 * size, "nothing was taken of what is kept in part");
        assert.ok((await fetchedOf(CHANGED)) >= size, "something was taken of what has other audio");
        await until("the versions before are gone", async () => (await cacheStats(instance)).files === 3);
        assert.ok((await settled(instance, 3)).corruptChunks > 0, "the damage was not found");
        assert.equal((await verifyCache(instance)).corrupt, 0);
      });
    }));

  test("when the daemon is killed while it takes them, again and again", (t) =>
    withCachedLibrary(t, { driver, tracks: 1, trackBytes: 0, content: before }, async (library) => {
      await library.mounted(async ({ instance }) => {
        await expectShown(library);
        await settled(instance, 1);
      });
      await replace(library, retagged(1));
      for (const part of [0.25, 0.75]) {
        const daemon = await library.instance.start();
        await daemon.scanned();
        await readParts(library, 1, [0], part * BYTES);
        await daemon.kill();
      }
      library.forgetReads();
      await library.mounted(async ({ instance }) => {
        assert.equal((await verifyCache(instance)).corrupt, 0);
        await expectShown(library);
        assert.ok(bytesOf(library.reads()) < MIB, `${bytesOf(library.reads())} bytes were fetched`);
        await settled(instance, 1);
        assert.equal((await verifyCache(instance)).corrupt, 0);
      });
    }));
});

/** Reads so many bytes of a track at each of the offsets, and compares them. */
async function readParts(
  library: CachedLibrary,
  track: number,
  offsets: readonly number[],
  bytes = MIB,
): Promise<void> {
  const expected = library.contentOf(track);
  const handle = await open(await trackOf(library, track));
  try {
    for (const at of offsets) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, at);
      assert.ok(buffer.subarray(0, bytesRead).equals(expected.subarray(at, at + bytesRead)));
    }
  } finally {
    await handle.close();
  }
}

/** Changes a bit in so many places of each blob of at least `leastBytes` on the disk. @returns how many blobs those are. */
async function damageBlobs(store: string, leastBytes: number, places: number): Promise<number> {
  const names = await readdir(join(store, "blobs"), { recursive: true });
  let damaged = 0;
  for (const name of names.filter((one) => /^[0-9a-f]{2}\/[0-9]+$/.test(one))) {
    const file = await open(join(store, "blobs", name), "r+");
    const { size, blocks } = await file.stat();
    if (blocks * 512 >= leastBytes) damaged += 1;
    for (let place = 1; place <= places && blocks * 512 >= leastBytes; place += 1) {
      const at = Math.floor((size * place) / (places + 1));
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
      await file.write(Buffer.of((buffer[0] ?? 0) ^ 4), 0, 1, at);
    }
    await file.close();
  }
  return damaged;
}

function tagsOf(track: number): AudioTags {
  return { title: `Track ${track}`, artists: ["Noise"], album: "Noise", trackNumber: track };
}

function bytesOf(reads: readonly OriginRead[]): number {
  return reads.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
}

async function trackOf({ instance }: CachedLibrary, track: number): Promise<string> {
  const names = await readdir(instance.mountpoint, { recursive: true });
  const name = names.find(
    (one) => one.startsWith("Noise") && /\.(flac|mp3)$/.test(one) && one.includes(`Track ${track}.`),
  );
  if (name === undefined) throw new Error(`track ${track} is not shown`);
  return join(instance.mountpoint, name);
}

// Put in its place by a rename, as taggers that are careful do.
async function replace(library: CachedLibrary, content: Buffer, track = 1): Promise<void> {
  const path = library.pathInOrigin(track);
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

async function rescan({ instance }: CachedLibrary): Promise<void> {
  const { code, stderr } = await instance.cli(["rescan"]);
  assert.equal(code, 0, stderr);
}

/** Waits until a file is shown as it is at the origin, reads all of it, and compares every byte. */
async function expectShown(library: CachedLibrary, track = 1, name = "it"): Promise<void> {
  const expected = library.contentOf(track);
  await until(`the new version of ${name} is shown`, async () => {
    const path = await trackOf(library, track).catch(() => undefined);
    if (path === undefined || (await stat(path)).size !== expected.length) return false;
    const content = await readFile(path);
    return content.equals(expected);
  });
}
