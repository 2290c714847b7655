import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { readSecret } from "../../../core/secrets/read-secret.js";
import { hideSecret, hideSecretsIn, redact, withoutSecrets } from "../../../core/secrets/redaction.js";
import { secret } from "../../../core/secrets/secret.js";
import { silentLogger } from "../../support/loggers.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const read = (source: unknown, env: Record<string, string> = {}, configDir = "/", warnings: string[] = []) =>
  readSecret(secret().parse(source), { configDir, env, log: silentLogger(warnings) });

test("a secret comes from the config, the environment, a file or a credential", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "key"), "from a file\n", { mode: 0o600 });
  assert.equal(await read("in the config"), "in the config");
  assert.equal(await read({ env: "KEY" }, { KEY: "from the environment" }), "from the environment");
  assert.equal(await read({ file: "key" }, {}, folder), "from a file");
  assert.equal(await read({ credential: "key" }, { CREDENTIALS_DIRECTORY: folder }), "from a file");
});

test("one that is not there is told with its place, and what to do", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "empty"), "\n");
  writeFileSync(join(folder, "large"), "x".repeat(100_000), { mode: 0o600 });
  const code = "MFS_SECRET_UNAVAILABLE";
  await assert.rejects(read({ env: "KEY" }), { code, message: /variable KEY is not set/ });
  await assert.rejects(read({ env: "KEY" }, { KEY: "" }), { code, message: /variable KEY is empty/ });
  await assert.rejects(read({ file: "gone" }, {}, folder), {
    code,
    message: /file gone cannot be read: ENOENT/,
  });
  await assert.rejects(read({ file: "empty" }, {}, folder), { code, message: /file empty is empty/ });
  await assert.rejects(read({ file: "large" }, {}, folder), { code, message: /larger than 65536 bytes/ });
  await assert.rejects(read({ credential: "key" }), { code, hint: /LoadCredential=key:/ });
});

test("a file that everybody can read is warned of", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "key");
  writeFileSync(path, "open to all");
  chmodSync(path, 0o644);
  const warnings: string[] = [];
  await read({ file: path }, {}, folder, warnings);
  chmodSync(path, 0o640);
  await read({ file: path }, {}, folder, warnings);
  assert.deepEqual(warnings.length, 1);
  assert.match(warnings[0] ?? "", /chmod o-r/);
});

test("what is no place of a secret is a problem of the config", () => {
  for (const wrong of ["", 7, {}, { env: "A B" }, { env: "A", file: "b" }, { credential: "../x" }, null]) {
    assert.ok(!secret().safeParse(wrong).success, inspect(wrong));
  }
  assert.match(secret().safeParse(7).error?.message ?? "", /expected text, \{ env:/);
});

test("a secret shows itself nowhere", () => {
  const shown = secret().parse("never to be seen");
  assert.equal(JSON.stringify({ shown }), '{"shown":"***"}');
  assert.equal(`${shown} ${inspect({ shown })}`, "*** { shown: *** }");
  assert.deepEqual(Object.values(shown), []);
  assert.equal(redact("it was never to be seen"), "it was ***");
});

test("known values are hidden in each of their spellings, the longest first", () => {
  hideSecret('s3cr3t "quoted" & more');
  hideSecret("s3cr3t");
  hideSecret("abc");
  hideSecret("^a-b.c*d/e[f]{1}|g(h)\\i$");
  assert.equal(redact("x ^a-b.c*d/e[f]{1}|g(h)\\i$ y"), "x *** y");
  assert.equal(redact("a s3cr3t b"), "a *** b");
  assert.equal(redact('x s3cr3t "quoted" & more y'), "x *** y");
  assert.equal(redact(JSON.stringify({ x: 's3cr3t "quoted" & more' })), '{"x":"***"}');
  assert.equal(redact(`?k=${encodeURIComponent('s3cr3t "quoted" & more')}&b`), "?k=***&b");
  assert.equal(redact(new URLSearchParams({ k: 's3cr3t "quoted" & more' }).toString()), "k=***");
  assert.equal(redact("abc"), "abc");
  assert.equal(redact("http://me:pass word@x"), "http://me:pass word@x");
  assert.equal(redact("GET sftp://me:hunter2@host/x failed"), "GET sftp://me:***@host/x failed");
});

test("a key that names a secret hides what stands under it", () => {
  const options = {
    user: "me",
    password: "pw",
    apiKey: { env: "X" },
    list: [{ authToken: "t" }],
    tokenizer: "simple",
  };
  assert.deepEqual(withoutSecrets(options), {
    user: "me",
    password: "***",
    apiKey: "***",
    list: [{ authToken: "***" }],
    tokenizer: "simple",
  });
  hideSecretsIn({ origins: [{ secretAccessKey: "wJalrXUtnFEMI", accessKeyId: "AKIA" }] });
  assert.equal(redact("wJalrXUtnFEMI AKIA"), "*** AKIA");
});
