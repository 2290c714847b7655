import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { type SetUpPlugin, setUpPlugin } from "musicfs/testing";
import { webhook } from "../../../plugins/webhook/index.js";
import { openHttpServer, type ReceivedRequest } from "../../support/http-server.js";
import { silentLogger } from "../../support/loggers.js";
import { run, until, within } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const SECRET = "a secret of some length";

const change = (...added: string[]) => ({ added, changed: [], removed: [] });
const addedIn = ({ body }: ReceivedRequest): string[] => JSON.parse(body).data.added;

// By the standard library of another language, from the README's description.
const VERIFY = `
import base64, hashlib, hmac, json, sys
for line in sys.stdin:
    m = json.loads(line)
    signed = f"{m['id']}.{m['timestamp']}.{m['body']}".encode()
    mac = hmac.new(m["key"].encode("latin1"), signed, hashlib.sha256).digest()
    print(m["signature"] == "v1," + base64.b64encode(mac).decode())
`;

async function areSigned(requests: readonly ReceivedRequest[], key = SECRET): Promise<boolean> {
  const lines = requests.map(({ headers, body }) =>
    JSON.stringify({
      id: headers["webhook-id"],
      timestamp: headers["webhook-timestamp"],
      signature: headers["webhook-signature"],
      body,
      key,
    }),
  );
  const input = Buffer.from(lines.join("\n")).toString("base64");
  const script = `import base64, io, sys\nsys.stdin = io.StringIO(base64.b64decode("${input}").decode())\n${VERIFY}`;
  const { stdout, stderr } = await run(["python3", "-c", script]);
  assert.equal(stderr, "");
  return stdout.trimEnd() === requests.map(() => "True").join("\n");
}

test("a receiver that fails, hangs and goes away gets every event once it is back, in order and signed", async (t) => {
  const hanging: ServerResponse[] = [];
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(503).end("busy"),
    (response) => hanging.push(response),
    (response) => response.socket?.destroy(),
    (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
  ];
  const accepted: ReceivedRequest[] = [];
  const server = await openHttpServer(t, (request, response) => {
    const fail = answers.shift();
    if (fail) return void fail(response);
    accepted.push(request);
    response.writeHead(204).end();
  });
  const warnings: string[] = [];
  const plugin = await setUpPlugin(
    webhook({ url: `${server.url}/hook?key=s3cr3t`, secret: SECRET, timeout: 300 }),
    { log: silentLogger(warnings) },
  );
  t.after(() => plugin.close());
  for (let number = 0; number < 25; number += 1)
    await plugin.hooks.libraryChanged.call(change(`/${number}.mp3`));

  await until("all have come", () => accepted.length >= 25, 60_000);
  assert.deepEqual(
    accepted.flatMap(addedIn),
    Array.from({ length: 25 }, (_, number) => `/${number}.mp3`),
  );
  assert.deepEqual(
    accepted.map(({ body }) => JSON.parse(body).sequence),
    Array.from({ length: 25 }, (_, index) => index + 1),
  );
  assert.equal(new Set(accepted.map(({ headers }) => headers["webhook-id"])).size, 25);
  assert.equal(server.requests.length, 29);
  assert.ok(await areSigned(server.requests));
  assert.ok(!(await areSigned(server.requests.slice(0, 1), "another secret")));
  assert.equal(server.requests[0]?.path, "/hook?key=s3cr3t");
  assert.match(warnings.join("\n"), /HTTP status 503; \d+ events wait/);
  assert.doesNotMatch(warnings.join("\n"), /s3cr3t/);
  assert.deepEqual(plugin.eventErrors, []);
});

test("a key in Base64 is the key's bytes", async (t) => {
  const server = await openHttpServer(t);
  const key = Buffer.from("bytes of a key", "latin1");
  const plugin = await setUpPlugin(webhook({ url: server.url, secret: `whsec_${key.toString("base64")}` }));
  t.after(() => plugin.close());
  await plugin.hooks.mounted.call({ mountpoint: "/mnt/music" });
  await until("it has come", () => server.requests.length === 1);
  assert.ok(await areSigned(server.requests, "bytes of a key"));
  const { type, data } = JSON.parse(server.requests[0]?.body ?? "");
  assert.deepEqual({ type, data }, { type: "mounted", data: { mountpoint: "/mnt/music" } });
});

test("what waits goes after a restart, and what had been sent does not", async (t) => {
  const stateDir = temporaryFolder(t);
  const server = await openHttpServer(t);
  const options = { url: server.url, secret: SECRET, timeout: 200 };
  const first = await setUpPlugin(webhook(options), { stateDir });
  await first.hooks.libraryChanged.call(change("/a.mp3"));
  await until("the first is there", () => server.requests.length === 1);
  // An answer that the receiver gave and the sender has not read yet is one that it does not know of.
  await first.hooks.stopping.call({ reason: "test" });
  server.answer = (_, response) => response.writeHead(500).end();
  await first.hooks.libraryChanged.call(change("/b.mp3"));
  await first.hooks.libraryChanged.call(change("/c.mp3"));
  await until("the second was tried", () => server.requests.length === 3);
  await first.close();

  const tried = server.requests.length;
  server.answer = (_, response) => response.end();
  const second = await setUpPlugin(webhook(options), { stateDir });
  t.after(() => second.close());
  await until("the rest is there", () => server.requests.length >= tried + 2);
  assert.deepEqual(server.requests.slice(tried).flatMap(addedIn), ["/b.mp3", "/c.mp3"]);
});

