import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { type TestContext, test } from "node:test";
import type { Plugin } from "musicfs";
import { type SetUpPlugin, setUpPlugin } from "musicfs/testing";
import { notifyJellyfin } from "../../plugins/notify-jellyfin/index.js";
import { notifyNavidrome } from "../../plugins/notify-navidrome/index.js";
import { notifyPlex } from "../../plugins/notify-plex/index.js";
import { openHttpServer, type ReceivedRequest, type TestServer } from "../support/http-server.js";
import { silentLogger } from "../support/loggers.js";
import { until } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const MOUNTPOINT = "/mnt/music";
const SECRET = "k3y for the server";
const QUIET_MS = 100;

const change = (...added: string[]) => ({ added, changed: [], removed: [] });
const targets = (server: TestServer): string[] =>
  server.requests.map(({ method, path }) => `${method} ${path}`);

async function start(
  t: TestContext,
  plugin: Plugin,
  options: { stateDir?: string; warnings?: string[] } = {},
): Promise<SetUpPlugin> {
  const { stateDir = temporaryFolder(t), warnings = [] } = options;
  const started = await setUpPlugin(plugin, { stateDir, log: silentLogger(warnings) });
  t.after(() => started.close());
  await started.hooks.mounted.call({ mountpoint: MOUNTPOINT });
  return started;
}

test("Jellyfin is told once of many changes: the folders at the root, with its key", async (t) => {
  const server = await openHttpServer(t, (_, response) => response.writeHead(204).end());
  const url = `${server.url}/jellyfin/`;
  const { hooks } = await start(
    t,
    notifyJellyfin({ url, apiKey: SECRET, path: "/media/music", quiet: QUIET_MS }),
  );
  await hooks.libraryChanged.call(change("/A/x/1.mp3", "/A/x/2.mp3"));
  await hooks.libraryChanged.call({ added: [], changed: ["/B & C/y/1.mp3"], removed: ["/D/z/1.mp3"] });
  await until("it was told", () => server.requests.length > 0);
  const [{ headers, body } = {} as ReceivedRequest] = server.requests;
  assert.deepEqual(targets(server), ["POST /jellyfin/Library/Media/Updated"]);
  assert.equal(headers.authorization, `MediaBrowser Token="${SECRET}"`);
  assert.equal(headers["content-type"], "application/json");
  assert.deepEqual(JSON.parse(body), {
    Updates: ["A", "B & C", "D"].map((name) => ({ Path: `/media/music/${name}`, UpdateType: "Modified" })),
  });

  await hooks.libraryChanged.call(change(...Array.from({ length: 40 }, (_, number) => `/${number}/1.mp3`)));
  await until("it was told again", () => server.requests.length === 2);
  assert.equal(targets(server)[1], "POST /jellyfin/Library/Refresh");
  assert.equal(server.requests[1]?.body, "");
});

test("Navidrome scans, with Subsonic's salted token in the body", async (t) => {
  const ok = JSON.stringify({
    "subsonic-response": { status: "ok", scanStatus: { scanning: true, count: 0 } },
  });
  const server = await openHttpServer(t, (_, response) => response.end(ok));
  const options = { url: server.url, user: "admin", password: SECRET, quiet: QUIET_MS };
  const { hooks } = await start(t, notifyNavidrome({ ...options, fullScan: true }));
  for (const round of [1, 2]) {
    await hooks.libraryChanged.call(change("/A/x/1.mp3"));
    await until("it was told", () => server.requests.length === round);
  }
  assert.deepEqual(targets(server), ["POST /rest/startScan", "POST /rest/startScan"]);
  const forms = server.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
  for (const { s = "", t: token, ...rest } of forms) {
    assert.ok(s.length >= 6);
    assert.equal(token, createHash("md5").update(`${SECRET}${s}`).digest("hex"));
    assert.deepEqual(rest, { u: "admin", v: "1.15.0", c: "musicfs", f: "json", fullScan: "true" });
  }
  assert.notEqual(forms[0]?.s, forms[1]?.s);
});

