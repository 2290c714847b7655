import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { AudioTags } from "../support/audio-writer.js";
import { FaultProxy } from "../support/fault-proxy.js";
import { freePort } from "../support/free-port.js";
import { type TestInstance, withInstance } from "../support/mount.js";
import { until } from "../support/process.js";
import { cacheStats, settled, verifyCache } from "../support/store-mount.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { noise } from "./fixtures/cached-mount.js";
import { coverOf, largeFlac, largeMp3, MIB } from "./fixtures/retagged.js";

const driver = "mount-fuse";
const TOKEN = "the-token-of-the-other-one";
const MAX_BYTES = 300_000;
const COVER_BYTES = 20_000;

interface Edit {
  readonly name: string;
  readonly before: (tags: AudioTags) => Buffer;
  readonly after: (tags: AudioTags) => Buffer;
}

const EDITS: readonly Edit[] = [
  {
    name: "a FLAC of 40 MB whose padding takes the edit",
    before: (tags) => largeFlac(tags, 40 * MIB, 1, { paddingBytes: 8192 }),
    after: (tags) => largeFlac({ ...tags, comment: "edited" }, 40 * MIB, 1, { paddingBytes: 8192 - 18 }),
  },
  {
    name: "a FLAC of 40 MB whose audio a new cover shifts",
    before: (tags) => largeFlac(tags, 40 * MIB, 2),
    after: (tags) => largeFlac(tags, 40 * MIB, 2, { cover: coverOf(COVER_BYTES) }),
  },
  {
    name: "an MP3 of 10 MB whose audio a new cover shifts",
    before: (tags) => largeMp3(tags, 10 * MIB, 3),
    after: (tags) => largeMp3(tags, 10 * MIB, 3, { cover: coverOf(COVER_BYTES) }),
  },
  {
    name: "a FLAC of 20 MB of which a part in the middle is another one, and longer",
    before: (tags) => largeFlac(tags, 20 * MIB, 4),
    after: (tags) => {
      const whole = largeFlac(tags, 20 * MIB, 4);
      const [from, to] = [10 * MIB, 10 * MIB + 5_000];
      return Buffer.concat([whole.subarray(0, from), noise(9_000, 5), whole.subarray(to)]);
    },
  },
];

describe("a library that is shown on another machine", () => {
  test("has the same tags and bytes there, and a file that was tagged anew takes less than 300 KB", async (t) => {
    const library = temporaryFolder(t);
    mkdirSync(join(library, "Noise"));
    const pathOf = (track: number): string => join(library, "Noise", `${track}.flac`);
    for (const [index, { before }] of EDITS.entries())
      writeFileSync(pathOf(index + 1), before(tagsOf(index + 1)));
    const port = await freePort();
    const lines = [`control: { tcp: { port: ${port}, token: ${JSON.stringify(TOKEN)} } },`];
    await withInstance({ driver, library, originOptions: { id: "lib" }, lines }, async (other) => {
      await (await other.start()).scanned();
      const proxy = await FaultProxy.open({ port });
      try {
        await withInstance(showing(`http://127.0.0.1:${proxy.port}`), async (here) => {
          await (await here.start()).scanned();
          const track = (number: number): string => join(here.mountpoint, "Noise", "Noise", shownAs(number));
          const isShown = async (number: number): Promise<boolean> => {
            const expected = readFileSync(pathOf(number));
            const found = await stat(track(number)).catch(() => undefined);
            return found?.size === expected.length && (await readFile(track(number))).equals(expected);
          };
          assert.deepEqual((await readdir(join(here.mountpoint, "Noise", "Noise"))).length, EDITS.length);
          for (const index of EDITS.keys()) assert.ok(await isShown(index + 1));
          await settled(here, EDITS.length);
          for (const [index, { name, after }] of EDITS.entries()) {
            const before = proxy.counts.bytesDown;
            writeFileSync(`${pathOf(index + 1)}.new`, after(tagsOf(index + 1)));
            renameSync(`${pathOf(index + 1)}.new`, pathOf(index + 1));
            // Nobody has either of them look: the change is noticed there, and told here.
            await until(`${name} is shown as it is now`, () => isShown(index + 1));
            const bytes = proxy.counts.bytesDown - before;
            t.diagnostic(`${name}: ${bytes} bytes came through the connection`);
            assert.ok(bytes < MAX_BYTES, `${name}: ${bytes} bytes came`);
          }
          await settled(here, EDITS.length);
          assert.equal((await cacheStats(here)).corruptChunks, 0);
          assert.equal((await verifyCache(here)).corrupt, 0);
          await staysReadable(here, other, isShown);
        });
      } finally {
        await proxy.close();
      }
    });
  });
});

/** What was fetched is there while the other one is not. */
async function staysReadable(
  here: TestInstance,
  other: TestInstance,
  isShown: (track: number) => Promise<boolean>,
): Promise<void> {
  await other.endDaemons();
  for (const index of EDITS.keys()) assert.ok(await isShown(index + 1));
  const { code } = await here.cli(["status"]);
  assert.equal(code, 0);
}

function showing(url: string) {
  return {
    driver,
    imports: ['import { cacheLru, originMusicfs } from "musicfs/plugins";'],
    plugins: [
      `originMusicfs(${JSON.stringify({ url, token: TOKEN, origin: "lib" })})`,
      "cacheLru({ minFreeBytes: 0 })",
    ],
  } as const;
}

function tagsOf(track: number): AudioTags {
  return { title: `Track ${track}`, artists: ["Noise"], album: "Noise", trackNumber: track };
}

function shownAs(track: number): string {
  return `0${track} - Track ${track}.${track === 3 ? "mp3" : "flac"}`;
}
