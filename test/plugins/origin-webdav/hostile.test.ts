import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { Origin } from "musicfs";
import { listed } from "../../support/listed.js";
import { until } from "../../support/process.js";
import {
  answerText,
  openLyingServer,
  type RawAnswer,
  type RawRequest,
} from "../../support/servers/lying-server.js";
import { openWebdav } from "./contract.js";

const noAbort = new AbortController().signal;
const HEAD = '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">';
const END = "</D:multistatus>";

describe("origin-webdav and a hostile server", () => {
  const bodies: Readonly<Record<string, readonly [body: string, message: RegExp]>> = {
    "a bomb of entities": [
      `<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "${"x".repeat(100)}">${"<!ENTITY b '&a;&a;'>"}]>${HEAD.slice(21)}&b;${END}`,
      /document type/u,
    ],
    "an entity that reads a file": [
      `<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]>${HEAD.slice(21)}${file("/dav/&a;")}${END}`,
      /document type/u,
    ],
    "an entity that nobody defined": [`${HEAD}${file("/dav/&a;")}${END}`, /undefined entity|disallowed/u],
    "elements without end": [`${HEAD}${"<a>".repeat(10_000)}`, /more than 32 deep/u],
    "a name of a megabyte": [`${HEAD}${file(`/dav/${"x".repeat(1_000_000)}`)}${END}`, /<href> is too long/u],
    "a list that breaks off": [`${HEAD}${file("/dav/a.mp3")}`, /cannot be understood/u],
    "a page of HTML": ["<html><body>Log in</body></html>", /begins with <html>/u],
    nothing: ["", /root element/u],
    "no XML": ["{}", /cannot be understood/u],
  };
  for (const [name, [body, message]] of Object.entries(bodies)) {
    test(`${name}: the listing is an error, and its files stay`, async (t) => {
      const { origin } = await hostile(t, (_, socket) => socket.write(multistatus(body)));
      await assert.rejects(listed(origin), { name: "OriginError", kind: "wrong", message });
    });
  }

  test("a list of two gigabytes is left when it is longer than any folder's", async (t) => {
    let sent = 0;
    const { origin } = await hostile(t, (_, socket) => {
      socket.write(answerText(207, { "transfer-encoding": "chunked" }));
      const piece = Buffer.from(`\n${" ".repeat(1 << 20)}`);
      const write = (text: string | Buffer): void => {
        if (socket.destroyed) return;
        const bytes = Buffer.from(text);
        sent += bytes.length;
        const chunk = Buffer.concat([
          Buffer.from(`${bytes.length.toString(16)}\r\n`),
          bytes,
          Buffer.from("\r\n"),
        ]);
        socket.write(chunk, (error) => {
          if (!error && sent < 2 ** 31) setImmediate(() => write(piece));
        });
      };
      write(HEAD);
    });
    await assert.rejects(listed(origin), { kind: "wrong", message: /longer than 67108864 bytes/u });
    assert.ok(sent < 2 ** 28, `${sent} bytes were taken`);
  });

  test("what does not lie in the folder that was asked for is not taken", async (t) => {
    const outside = [
      "/dav/../../etc/passwd",
      "/etc/passwd",
      "/dav/%2e%2e/x.mp3",
      "/dav/a%2Fb.mp3",
      "/dav/a%00.mp3",
    ];
    const hrefs = [
      ...outside,
      "/dav/deep/er.mp3",
      "dav/relative.mp3",
      "/dave/x.mp3",
      "//evil.test/dav/y.mp3",
    ];
    const { origin } = await hostile(t, (_, socket) =>
      socket.write(
        multistatus(
          HEAD + [...hrefs, "/dav/good.mp3", "http://proxy.test/dav/same.mp3"].map(file).join("") + END,
        ),
      ),
    );
    const { files } = await listed(origin);
    assert.deepEqual(files.map(({ path }) => path).sort(), ["good.mp3", "same.mp3"]);
  });

  test("folders without end are followed 64 deep", async (t) => {
    const { origin, requests } = await hostile(t, ({ path }, socket) =>
      socket.write(multistatus(HEAD + folder(`${path}again/`) + file(`${path}a.mp3`) + END)),
    );
    const { files, unreadable } = await listed(origin);
    assert.equal(files.length, 65);
    assert.deepEqual(
      unreadable.map(({ reason }) => reason),
      ["it lies more than 64 folders deep"],
    );
    assert.equal(requests.length, 65);
  });

  test("a folder that fails is named, and what was known below it stays", async (t) => {
    const { origin } = await hostile(t, ({ path }, socket) => {
      if (path === "/dav/bad/") socket.write(answerText(403, { "content-length": 0 }));
      else if (path === "/dav/gone/") socket.write(answerText(404, { "content-length": 0 }));
      else if (path === "/dav/")
        socket.write(
          multistatus(HEAD + ["bad", "gone", "good"].map((name) => folder(`/dav/${name}/`)).join("") + END),
        );
      else socket.write(multistatus(HEAD + file(`${path}a.mp3`) + END));
    });
    const { files, unreadable } = await listed(origin);
    assert.deepEqual(
      files.map(({ path }) => path),
      ["good/a.mp3"],
    );
    assert.deepEqual(
      unreadable.map(({ path }) => path),
      ["bad"],
    );
    assert.match(unreadable[0]?.reason ?? "", /403/u);
  });

  test("a server that fails in the middle of its listing is no smaller library", async (t) => {
    const { origin } = await hostile(t, ({ path }, socket) => {
      const names = Array.from({ length: 20 }, (_, index) => folder(`/dav/${index}/`));
      if (path === "/dav/") socket.write(multistatus(HEAD + names.join("") + END));
      else socket.write(answerText(500, { "content-length": 0 }));
    });
    await assert.rejects(listed(origin), { kind: "unavailable" });
  });

  test('a server that takes Depth "infinity" for "1" hides no file', async (t) => {
    const { origin, requests } = await hostile(
      t,
      ({ path }, socket) => {
        const body = path === "/dav/" ? folder("/dav/in/") + file("/dav/a.mp3") : file("/dav/in/b.mp3");
        socket.write(multistatus(HEAD + body + END));
      },
      { depth: "infinity" },
    );
    const { files } = await listed(origin);
    assert.deepEqual(files.map(({ path }) => path).sort(), ["a.mp3", "in/b.mp3"]);
    assert.deepEqual(
      requests.map(({ headers }) => headers.depth),
      ["infinity", "1"],
    );
  });

  test("a password that was changed where it is kept is read anew, once it is refused, and is shown nowhere", async (t) => {
    process.env.TEST_DAV_PASSWORD = "old-CANARY";
    t.after(() => delete process.env.TEST_DAV_PASSWORD);
    const right = `Basic ${Buffer.from("me:new-CANARY").toString("base64")}`;
    const { origin, requests } = await hostile(
      t,
      ({ headers }, socket) =>
        socket.write(
          headers.authorization === right
            ? multistatus(HEAD + folder("/dav/") + END)
            : answerText(401, { "content-length": 0 }),
        ),
      { username: "me", password: { env: "TEST_DAV_PASSWORD" } },
    );
    await assert.rejects(
      listed(origin),
      ({ kind, message }) => kind === "refused" && !/CANARY/u.test(message),
    );
    assert.equal(requests.length, 1, "it was asked again although it refused");
    process.env.TEST_DAV_PASSWORD = "new-CANARY";
    await origin.probe?.(noAbort);
  });

  test("a listing that nobody takes any more is asked for no longer", async (t) => {
    const { origin, requests } = await hostile(t, ({ path }, socket) => {
      const names = Array.from({ length: 100 }, (_, index) => folder(`${path}${index}/`));
      socket.write(multistatus(HEAD + names.join("") + file(`${path}a.mp3`) + END));
    });
    for await (const _batch of origin.list(noAbort)) break;
    await until("what was under way is over", () => requests.length > 0);
    const before = requests.length;
    await origin.stat("a.mp3", noAbort).catch(() => undefined);
    assert.ok(requests.length <= before + 5, `${requests.length - before} more requests`);
  });
});

async function hostile(
  t: TestContext,
  answer: RawAnswer,
  options: Partial<Parameters<typeof openWebdav>[0]> = {},
): Promise<{ origin: Origin; requests: readonly RawRequest[] }> {
  const server = await openLyingServer(t, answer);
  const origin = await openWebdav({ url: `${server.url}/dav`, ...options });
  t.after(() => origin.close?.());
  return { origin, requests: server.requests };
}

function multistatus(body: string): Buffer {
  return answerText(
    207,
    { "content-type": "application/xml", "content-length": Buffer.byteLength(body) },
    body,
  );
}

function file(href: string): string {
  return response(href, "<D:resourcetype/><D:getcontentlength>1</D:getcontentlength>");
}

function folder(href: string): string {
  return response(href, "<D:resourcetype><D:collection/></D:resourcetype>");
}

function response(href: string, properties: string): string {
  const propstat = `<D:prop>${properties}</D:prop><D:status>HTTP/1.1 200 OK</D:status>`;
  return `<D:response><D:href>${href}</D:href><D:propstat>${propstat}</D:propstat></D:response>`;
}
