import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { Origin } from "musicfs";
import { listed } from "../../support/listed.js";
import { within } from "../../support/process.js";
import {
  answerText,
  openLyingServer,
  type RawAnswer,
  type RawRequest,
} from "../../support/servers/lying-server.js";
import { openHttp } from "./open-http.js";

const noAbort = new AbortController().signal;
const MODIFIED = "Tue, 24 Nov 2026 18:00:00 GMT";
const FILE = { "content-length": 3, "last-modified": MODIFIED, etag: '"e"' };

describe("origin-http and a hostile index", () => {
  test("links elsewhere are not followed, and those into the folder are", async (t) => {
    const elsewhere = [
      "../",
      "..",
      "/",
      "/music",
      "/music/",
      "./",
      "",
      "#top",
      "?C=N;O=D",
      "a.mp3?x=1",
      "/music/../etc/passwd",
      "%2e%2e/x.mp3",
      "//evil.test/music/a.mp3",
      "http://evil.test/music/a.mp3",
      "https://127.0.0.1/music/a.mp3",
      "javascript:alert(1)",
      "file:///etc/passwd",
      "deep/er.mp3",
      "/musical/a.mp3",
      "http://[",
      "a%2Fb.mp3",
      "a%00b.mp3",
      "http://u:p@127.0.0.1/music/x.mp3",
    ];
    const good = [
      "good.mp3",
      "/music/absolute.mp3",
      "&quot;q&quot; &amp; &#x1F3B6;.mp3",
      "back%5Cslash.mp3",
      "new%0Aline.mp3",
      "caf%E9.mp3",
      "Folder/",
    ];
    const { origin, requests } = await hostile(t, ({ method, path }, socket) => {
      if (method === "HEAD") socket.write(answerText(200, FILE));
      else socket.write(html(path === "/music/" ? [...elsewhere, ...good] : ["../", "in.mp3"]));
    });
    const { files } = await listed(origin);
    assert.deepEqual(
      files.map(({ path }) => path).sort(),
      [
        '"q" & 🎶.mp3',
        "Folder/in.mp3",
        "absolute.mp3",
        "back\\slash.mp3",
        "caf\uf7e9.mp3",
        "good.mp3",
        "new\nline.mp3",
      ].sort(),
    );
    for (const { path } of requests) assert.match(path, /^\/music\//u);
  });

  test("links of all kinds of HTML are found", async (t) => {
    const page = `<A HREF='single.mp3'>x</A><a class=x href=bare.mp3>x</a>\n<a\n href = "spaced.mp3" >x</a><link href="no.mp3"><abbr href="no.mp3">`;
    const { origin } = await hostile(t, ({ method }, socket) =>
      socket.write(
        method === "HEAD"
          ? answerText(200, FILE)
          : answerText(200, { "content-length": page.length, "content-type": "text/html" }, page),
      ),
    );
    assert.deepEqual((await listed(origin)).files.map(({ path }) => path).sort(), [
      "bare.mp3",
      "single.mp3",
      "spaced.mp3",
    ]);
  });

  const bombs: Readonly<Record<string, string>> = {
    "links that never close": "<a href=x ".repeat(400_000),
    "quotes that never close": `<a href="${"<a href='".repeat(400_000)}`,
    "blanks in a link": `<a href${" ".repeat(4_000_000)}`,
    "entities without end": `<a href="${"&#".repeat(2_000_000)}">`,
  };
  for (const [name, page] of Object.entries(bombs)) {
    test(`${name} hold nobody up`, async (t) => {
      const { origin } = await hostile(t, (_, socket) =>
        socket.write(answerText(200, { "content-length": page.length }, page)),
      );
      assert.deepEqual((await within("the listing", listed(origin), 10_000)).files, []);
    });
  }

  test("a page of 20 MB is no index", async (t) => {
    const { origin } = await hostile(t, (_, socket) =>
      socket.write(answerText(200, { "content-length": 20_000_000 }, Buffer.alloc(20_000_000, " "))),
    );
    await assert.rejects(listed(origin), { kind: "wrong", message: /longer than/u });
  });

  test("folders without end are followed 64 deep", async (t) => {
    const { origin, requests } = await hostile(t, (_, socket) => socket.write(html(["again/"])));
    const { unreadable } = await listed(origin);
    assert.deepEqual(
      unreadable.map(({ reason }) => reason),
      ["it lies more than 64 folders deep"],
    );
    assert.equal(requests.length, 65);
  });

  test("a file that may not be looked at is named, and its folder is listed", async (t) => {
    const { origin } = await hostile(t, ({ method, path }, socket) => {
      if (path.endsWith("endless.mp3")) socket.write(answerText(200, {}));
      else if (method !== "HEAD") socket.write(html(["secret.mp3", "gone.mp3", "endless.mp3", "a.mp3"]));
      else if (path.endsWith("secret.mp3")) socket.write(answerText(403, { "content-length": 0 }));
      else if (path.endsWith("gone.mp3")) socket.write(answerText(404, { "content-length": 0 }));
      else socket.write(answerText(200, FILE));
    });
    const { files, unreadable } = await listed(origin);
    assert.deepEqual(files, [{ path: "a.mp3", sizeBytes: 3, mtimeMs: Date.parse(MODIFIED), version: '"e"' }]);
    assert.deepEqual(unreadable.map(({ path }) => path).sort(), ["endless.mp3", "secret.mp3"]);
  });

  test("nginx's JSON tells all there is to know, and no file is looked at", async (t) => {
    const index = [
      { name: "Folder", type: "directory", mtime: MODIFIED },
      { name: "a b.mp3", type: "file", mtime: MODIFIED, size: 3 },
      { name: "../up.mp3", type: "file", mtime: MODIFIED, size: 3 },
      { name: "..", type: "directory", mtime: MODIFIED },
      { name: "pipe", type: "other", mtime: MODIFIED },
    ];
    const { origin, requests } = await hostile(t, ({ path, method }, socket) => {
      const body = JSON.stringify(path === "/music/" ? index : []);
      if (method === "HEAD") socket.write(answerText(200, FILE));
      else
        socket.write(
          answerText(200, { "content-type": "application/json", "content-length": body.length }, body),
        );
    });
    const { files } = await listed(origin);
    assert.deepEqual(files, [{ path: "a b.mp3", sizeBytes: 3, mtimeMs: Date.parse(MODIFIED) }]);
    assert.deepEqual(
      requests.map(({ path }) => path),
      ["/music/", "/music/Folder/"],
    );
    assert.deepEqual(await origin.stat("a b.mp3", noAbort), files[0]);
  });

  test("JSON that is no index is an error", async (t) => {
    const { origin } = await hostile(t, (_, socket) =>
      socket.write(
        answerText(200, { "content-type": "application/json", "content-length": 14 }, '{"files":"no"}'),
      ),
    );
    await assert.rejects(listed(origin), { kind: "wrong", message: /no index/u });
  });
});

describe("origin-http and a hostile manifest", () => {
  const good = '{"path":"a.mp3","size":3,"mtime":1,"etag":"e"}';
  const manifests: Readonly<Record<string, readonly [text: string, message: RegExp]>> = {
    "one that breaks off": [`${good}\n`, /broke off after 1 files/u],
    "one with another number of files": [`${good}\n{"end":true,"files":2}\n`, /1 files of 2/u],
    "a line that is no JSON": [`${good}\nhello\n{"end":true,"files":1}\n`, /line 2/u],
    "a path that leads out": [
      '{"path":"../a.mp3","size":3,"mtime":1}\n{"end":true,"files":1}',
      /no path below the root/u,
    ],
    "a size below zero": ['{"path":"a.mp3","size":-3,"mtime":1}\n{"end":true,"files":1}', /line 1/u],
    "a line without end": [`{"path":"${"x".repeat(100_000)}`, /more than 65536 characters/u],
    "a page of HTML": ["<html>Log in</html>", /line 1/u],
  };
  for (const [name, [text, message]] of Object.entries(manifests)) {
    test(`${name}: the listing is an error, and its files stay`, async (t) => {
      const { origin } = await hostile(
        t,
        (_, socket) => socket.write(answerText(200, { "content-length": text.length }, text)),
        "list.jsonl",
      );
      await assert.rejects(listed(origin), { kind: "wrong", message });
    });
  }

  test("times may be dates, and ETags may be missing", async (t) => {
    const text = `{"path":"a.mp3","size":3,"mtime":"${MODIFIED}"}\n{"path":"b.mp3","size":3,"mtime":"2026-11-24T18:00:00.9Z"}\n{"end":true,"files":2}`;
    const { origin } = await hostile(
      t,
      ({ method }, socket) =>
        socket.write(
          method === "HEAD"
            ? answerText(200, FILE)
            : answerText(200, { "content-length": text.length }, text),
        ),
      "list.jsonl",
    );
    const { files } = await listed(origin);
    const mtimeMs = Date.parse(MODIFIED);
    assert.deepEqual(
      files,
      ["a.mp3", "b.mp3"].map((path) => ({ path, sizeBytes: 3, mtimeMs })),
    );
    assert.deepEqual(await origin.stat("a.mp3", noAbort), files[0]);
  });
});

async function hostile(
  t: TestContext,
  answer: RawAnswer,
  manifest?: string,
): Promise<{ origin: Origin; requests: readonly RawRequest[] }> {
  const server = await openLyingServer(t, answer);
  const origin = await openHttp({
    url: `${server.url}/music`,
    ...(manifest === undefined ? {} : { manifest }),
  });
  t.after(() => origin.close?.());
  return { origin, requests: server.requests };
}

function html(links: readonly string[]): Buffer {
  const body = links.map((link) => `<a href="${link}">x</a>\n`).join("");
  return answerText(200, { "content-type": "text/html", "content-length": Buffer.byteLength(body) }, body);
}
