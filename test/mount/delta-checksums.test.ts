import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type RunningDaemon, type TestInstance, withInstance } from "../support/mount.js";
import { until } from "../support/process.js";
import { startApache } from "../support/servers/apache.js";
import { S3RVER_KEYS, startS3Rver } from "../support/servers/s3rver.js";
import { type CacheStats, cacheStats, settled } from "../support/store-mount.js";
import { largeFlac, MIB } from "./fixtures/retagged.js";

const BYTES = 16 * MIB;
/** So many samples fetch more than anything else that is fetched of a file. */
const SAMPLES = 200;
const SAMPLED_BYTES = SAMPLES * 4096;
const REFUSED = "it is not what its server's checksum says";

/** A file on a server with checksums, which is given other contents. */
interface Checked {
  readonly origin: string;
  readonly put: (content: Buffer) => void | Promise<void>;
}

const contentOf = (comment: string): Buffer =>
  largeFlac({ title: "Checked", artists: ["Noise"], album: "Far", comment }, BYTES, 1, {
    paddingBytes: 4096 - comment.length,
  });

/** The same tags and lengths as an edit would give, and one byte of the audio that is another one. */
function withOtherAudio(content: Buffer): Buffer {
  const other = Buffer.from(content);
  const at = Math.floor(BYTES / 3);
  other[at] = (other[at] as number) ^ 1;
  return other;
}

async function mounted(
  { origin, put }: Checked,
  use: (
    instance: TestInstance,
    daemon: RunningDaemon,
    /** Puts a content, and waits until every byte of it is shown. @returns what the cache did for it. */
    change: (content: Buffer) => Promise<{ readonly taken: number; readonly fetched: number }>,
  ) => Promise<void>,
): Promise<void> {
  const config = {
    driver: "mount-fuse",
    imports: ['import { cacheLru, originS3, originWebdav } from "musicfs/plugins";'],
    lines: [`log: { level: "debug" }, delta: { samples: ${SAMPLES} },`],
    plugins: [origin, "cacheLru({ minFreeBytes: 0 })"],
  } as const;
  await put(contentOf(""));
  await withInstance(config, async (instance) => {
    const daemon = await instance.start();
    await daemon.scanned();
    const shown = join(instance.mountpoint, "Noise", "Far", "Checked.flac");
    const isShown = async (content: Buffer): Promise<boolean> =>
      (await stat(shown).catch(() => undefined))?.size === content.length &&
      (await readFile(shown)).equals(content);
    assert.ok(await isShown(contentOf("")));
    await use(instance, daemon, async (content) => {
      const before: CacheStats = await settled(instance, 1);
      await put(content);
      assert.equal((await instance.cli(["rescan"])).code, 0);
      await until("the new version is shown", () => isShown(content));
      const after = await cacheStats(instance);
      return {
        taken: after.deltaTakenBytes - before.deltaTakenBytes,
        fetched: after.originBytes - before.originBytes,
      };
    });
  });
}

async function checkProof(checked: Checked): Promise<void> {
  await mounted(checked, async (_, daemon, change) => {
    const edited = await change(contentOf("edited"));
    assert.ok(edited.taken > 0.99 * BYTES, `${edited.taken} bytes were taken`);
    assert.ok(edited.fetched < SAMPLED_BYTES / 2, `${edited.fetched} bytes were fetched`);
    assert.ok(!daemon.stderr().includes(REFUSED));
    const changed = await change(withOtherAudio(contentOf("edited again")));
    assert.ok(daemon.stderr().includes(REFUSED), "it was not refused");
    assert.ok(changed.taken === 0 && changed.fetched >= BYTES, `${changed.taken} bytes were taken`);
  });
}

test("an ETag of S3 that is an MD5 proves that the audio of a changed file is the same, or refuses it", async (t) => {
  const server = await startS3Rver();
  t.after(() => server.close());
  const options = { bucket: "music", endpoint: server.endpoint, ...S3RVER_KEYS };
  const origin = `originS3(${JSON.stringify(options)})`;
  await checkProof({ origin, put: (content) => server.put("music", "checked.flac", content) });
});

test("an ETag of S3 that only looks like an MD5 proves nothing: the audio is compared in places", async (t) => {
  const server = await startS3Rver();
  t.after(() => server.close());
  const options = { bucket: "music", endpoint: server.endpoint, ...S3RVER_KEYS };
  const origin = `originS3(${JSON.stringify(options)})`;
  const put = (content: Buffer): void =>
    server.put("music", "checked.flac", content, createHash("md5").update("x").update(content).digest("hex"));
  await mounted({ origin, put }, async (_, daemon, change) => {
    const { taken, fetched } = await change(contentOf("edited"));
    assert.ok(taken > 0.9 * BYTES, `${taken} bytes were taken`);
    assert.ok(fetched > SAMPLED_BYTES / 2 && fetched < BYTES / 4, `${fetched} bytes were fetched`);
    assert.ok(!daemon.stderr().includes(REFUSED));
  });
});

test("a checksum of a WebDAV server proves that the audio of a changed file is the same, or refuses it", async (t) => {
  const server = await startApache();
  t.after(() => server.close());
  // Apache keeps properties that it knows nothing of beside the files.
  mkdirSync(join(server.root, "kept"));
  chmodSync(join(server.root, "kept"), 0o777);
  const url = `${server.url}kept/`;
  const put = async (content: Buffer): Promise<void> => {
    const path = join(server.root, "kept", "checked.flac");
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
    const sums = `SHA1:${createHash("sha1").update(content).digest("hex")} MD5:00 ADLER32:1`;
    const body =
      '<D:propertyupdate xmlns:D="DAV:" xmlns:oc="http://owncloud.org/ns"><D:set><D:prop>' +
      `<oc:checksums><oc:checksum>${sums}</oc:checksum></oc:checksums></D:prop></D:set></D:propertyupdate>`;
    const answer = await fetch(`${url}checked.flac`, { method: "PROPPATCH", body });
    assert.equal(answer.status, 207, await answer.text());
  };
  await checkProof({ origin: `originWebdav(${JSON.stringify({ url })})`, put });
});
