import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { Logger, Origin, OriginErrorKind } from "musicfs";
import { dropMessages } from "../../contracts/set-up-plugin.js";
import { listed } from "../../support/listed.js";
import {
  answerText,
  openLyingServer,
  type RawAnswer,
  type RawRequest,
} from "../../support/servers/lying-server.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { openS3 } from "./open-s3.js";

const noAbort = new AbortController().signal;
const KEYS = { accessKeyId: "AKIATEST", secretAccessKey: "s3cr3t-CANARY" };

describe("origin-s3 and a hostile server", () => {
  test("a continuation token that comes again ends the listing with an error", async (t) => {
    const { origin, requests } = await hostile(t, ({ before }, socket) =>
      socket.write(page([object(`${before.inAll}.mp3`)], `token ${before.inAll % 3}`)),
    );
    await assert.rejects(listed(origin), { kind: "wrong", message: /in a circle/u });
    assert.ok(requests.length <= 6, `${requests.length} requests`);
  });

  test("pages without end and without objects are left", async (t) => {
    const { origin, requests } = await hostile(t, ({ before }, socket) =>
      socket.write(page([], `token ${before.inAll}`)),
    );
    await assert.rejects(listed(origin), { kind: "wrong" });
    assert.ok(requests.length < 110);
  });

  const pages: Readonly<Record<string, readonly [body: string, message: RegExp]>> = {
    "a bomb of entities": [
      '<!DOCTYPE a [<!ENTITY b "c">]><ListBucketResult>&b;</ListBucketResult>',
      /document type/u,
    ],
    "elements without end": [`<ListBucketResult>${"<a>".repeat(9999)}`, /more than 16 deep/u],
    "more that cannot be asked for": [
      "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
      /how to ask/u,
    ],
    "an object without a size": [
      "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
      /without a key or a size/u,
    ],
    "a key that is not encoded as it says": [
      `<ListBucketResult>${object("%E0%A4%A")}<EncodingType>url</EncodingType></ListBucketResult>`,
      /not encoded/u,
    ],
    "a key of a megabyte": [
      `<ListBucketResult>${object("x".repeat(1_000_000))}</ListBucketResult>`,
      /too long/u,
    ],
    "a page of 20 MB": [`<ListBucketResult>${" ".repeat(20_000_000)}</ListBucketResult>`, /longer than/u],
    "a page of HTML": ["<html>Log in</html>", /begins with <html>/u],
    "a page that breaks off": ["<ListBucketResult><Contents>", /cannot be understood/u],
  };
  for (const [name, [body, message]] of Object.entries(pages)) {
    test(`${name}: the listing is an error, and its files stay`, async (t) => {
      const { origin } = await hostile(t, (_, socket) => socket.write(answer(200, body)));
      await assert.rejects(listed(origin), { name: "OriginError", kind: "wrong", message });
    });
  }

  const failures: Readonly<Record<string, readonly [status: number, code: string, kind: OriginErrorKind]>> = {
    "a wrong key": [403, "SignatureDoesNotMatch", "refused"],
    "a token that has expired": [400, "ExpiredToken", "refused"],
    "the wrong region": [400, "AuthorizationHeaderMalformed", "refused"],
    "a server that asks for patience": [503, "SlowDown", "busy"],
    "a bucket that is not there": [404, "NoSuchBucket", "unavailable"],
    "a bucket elsewhere": [301, "PermanentRedirect", "wrong"],
  };
  for (const [name, [status, code, kind]] of Object.entries(failures)) {
    test(`${name} is ${kind}, and named; reading says it, too`, async (t) => {
      const body = `<Error><Code>${code}</Code><Message>It was s3cr3t-CANARY</Message></Error>`;
      const headers = { "x-amz-bucket-region": "eu-north-1", location: "http://evil.invalid/" };
      const { origin } = await hostile(t, (_, socket) => socket.write(answer(status, body, headers)));
      const isSo = ({ kind: told, message }: { kind: string; message: string }): boolean => {
        assert.equal(told, kind, message);
        assert.match(message, new RegExp(code, "u"));
        assert.doesNotMatch(message, /CANARY/u);
        return true;
      };
      await assert.rejects(listed(origin), isSo);
      await assert.rejects(async () => origin.probe?.(noAbort), isSo);
      if (status === 301) await assert.rejects(listed(origin), { message: /region 'eu-north-1'/u });
      if (status !== 400) return;
      await assert.rejects(() => origin.read({ path: "a", sizeBytes: 9, mtimeMs: 0 }, 0, 9, noAbort), isSo);
    });
  }

  test("keys with every odd character are decoded, asked for as they are, and what is no path is told", async (t) => {
    const odd = [
      "a b+c%20&?#=:@;,!'()*~.mp3",
      'quo"te<>\\^`{|}.mp3',
      "new\nline\ttab\u007f.mp3",
      "夜/👨‍👩‍👧.flac",
      "Cafe\u0301/Caf\u00e9.mp3",
      "\uf7e9\uf780.mp3",
    ];
    const none = ["/leading.mp3", "two//slashes.mp3", "a/../b.mp3", "./c.mp3", "folder/"];
    const lines: string[] = [];
    const log: Logger = {
      ...dropMessages,
      warn: (message) => void lines.push(String(message)),
      child: () => log,
    };
    const { origin, requests } = await hostile(
      t,
      ({ method }, socket) =>
        method === "HEAD"
          ? socket.write(answer(200, "", { "content-length": 3, etag: '"e"' }))
          : socket.write(
              page([...odd, ...none].map((key) => object(encodeURIComponent(key).replaceAll("%20", "+")))),
            ),
      log,
    );
    const { files } = await listed(origin);
    assert.deepEqual(
      files.map(({ path }) => path),
      odd,
    );
    assert.match(lines.join("\n"), /4 objects have keys that are no paths/u);
    for (const path of odd) assert.equal((await origin.stat(path, noAbort))?.path, path);
    const asked = requests.filter(({ method }) => method === "HEAD").map(({ path }) => path);
    assert.deepEqual(
      asked.map((path) => decodeURIComponent(path.slice("/music/".length))),
      odd,
    );
    for (const path of asked) assert.match(path, /^[A-Za-z0-9\-._~%/]+$/u);
  });

  test("what lies in an archive is not shown, and not gone", async (t) => {
    const { origin } = await hostile(t, (_, socket) =>
      socket.write(
        page([
          object("deep.flac", "<StorageClass>GLACIER</StorageClass>"),
          object("a.flac", "<StorageClass>STANDARD</StorageClass>"),
        ]),
      ),
    );
    const { files, unreadable } = await listed(origin);
    assert.deepEqual(
      files.map(({ path }) => path),
      ["a.flac"],
    );
    assert.deepEqual(unreadable, [{ path: "deep.flac", reason: "it lies in an archive (GLACIER)" }]);
  });
});

