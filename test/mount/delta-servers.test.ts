import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { AudioTags } from "../support/audio-writer.js";
import { type TestInstance, withInstance } from "../support/mount.js";
import { until } from "../support/process.js";
import { settled, verifyCache } from "../support/store-mount.js";
import { openProxied, type ProxiedServer, SERVER_IMPORTS, SERVER_NAMES } from "./fixtures/proxied-servers.js";
import { coverOf, largeFlac, largeMp3, MIB } from "./fixtures/retagged.js";

const COVER_BYTES = 60_000;

/** A file, and what a tagger makes of it one after the other. */
interface Track {
  readonly name: string;
  readonly shown: string;
  /** Its content as it is at first, and after each edit. */
  readonly versions: readonly ((tags: AudioTags, seed: number) => Buffer)[];
}

/** What is edited, and how many bytes of tags that changes. */
const EDITS = [
  { name: "its padding takes the edit", tagBytes: 8192 + 500 },
  { name: "a new cover shifts its audio", tagBytes: COVER_BYTES + 8192 + 500 },
] as const;

const TRACKS: readonly Track[] = [
  {
    name: "flac",
    shown: "01 - Flac.flac",
    versions: [
      (tags, seed) => largeFlac(tags, 40 * MIB, seed, { paddingBytes: 8192 }),
      (tags, seed) => largeFlac({ ...tags, comment: "edited" }, 40 * MIB, seed, { paddingBytes: 8192 - 18 }),
      (tags, seed) => largeFlac(tags, 40 * MIB, seed, { cover: coverOf(COVER_BYTES) }),
    ],
  },
  {
    name: "mp3",
    shown: "02 - Mp3.mp3",
    versions: [
      (tags, seed) => largeMp3(tags, 10 * MIB, seed, { paddingBytes: 2048 }),
      (tags, seed) => largeMp3({ ...tags, comment: "edited" }, 10 * MIB, seed, { paddingBytes: 2048 - 21 }),
      (tags, seed) => largeMp3(tags, 10 * MIB, seed, { cover: coverOf(COVER_BYTES) }),
    ],
  },
];

test("files that were tagged anew on S3, WebDAV and SFTP servers are whole by less than 1 % of them", async (t) => {
  const servers: ProxiedServer[] = [];
  for (const name of SERVER_NAMES) servers.push(await openProxied(t, name));
  const put = (server: ProxiedServer, track: Track, version: number): Buffer => {
    const content = contentOf(server, track, version);
    server.put(`Noise/${track.name}.${track.name}`, content);
    return content;
  };
  const config = {
    driver: "mount-fuse",
    imports: [SERVER_IMPORTS],
    plugins: [...servers.map((server) => server.origin()), "cacheLru({ minFreeBytes: 0 })"],
  } as const;
  for (const server of servers) for (const track of TRACKS) put(server, track, 0);
  await withInstance(config, async (instance) => {
    await (await instance.start()).scanned();
    const isShown = async (server: ProxiedServer, track: Track, expected: Buffer): Promise<boolean> => {
      const path = join(instance.mountpoint, "Noise", server.name, track.shown);
      const found = await stat(path).catch(() => undefined);
      return found?.size === expected.length && (await readFile(path)).equals(expected);
    };
    for (const server of servers) {
      for (const track of TRACKS)
        assert.ok(await isShown(server, track, contentOf(server, track, 0)), server.name);
    }
    for (const [index, edit] of EDITS.entries()) {
      await settled(instance, servers.length * TRACKS.length);
      for (const server of servers) {
        for (const track of TRACKS) {
          const expected = put(server, track, index + 1);
          const before = server.proxy.counts.bytesDown;
          await rescan(instance);
          const what = `${server.name}, ${track.name}, where ${edit.name}`;
          await until(`${what}: it is shown as it is now`, () => isShown(server, track, expected));
          const bytes = server.proxy.counts.bytesDown - before;
          t.diagnostic(`${what}: ${bytes} bytes came, of ${expected.length}`);
          assert.ok(bytes - edit.tagBytes < expected.length / 100, `${what}: ${bytes} bytes came`);
        }
      }
    }
    assert.equal((await verifyCache(instance)).corrupt, 0);
  });
});

function contentOf(server: ProxiedServer, track: Track, version: number): Buffer {
  const number = TRACKS.indexOf(track) + 1;
  const tags: AudioTags = {
    title: track.name === "flac" ? "Flac" : "Mp3",
    artists: ["Noise"],
    album: server.name,
    trackNumber: number,
  };
  const write = track.versions[version];
  assert.ok(write);
  return write(tags, 10 * SERVER_NAMES.indexOf(server.name) + number);
}

async function rescan(instance: TestInstance): Promise<void> {
  const { code, stderr } = await instance.cli(["rescan"]);
  assert.equal(code, 0, stderr);
}
