import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { BIN, openAccount } from "../support/command-line.js";
import { connectGrpc } from "../support/grpc-client.js";
import { openHttpServer } from "../support/http-server.js";
import { run, until, within } from "../support/process.js";
import { EXAMPLE_LIBRARY } from "../support/tree-files.js";

const CANARIES = ["s3cr3t-CANARY-one", "s3cr3t-CANARY-two", "s3cr3t-CANARY-three"];

test("planted secrets are in no log, status, config, error, file or command line", async (t) => {
  const account = openAccount(t);
  const [one, two, three] = CANARIES;
  const server = await openHttpServer(t, (_, response) => response.writeHead(500).end(`${one} ${two}`));
  account.write("key", `${two}\n`);
  account.write(
    "musicfs.config.yaml",
    `mountpoint: mnt
log: { level: debug }
plugins:
  - origin-local: { path: ${JSON.stringify(EXAMPLE_LIBRARY)} }
  - webhook: { url: "${server.url}/hook/${three}", secret: { env: CANARY } }
  - notify-jellyfin: { url: "${server.url}", apiKey: { file: key }, quiet: 0 }
  - notify-navidrome: { url: "${server.url}", user: me, password: ${two}, quiet: 0 }
`,
  );
  const environment = { CANARY: one ?? "" };
  const outputs: string[] = [];
  const musicfs = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await account.musicfs(args, environment);
    outputs.push(stdout, stderr);
    return stdout;
  };
  await musicfs("start", "--detach");
  await until("both were told", () => server.requests.length >= 3);
  await until("the failures are logged", async () => /cannot tell Jellyfin/.test(await musicfs("logs")));
  const { pid } = JSON.parse(await musicfs("status", "--json"));
  outputs.push(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  for (const args of [
    ["config", "show"],
    ["config", "show", "--json"],
    ["config", "check"],
    ["logs", "--json"],
  ]) {
    await musicfs(...args);
  }
  const bundle = join(account.folder, "bundle.txt");
  await musicfs("doctor", "--bundle", bundle);
  outputs.push(readFileSync(bundle, "utf8"), ...(await answersOf(t, account.folder)));
  await musicfs("stop");
  const missing = await account.musicfs(["start"], {});
  assert.match(missing.stderr, /MFS_SECRET_UNAVAILABLE: .*variable CANARY is not set/);

  const stored = ["state", "cache", "run"].flatMap((name) => textsBelow(join(account.folder, name)));
  for (const canary of CANARIES) {
    assert.ok(!outputs.join("\n").includes(canary), `${canary} was shown`);
    assert.ok(!stored.some((text) => text.includes(canary)), `${canary} was stored`);
  }
  assert.ok(outputs.join("").includes("***"));
});

test("at the level debug one number follows a miss from the reader through the store to the origin and back", async (t) => {
  const account = openAccount(t);
  account.write(
    "musicfs.config.yaml",
    `mountpoint: mnt
log: { level: debug }
plugins:
  - origin-local: { path: ${JSON.stringify(EXAMPLE_LIBRARY)}, cache: true }
`,
  );
  assert.equal((await account.musicfs(["start", "--detach"])).code, 0);
  await account.musicfs(["wait", "--scanned"]);
  const track = "Marrow & Finch/Salt Lanterns (2019)/01 - Tide Table.flac";
  await account.musicfs(["cache", "clear"]);
  const read = await run(["cat", join(account.mountpoint, track)]);
  assert.equal(read.code, 0, read.stderr);
  const { stdout } = await account.musicfs(["logs", "--json", "--lines", "1000"]);
  const entries = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { request?: number; message: string });
  const wanted = entries.filter(({ message }) => message.startsWith("a reader wants "));
  assert.notEqual(wanted.length, 0);
  for (const { request, message } of wanted) {
    assert.equal(typeof request, "number", message);
    assert.equal(wanted.filter((other) => other.request === request).length, 1, "no two have one number");
  }
  const [first] = wanted;
  const chain = entries.filter(({ request }) => request === first?.request).map(({ message }) => message);
  assert.match(
    chain.join("\n"),
    /^a reader wants \d+ bytes at 0 of inode (\d+)\n(?:.*\n)*answered .* of inode \1 /u,
  );
  assert.match(
    chain.join("\n"),
    /^the store lacks \d+ bytes at 0 of '.*Tide Table\.flac'\n(?:.*\n)*the store keeps \d+ bytes at 0 of '.*Tide Table\.flac'$/mu,
  );
  assert.match(chain.join("\n"), /^origin '\S+' gave \d+ bytes at 0 of '.*Tide Table\.flac' after \d+ ms$/mu);
});

test("the level changes while it runs, and whoever follows is told at once", async (t) => {
  const account = openAccount(t);
  await account.musicfs(["start", "--detach"]);
  const follower = spawn(process.execPath, [BIN, "logs", "--follow", "--json", "--lines", "0"], {
    cwd: account.folder,
    env: account.env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => follower.kill());
  let followed = "";
  follower.stdout.setEncoding("utf8").on("data", (text: string) => {
    followed += text;
  });
  const set = await account.musicfs(["logs", "--set-level", "error"]);
  assert.equal(set.stderr, "the log's level is error now, it was info\n");
  const back = await account.musicfs(["logs", "--set-level", "debug"]);
  assert.equal(back.stderr, "the log's level is debug now, it was error\n");
  const forPrograms = await account.musicfs(["logs", "--set-level", "debug", "--json"]);
  assert.deepEqual(JSON.parse(forPrograms.stdout), { level: "debug", previous: "debug" });
  assert.equal(forPrograms.stderr, "");
  const past = await account.musicfs(["logs", "--json"]);
  const entries = past.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.ok(entries.length > 0 && entries.every(({ time, level, message }) => time && level && message));
  await account.musicfs(["stop"]);
  await until("the follower has seen the end", () => followed.includes('"message":"stopping: '));
  const nobody = await account.musicfs(["logs"]);
  assert.equal(nobody.code, 4);
  const wrong = await account.musicfs(["logs", "--level", "loud"]);
  assert.equal(wrong.code, 2);
});

/** What every method of the API says, a refusal too, when it is asked for nothing and for what is secret. */
async function answersOf(t: TestContext, folder: string): Promise<string[]> {
  const client = connectGrpc(`unix:${join(folder, "run/musicfs/default.sock")}`);
  t.after(() => client.close());
  const answers: string[] = [];
  for (const [method, streams] of client.methods) {
    if (method === "Shutdown") continue;
    const asked: Promise<unknown> = streams ? client.read(method, {}, 1) : client.call(method);
    answers.push(await within(method, asked, 30_000).then(JSON.stringify, String));
  }
  assert.ok(answers.length > 20, "all methods were asked");
  // What was asked for may be named in the refusal; what is hidden by value stays hidden there, too.
  const named = client.call("GetOriginHealth", { originId: CANARIES[0] });
  answers.push(await named.then(JSON.stringify, String));
  return answers;
}

function textsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .map((path) => readFileSync(path, "latin1"));
}
