import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, type TestContext, test } from "node:test";
import type { Origin } from "musicfs";
import { originHttp, originS3, originWebdav } from "musicfs/plugins";
import { setUpPlugin } from "musicfs/testing";
import { openHttpServer } from "../../support/http-server.js";
import { makeCertificates, type TestCertificates } from "../../support/servers/certificates.js";
import { answerText, openLyingServer, type RawAnswer } from "../../support/servers/lying-server.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const noAbort = new AbortController().signal;
const SECRET = "s3cr3t-CANARY";

/** Each origin of the web, as its config has it, with a password that must go nowhere else. */
const ORIGINS = {
  originHttp: (url: string, caFile: string) =>
    originHttp({ url, caFile, username: "me", password: SECRET, idleTimeout: 2_000 }),
  originWebdav: (url: string, caFile: string) =>
    originWebdav({ url, caFile, username: "me", password: SECRET, idleTimeout: 2_000 }),
  originS3: (endpoint: string, caFile: string) =>
    originS3({
      endpoint,
      caFile,
      bucket: "music",
      accessKeyId: "ID",
      secretAccessKey: SECRET,
      idleTimeout: 2_000,
    }),
} as const;
type Name = keyof typeof ORIGINS;

const good: RawAnswer = ({ method }, socket) => {
  const dav = `<D:multistatus xmlns:D="DAV:"><D:response><D:href>/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>`;
  const body = method === "PROPFIND" ? dav : "<ListBucketResult></ListBucketResult>";
  socket.write(answerText(method === "PROPFIND" ? 207 : 200, { "content-length": body.length }, body));
};

for (const name of Object.keys(ORIGINS) as Name[]) {
  describe(`${name} over https`, () => {
    let made: TestCertificates;
    before(async () => {
      made = await makeCertificates();
    });

    const openWith = async (t: TestContext, url: string, ca: string): Promise<Origin> => {
      const file = join(temporaryFolder(t), "ca.pem");
      writeFileSync(file, ca);
      const plugin = await setUpPlugin(ORIGINS[name](url, file));
      t.after(() => plugin.close());
      const [origin] = await plugin.origins();
      assert.ok(origin);
      t.after(() => origin.close?.());
      return origin;
    };

    test("a certificate of an authority of one's own is trusted once it is named", async (t) => {
      const server = await openLyingServer(t, good, made.right);
      const origin = await openWith(t, server.url, made.ca);
      await origin.probe?.(noAbort);
      assert.equal(server.requests.length, 1);
    });

    for (const bad of ["expired", "wrongName", "selfSigned"] as const) {
      test(`a certificate that is ${bad} is refused, and nothing is sent`, async (t) => {
        const server = await openLyingServer(t, good, made[bad]);
        const origin = await openWith(t, server.url, made.ca);
        await assert.rejects(async () => origin.probe?.(noAbort), { name: "OriginError", kind: "untrusted" });
        assert.deepEqual(server.requests, []);
      });
    }

    test("a server that speaks no TLS is refused, and nothing is sent", async (t) => {
      const server = await openHttpServer(t);
      const origin = await openWith(t, server.url.replace("http:", "https:"), made.ca);
      await assert.rejects(async () => origin.probe?.(noAbort), { kind: "untrusted" });
      assert.deepEqual(server.requests, []);
    });

    test("a redirection to http, or to another server, is not followed", async (t) => {
      const plain = await openLyingServer(t, good);
      const other = await openLyingServer(t, good, made.right);
      const server = await openLyingServer(t, good, made.right);
      const origin = await openWith(t, server.url, made.ca);
      const targets = [
        `${plain.url}/`,
        `${other.url}/`,
        server.url.replace("https:", "http:"),
        `//127.0.0.1:${new URL(plain.url).port}/`,
      ];
      for (const location of targets) {
        server.answer = (_, socket) => socket.write(answerText(302, { location, "content-length": 0 }));
        await assert.rejects(
          async () => origin.probe?.(noAbort),
          { kind: name === "originS3" ? "wrong" : "untrusted" },
          location,
        );
      }
      assert.ok(server.requests.length >= targets.length);
      assert.deepEqual([...plain.requests, ...other.requests], []);
    });

    test("a file of certificates that is none is an error of the config", async (t) => {
      const file = join(temporaryFolder(t), "none.pem");
      writeFileSync(file, readFileSync(new URL(import.meta.url)));
      const plugin = await setUpPlugin(ORIGINS[name]("https://localhost", file));
      t.after(() => plugin.close());
      await assert.rejects(plugin.origins(), /caFile .* holds no certificate/u);
    });
  });
}