describe("the keys of origin-s3", () => {
  test("come from the options, the environment, the shared file and its sections, in this order", async (t) => {
    const file = join(temporaryFolder(t), "credentials");
    writeFileSync(
      file,
      "[default]\naws_access_key_id = DEFAULT\naws_secret_access_key=d\n\n[ other ]\naws_access_key_id=OTHER\naws_secret_access_key = o/+=\naws_session_token = token\n",
    );
    const who = async (options: object, env: Record<string, string>): Promise<string> => {
      const names = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_SHARED_CREDENTIALS_FILE",
      ];
      const before = names.map((name) => [name, process.env[name]] as const);
      for (const name of names) delete process.env[name];
      Object.assign(process.env, { AWS_SHARED_CREDENTIALS_FILE: file, ...env });
      try {
        const server = await openLyingServer(t, (_, socket) => socket.write(page([])));
        const origin = await openS3({ bucket: "music", endpoint: server.url, ...options });
        await origin.probe?.(noAbort).finally(() => origin.close?.());
        const { headers } = server.requests[0] as RawRequest;
        const [, key] = /Credential=(\w+)\//u.exec(headers.authorization ?? "") ?? [];
        return [key ?? "nobody", headers["x-amz-security-token"]].filter(Boolean).join(" ");
      } finally {
        for (const [name, value] of before) {
          if (value === undefined) delete process.env[name];
          else process.env[name] = value;
        }
      }
    };
    const env = { AWS_ACCESS_KEY_ID: "ENV", AWS_SECRET_ACCESS_KEY: "e" };
    assert.equal(await who(KEYS, env), "AKIATEST");
    assert.equal(await who({}, env), "ENV");
    assert.equal(await who({}, {}), "DEFAULT");
    assert.equal(await who({}, { AWS_PROFILE: "other" }), "OTHER token");
    assert.equal(await who({ profile: "other" }, env), "OTHER token");
    assert.equal(await who({ anonymous: true }, env), "nobody");
    await assert.rejects(who({ profile: "none" }, {}), /there are no keys: set accessKeyId/u);
  });

  test("are read anew when the server has refused them, and not sent again before that", async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(folder, { recursive: true });
    const [id, key] = [join(folder, "id"), join(folder, "key")];
    writeFileSync(id, "OLD");
    writeFileSync(key, "old-secret");
    const server = await openLyingServer(t, ({ headers }, socket) =>
      socket.write(
        headers.authorization?.includes("Credential=NEW/")
          ? page([])
          : answer(403, "<Error><Code>InvalidAccessKeyId</Code></Error>"),
      ),
    );
    const origin = await openS3({
      bucket: "music",
      endpoint: server.url,
      accessKeyId: { file: id },
      secretAccessKey: { file: key },
    });
    t.after(() => origin.close?.());
    await assert.rejects(listed(origin), { kind: "refused", message: /InvalidAccessKeyId/u });
    assert.equal(server.requests.length, 1);
    writeFileSync(id, "NEW");
    await origin.probe?.(noAbort);
  });
});

async function hostile(
  t: TestContext,
  answers: RawAnswer,
  log: Logger = dropMessages,
): Promise<{ origin: Origin; requests: readonly RawRequest[] }> {
  const server = await openLyingServer(t, answers);
  const origin = await openS3({ bucket: "music", endpoint: server.url, ...KEYS }, { log });
  t.after(() => origin.close?.());
  return { origin, requests: server.requests };
}

function answer(status: number, body: string, headers: Record<string, string | number> = {}): Buffer {
  return answerText(status, { "content-length": Buffer.byteLength(body), ...headers }, body);
}

function page(objects: readonly string[], next?: string): Buffer {
  const more =
    next === undefined
      ? ""
      : `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`;
  return answer(
    200,
    `<ListBucketResult>${objects.join("")}<EncodingType>url</EncodingType>${more}</ListBucketResult>`,
  );
}

function object(key: string, more = ""): string {
  return `<Contents><Key>${key}</Key><Size>3</Size><LastModified>2026-11-24T18:00:00.250Z</LastModified><ETag>&quot;e&quot;</ETag>${more}</Contents>`;
}
