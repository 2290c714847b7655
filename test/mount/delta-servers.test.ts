import assert from "node:assert/strict";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import type { AudioTags } from "../support/audio-writer.js";
import { FaultProxy } from "../support/fault-proxy.js";
import { type TestInstance, withInstance } from "../support/mount.js";
import { until } from "../support/process.js";
import { startApache } from "../support/servers/apache.js";
import { S3RVER_KEYS, startS3Rver } from "../support/servers/s3rver.js";
import { openSshd } from "../support/servers/sshd.js";
import { settled, verifyCache } from "../support/store-mount.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { coverOf, largeFlac, largeMp3, MIB } from "./fixtures/retagged.js";

const COVER_BYTES = 60_000;
const FLAC_BYTES = 40 * MIB;
const MP3_BYTES = 10 * MIB;

/** A server with music, and the way to it. */
interface Server {
  readonly name: string;
  readonly proxy: FaultProxy;
  /** What stands for it in the config. */
  readonly origin: string;
  /** Gives a file of the server a content. */
  put(path: string, bytes: Buffer): void;
}

type Track = "flac" | "mp3";
const TRACKS: readonly Track[] = ["flac", "mp3"];

test("files that were tagged anew on S3, WebDAV and SFTP servers are whole by less than 1 % of them", async (t) => {
  const servers = [await s3(t), await webdav(t), await sftp(t)];
  const contents = new Map<string, Buffer>();
  const put = (server: Server, index: number, track: Track, isTaggedAnew: boolean): void => {
    const bytes = contentOf(server, index, track, isTaggedAnew);
    contents.set(`${server.name} ${track}`, bytes);
    server.put(`Noise/${track}.${track}`, bytes);
  };
  for (const [index, server] of servers.entries())
    for (const track of TRACKS) put(server, index, track, false);
  const config = {
    driver: "mount-fuse",
    imports: ['import { cacheLru, originS3, originSftp, originWebdav } from "musicfs/plugins";'],
    plugins: [...servers.map(({ origin }) => origin), "cacheLru({ minFreeBytes: 0 })"],
  } as const;
  await withInstance(config, async (instance) => {
    await (await instance.start()).scanned();
    const isShown = async (server: Server, track: Track): Promise<boolean> => {
      const path = join(
        instance.mountpoint,
        "Noise",
        server.name,
        track === "flac" ? "01 - Flac.flac" : "02 - Mp3.mp3",
      );
      const expected = contents.get(`${server.name} ${track}`) as Buffer;
      const found = await stat(path).catch(() => undefined);
      return found?.size === expected.length && (await readFile(path)).equals(expected);
    };
    for (const server of servers)
      for (const track of TRACKS) assert.ok(await isShown(server, track), server.name);
    await settled(instance, servers.length * TRACKS.length);
    for (const [index, server] of servers.entries()) {
      for (const track of TRACKS) {
        put(server, index, track, true);
        const before = server.proxy.counts.bytesDown;
        await rescan(instance);
        await until(`the ${track} of ${server.name} is shown as it is now`, () => isShown(server, track));
        const bytes = server.proxy.counts.bytesDown - before;
        const size = contents.get(`${server.name} ${track}`)?.length ?? 0;
        t.diagnostic(`${server.name}, ${track}: ${bytes} bytes came, of ${size}`);
        assert.ok(
          bytes - COVER_BYTES < size / 100,
          `${server.name}, ${track}: ${bytes} bytes came of ${size}`,
        );
      }
    }
    assert.equal((await verifyCache(instance)).corrupt, 0);
  });
});

function contentOf(server: Server, index: number, track: Track, isTaggedAnew: boolean): Buffer {
  const isFlac = track === "flac";
  const tags: AudioTags = {
    title: isFlac ? "Flac" : "Mp3",
    artists: ["Noise"],
    album: server.name,
    trackNumber: isFlac ? 1 : 2,
  };
  const options = isTaggedAnew ? { cover: coverOf(COVER_BYTES) } : {};
  const [write, bytes] = isFlac ? [largeFlac, FLAC_BYTES] : ([largeMp3, MP3_BYTES] as const);
  return write(tags, bytes, 10 * index + (isFlac ? 1 : 2), options);
}

async function s3(t: TestContext): Promise<Server> {
  const server = await startS3Rver();
  t.after(() => server.close());
  const proxy = await before(t, Number(new URL(server.endpoint).port));
  const endpoint = `http://127.0.0.1:${proxy.port}`;
  return {
    name: "S3",
    proxy,
    origin: `originS3(${JSON.stringify({ bucket: "music", endpoint, ...S3RVER_KEYS })})`,
    put: (path, bytes) => server.put("music", path, bytes),
  };
}

async function webdav(t: TestContext): Promise<Server> {
  const server = await startApache();
  t.after(() => server.close());
  const proxy = await before(t, Number(new URL(server.url).port));
  const url = server.url.replace(/:[0-9]+\//, `:${proxy.port}/`);
  return {
    name: "WebDAV",
    proxy,
    origin: `originWebdav(${JSON.stringify({ url })})`,
    put: (path, bytes) => replaceFile(join(server.root, path), bytes),
  };
}

async function sftp(t: TestContext): Promise<Server> {
  const folder = temporaryFolder(t);
  const server = await openSshd(t, join(folder, "sshd"));
  const proxy = await before(t, server.port);
  const knownHosts = join(folder, "known_hosts");
  writeFileSync(knownHosts, `[127.0.0.1]:${proxy.port} ${server.hostKey}\n`);
  const path = join(folder, "music");
  const { username, keyFile: privateKeyFile } = server;
  const options = { host: "127.0.0.1", port: proxy.port, username, path, privateKeyFile, knownHosts };
  return {
    name: "SFTP",
    proxy,
    origin: `originSftp(${JSON.stringify(options)})`,
    put: (name, bytes) => replaceFile(join(path, name), bytes),
  };
}

async function before(t: TestContext, port: number): Promise<FaultProxy> {
  const proxy = await FaultProxy.open({ port });
  t.after(() => proxy.close());
  return proxy;
}

function replaceFile(path: string, bytes: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
}

async function rescan(instance: TestInstance): Promise<void> {
  const { code, stderr } = await instance.cli(["rescan"]);
  assert.equal(code, 0, stderr);
}