test("what Navidrome refuses, with status 200, is said", async (t) => {
  const refusal = { status: "failed", error: { code: 40, message: "Wrong username or password" } };
  const answers = [JSON.stringify({ "subsonic-response": refusal }), "<html>", "{}"];
  const server = await openHttpServer(t, (_, response) => response.end(answers.shift()));
  const warnings: string[] = [];
  const options = { url: server.url, user: "admin", password: SECRET, quiet: 0 };
  const { hooks } = await start(t, notifyNavidrome(options), { warnings });
  await hooks.libraryChanged.call(change("/A/x/1.mp3"));
  await until("it was told twice", () => warnings.length === 2);
  assert.match(warnings[0] ?? "", /startScan: Wrong username or password \(error 40\); trying again in/);
  assert.match(warnings[1] ?? "", /the answer is not one of Subsonic's API/);
});

const PLEX_SECTIONS = {
  MediaContainer: {
    size: 4,
    Directory: [
      { key: "1", type: "movie", Location: [{ id: 1, path: "/srv/films" }] },
      { key: "2", type: "artist", Location: [{ id: 2, path: "/mnt/music" }] },
      {
        key: "3",
        type: "artist",
        Location: [
          { id: 3, path: "/mnt" },
          { id: 4, path: "/srv/other" },
        ],
      },
      { key: "4", type: "artist", Location: [{ id: 5, path: "/mnt/music/A/x/" }] },
    ],
  },
};

test("Plex is told in each library that shows the mount, or a part of it", async (t) => {
  const server = await openHttpServer(t, ({ path }, response) => {
    response.end(path === "/library/sections" ? JSON.stringify(PLEX_SECTIONS) : "");
  });
  const { hooks } = await start(t, notifyPlex({ url: server.url, token: SECRET, quiet: QUIET_MS }));
  await hooks.libraryChanged.call(change("/A/x/1.mp3", "/B & C/y/1.mp3"));
  await until("it was told", () => server.requests.length === 6);
  assert.deepEqual(targets(server), [
    "GET /library/sections",
    "GET /library/sections/2/refresh?path=%2Fmnt%2Fmusic%2FA",
    "GET /library/sections/2/refresh?path=%2Fmnt%2Fmusic%2FB%20%26%20C",
    "GET /library/sections/3/refresh?path=%2Fmnt%2Fmusic%2FA",
    "GET /library/sections/3/refresh?path=%2Fmnt%2Fmusic%2FB%20%26%20C",
    "GET /library/sections/4/refresh?path=%2Fmnt%2Fmusic%2FA%2Fx%2F",
  ]);
  for (const { headers } of server.requests) {
    assert.equal(headers["x-plex-token"], SECRET);
    assert.equal(headers.accept, "application/json");
  }
});

test("a server that fails is told later, of all that changed meanwhile; then it is as before", async (t) => {
  const server = await openHttpServer(t, (_, response) => response.writeHead(500).end());
  const warnings: string[] = [];
  const stateDir = temporaryFolder(t);
  const plugin = notifyJellyfin({ url: server.url, apiKey: SECRET, quiet: 0 });
  const { hooks } = await start(t, plugin, { warnings, stateDir });
  await hooks.libraryChanged.call(change("/A/x/1.mp3"));
  await until("it failed", () => warnings.length === 1);
  assert.match(warnings[0] ?? "", /HTTP status 500; trying again in [345] s/);
  server.answer = (_, response) => response.writeHead(204).end();
  await hooks.libraryChanged.call(change("/B/x/1.mp3"));
  await until("it was told", () => server.requests.length === 2);
  const paths = JSON.parse(server.requests[1]?.body ?? "").Updates.map(
    (update: { Path: string }) => update.Path,
  );
  assert.deepEqual(paths.sort(), [`${MOUNTPOINT}/A`, `${MOUNTPOINT}/B`]);
  await until("nothing is left to tell", () => readdirSync(stateDir).length === 0);
  assert.ok(!warnings.join("").includes(SECRET));
});

test("what was not told before the end is told after the next start, and nothing in between", async (t) => {
  const server = await openHttpServer(t, (_, response) => response.writeHead(204).end());
  const stateDir = temporaryFolder(t);
  const plugin = notifyJellyfin({ url: server.url, apiKey: SECRET, quiet: 200 });
  const first = await start(t, plugin, { stateDir });
  await first.hooks.libraryChanged.call(change("/A/x/1.mp3"));
  await first.hooks.stopping.call({ reason: "a test" });
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.deepEqual(server.requests, []);
  await first.close();

  await start(t, plugin, { stateDir });
  await until("it was told", () => server.requests.length === 1);
  assert.deepEqual(targets(server), ["POST /Library/Refresh"]);
  await until("nothing is left to tell", () => readdirSync(stateDir).length === 0);
});

test("a library that never rests is told of all the same", async (t) => {
  const server = await openHttpServer(t, (_, response) => response.writeHead(204).end());
  const plugin = notifyJellyfin({ url: server.url, apiKey: SECRET, quiet: 60_000, maxWait: 300 });
  const { hooks } = await start(t, plugin);
  await until("it was told", async () => {
    await hooks.libraryChanged.call(change("/A/x/1.mp3"));
    return server.requests.length > 0;
  });
});

test("an address with a user or a query is refused: both end in logs", () => {
  for (const url of ["http://me:pw@host/", "http://host/?token=1", "ftp://host/", "host:8096", ""]) {
    assert.equal(notifyJellyfin({ url, apiKey: SECRET }).problems.length, 1, url);
  }
});