test("Retry-After is waited for", async (t) => {
  const times: number[] = [];
  const server = await openHttpServer(t, (_, response) => {
    times.push(performance.now());
    if (times.length === 1) response.writeHead(429, { "retry-after": "3" }).end();
    else response.end();
  });
  const plugin = await setUpPlugin(webhook({ url: server.url, secret: SECRET }));
  t.after(() => plugin.close());
  await plugin.hooks.libraryChanged.call(change("/a.mp3"));
  await until("it came twice", () => times.length === 2);
  const [first = 0, second = 0] = times;
  assert.ok(second - first >= 2_990, `${second - first} ms`);
});

test("a message that can never be taken holds up nobody", async (t) => {
  const server = await openHttpServer(t, (request, response) => {
    response.writeHead(request.body.includes("poison") ? 422 : 200).end();
  });
  const warnings: string[] = [];
  const plugin = await setUpPlugin(webhook({ url: server.url, secret: SECRET }), {
    log: silentLogger(warnings),
  });
  t.after(() => plugin.close());
  await plugin.hooks.libraryChanged.call(change("/poison.mp3"));
  await plugin.hooks.libraryChanged.call(change("/good.mp3"));
  await until("both came", () => server.requests.length === 2);
  assert.match(warnings.join("\n"), /refused event [0-9a-f]{16}-1; it is left out/);
});

test("a stop sends what waits, and does not wait for a receiver that is away", async (t) => {
  const server = await openHttpServer(t);
  const plugin = await setUpPlugin(webhook({ url: server.url, secret: SECRET, events: ["stopping"] }));
  await plugin.hooks.libraryChanged.call(change("/a.mp3"));
  await plugin.hooks.stopping.call({ reason: "a test" });
  assert.deepEqual(
    server.requests.map(({ body }) => JSON.parse(body).type),
    ["stopping"],
  );
  await plugin.close();

  const nobody = await setUpPlugin(webhook({ url: "http://127.0.0.1:9/", secret: SECRET }));
  await within("the stop", nobody.hooks.stopping.call({ reason: "a test" }), 10_000);
  await within("the end", nobody.close(), 10_000);
});

test("a change of many paths is several messages, with every path once", async (t) => {
  const server = await openHttpServer(t);
  const plugin = await setUpPlugin(webhook({ url: server.url, secret: SECRET }));
  t.after(() => plugin.close());
  const added = Array.from({ length: 2500 }, (_, number) => `/a${number}.mp3`);
  const removed = Array.from({ length: 10 }, (_, number) => `/r${number}.mp3`);
  await plugin.hooks.libraryChanged.call({ added, changed: [], removed });
  const all = (key: "added" | "removed"): string[] =>
    server.requests.flatMap(({ body }) => JSON.parse(body).data[key]);
  await until("all came", () => all("added").length >= 2500);
  assert.deepEqual([all("added"), all("removed")], [added, removed]);
  assert.ok(server.requests.every(({ body }) => addedIn({ body } as ReceivedRequest).length <= 1000));
});

test("wrong options are refused, and a secret that is missing stops the start", async () => {
  assert.equal(
    webhook({ url: "http://x/", secret: "abcd", events: ["libraryBurnt" as "mounted"] }).problems.length,
    1,
  );
  assert.equal(webhook.from({ url: { env: "A B" }, secret: 7 }, undefined).problems.length, 2);
  await assert.rejects(setUpPlugin(webhook({ url: "ftp://x/", secret: "abcd" })), {
    code: "MFS_CONFIG_INVALID",
  });
  await assert.rejects(
    setUpPlugin(webhook({ url: "http://x/", secret: { env: "MUSICFS_TEST_UNSET" } })),
    /MUSICFS_TEST_UNSET is not set/,
  );
});

test("every event there is can be sent; what happens at each read only to who asks for it", async (t) => {
  const server = await openHttpServer(t);
  const types = (): string[] => server.requests.map(({ body }) => JSON.parse(body).type);
  const call = async ({ hooks }: SetUpPlugin): Promise<void> => {
    await hooks.originChanged.call({ originId: "nas", change: "disconnected", error: "gone" });
    await hooks.fileAccessed.call({ path: "/a.mp3", heldMs: 10, copiedBytes: 7, wasPlayed: true });
    await hooks.cacheEvicted.call({ originId: "nas", path: "a.mp3", bytes: 7 });
    await hooks.configReloaded.call({ applied: ["log.level"], needsRestart: [] });
  };
  const some = await setUpPlugin(webhook({ url: server.url, secret: SECRET }));
  t.after(() => some.close());
  await call(some);
  await until("two came", () => server.requests.length === 2);
  assert.deepEqual(types(), ["originChanged", "configReloaded"]);
  const events = ["fileAccessed", "cacheEvicted"] as const;
  const others = await setUpPlugin(webhook({ url: server.url, secret: SECRET, events: [...events] }));
  t.after(() => others.close());
  await call(others);
  await until("two more came", () => server.requests.length === 4);
  assert.deepEqual(types().slice(2), events);
});
