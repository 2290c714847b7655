import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type OriginSubject, originContract, runContract, sampleFiles } from "musicfs/testing";
import { checkRemoteMount, fillWithExamples } from "../mount/fixtures/remote-mount.js";
import { openHttp } from "../plugins/origin-http/open-http.js";
import { openS3 } from "../plugins/origin-s3/open-s3.js";
import { openWebdav } from "../plugins/origin-webdav/contract.js";
import { startApache } from "../support/servers/apache.js";
import { folderSubject, type ServerLimits } from "../support/servers/folder-subject.js";
import { startLighttpd } from "../support/servers/lighttpd.js";
import { startNginx } from "../support/servers/nginx.js";
import { type Radosgw, startRadosgw } from "../support/servers/radosgw.js";
import { S3Writer } from "../support/servers/s3-writer.js";
import type { WebServer } from "../support/servers/web-server.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const KEYS = { accessKeyId: "MUSICKEY1", secretAccessKey: "s3cr3t-one" };
const NEW_KEYS = { accessKeyId: "MUSICKEY2", secretAccessKey: "s3cr3t-two" };
const noAbort = new AbortController().signal;

type Open = Parameters<typeof folderSubject>[1];

const webdav: Open = (url) => openWebdav({ url });
const tree: Open = (url) => openWebdav({ url, depth: "infinity" });
const index =
  (place: string): Open =>
  (url) =>
    openHttp({ url: url.replace("/music/", `/${place}/`) });

/** It leaves out what is hidden, and its ETags are made of whole seconds and the size. */
const NGINX: ServerLimits = { lacks: (path) => path.includes("/."), hasCoarseTimes: true };
/** It gives no file whose name has a line break. */
const LIGHTTPD: ServerLimits = { lacks: (path) => path.includes("\n"), hasCoarseTimes: true };

const webServers: readonly (readonly [
  what: string,
  start: () => Promise<WebServer>,
  open: Open,
  limits?: ServerLimits,
])[] = [
  ["origin-webdav with apache2", startApache, webdav],
  [
    "origin-webdav with apache2, everything in one answer",
    () => startApache({ lines: ["DavDepthInfinity on"] }),
    tree,
  ],
  ["origin-webdav with nginx", startNginx, webdav, NGINX],
  ["origin-webdav with lighttpd", startLighttpd, webdav, LIGHTTPD],
  ["origin-http with apache2's indexes", startApache, index("plain")],
  ["origin-http with nginx's indexes", startNginx, index("plain"), NGINX],
  ["origin-http with nginx's indexes as JSON", startNginx, index("json"), NGINX],
];

for (const [what, start, open, limits] of webServers) {
  describe(`${what} keeps the contract of an origin`, () => {
    let server: WebServer;
    before(async () => {
      server = await start();
    });
    after(() => server.close());
    runContract(originContract, () => folderSubject(server, open, limits), { test });
  });
}

describe("origin-s3 with Ceph's radosgw", () => {
  let server: Radosgw;
  let subjects = 0;
  before(async () => {
    server = await startRadosgw(KEYS);
  });
  after(() => server.close());

  const bucketOf = async (name: string): Promise<S3Writer> => {
    const bucket = new S3Writer(server.endpoint, name, KEYS);
    await bucket.create();
    return bucket;
  };
  const open = (bucket: string) => openS3({ bucket, prefix: "Music", endpoint: server.endpoint, ...KEYS });
  const subject = async (): Promise<OriginSubject> => {
    subjects += 1;
    const name = `subject-${subjects}`;
    const bucket = await bucketOf(name);
    const expected = sampleFiles();
    await bucket.putAll(expected.map(({ path, bytes }) => [`Music/${path}`, bytes]));
    return {
      origin: await open(name),
      expected,
      replace: (path, bytes) => bucket.put(`Music/${path}`, bytes),
      remove: (path) => bucket.remove(`Music/${path}`),
      openMissing: () => open("no-such-bucket"),
      openWith: async (files) => {
        const more = await bucketOf(`${name}-more`);
        await more.putAll(files.map(({ path, bytes }) => [`Music/${path}`, bytes]));
        return open(`${name}-more`);
      },
      freeze: () => server.freeze(),
    };
  };

  describe("keeps the contract of an origin", () => {
    runContract(originContract, subject, { test });
  });

  test("a wrong key is refused, and named", async () => {
    const origin = await openS3({
      bucket: "any",
      endpoint: server.endpoint,
      ...KEYS,
      secretAccessKey: "another",
    });
    await assert.rejects(async () => origin.probe?.(noAbort), {
      kind: "refused",
      message: /SignatureDoesNotMatch/u,
    });
    await origin.close?.();
  });

  test("keys that are changed while it runs: refused until they are changed here, too", async (t) => {
    const bucket = await bucketOf("rotation");
    await bucket.put("a.mp3", Buffer.from("abc"));
    const [id, key] = [join(temporaryFolder(t), "id"), join(temporaryFolder(t), "key")];
    const write = ({ accessKeyId, secretAccessKey }: typeof KEYS): void => {
      writeFileSync(id, accessKeyId);
      writeFileSync(key, secretAccessKey);
    };
    write(KEYS);
    const options = { accessKeyId: { file: id }, secretAccessKey: { file: key } };
    const origin = await openS3({ bucket: "rotation", endpoint: server.endpoint, ...options });
    t.after(() => origin.close?.());
    const file = await origin.stat("a.mp3", noAbort);
    assert.ok(file);
    await server.addKeys(NEW_KEYS);
    await server.removeKeys(KEYS);
    await assert.rejects(origin.read(file, 0, 3, noAbort), { kind: "refused" });
    await assert.rejects(async () => origin.probe?.(noAbort), {
      kind: "refused",
      message: /InvalidAccessKeyId/u,
    });
    write(NEW_KEYS);
    // The keys that were read before are known to be no good, and are read anew for the next request.
    await origin.probe?.(noAbort);
    assert.equal(Buffer.from(await origin.read(file, 0, 3, noAbort)).toString(), "abc");
    await server.addKeys(KEYS);
    await server.removeKeys(NEW_KEYS);
  });

  // The last one: it takes the server away.
  test("a bucket is mounted: its tree and bytes, its changes, and what is there when it is gone", async (t) => {
    const bucket = await bucketOf("mounted");
    const put = (path: string, file: string): Promise<void> => bucket.put(path, readFileSync(file));
    await fillWithExamples(put);
    await checkRemoteMount(t, {
      port: Number(new URL(server.endpoint).port),
      origin: (port) =>
        `originS3(${JSON.stringify({ bucket: "mounted", endpoint: `http://127.0.0.1:${port}`, ...KEYS, pollInterval: "1 s" })})`,
      put,
      kill: () => server.kill(),
    });
  });
});
