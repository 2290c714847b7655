import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { openAccount } from "../support/command-line.js";
import { curl } from "../support/curl.js";
import { freePort } from "../support/free-port.js";
import { withMount } from "../support/mount.js";
import { run } from "../support/process.js";
import { audioBelow, EXAMPLE_LIBRARY } from "../support/tree-files.js";

const FUSE = { driver: "mount-fuse", library: EXAMPLE_LIBRARY } as const;

function numberOf(text: string, metric: string): number {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${metric} `));
  return Number(line?.split(" ")[1]);
}

test("the metrics are a file of the mount, for cat and for node_exporter's textfile collector", () =>
  withMount(FUSE, async ({ mountpoint, status }) => {
    const folder = join(mountpoint, ".musicfs");
    const cat = await run(["cat", join(folder, "metrics")]);
    assert.equal(cat.stderr, "");
    assert.equal(numberOf(cat.stdout, "musicfs_library_tracks"), status.tracks);
    assert.match(cat.stdout, /^musicfs_fuse_requests_total\{operation="lookup"\} \d+$/m);
    assert.match(cat.stdout, /^musicfs_fuse_request_duration_seconds_count\{operation="lookup"\} [1-9]/m);
    assert.match(cat.stdout, /\n$/);

    assert.deepEqual(readdirSync(folder), ["metrics", "metrics.prom"]);
    const { size, mode, mtimeMs } = statSync(join(folder, "metrics.prom"));
    assert.deepEqual([size, mode & 0o777], [0, 0o444]);
    assert.ok(Math.abs(mtimeMs - Date.now()) < 60_000);
    assert.match(readFileSync(join(folder, "metrics.prom"), "utf8"), /^# HELP /);
    assert.throws(() => statSync(join(folder, "nothing")), { code: "ENOENT" });
    assert.throws(() => openSync(join(folder, "metrics"), "w"), { code: "EROFS" });
  }));

test("it is read anew at each open, in small pieces as in large ones", () =>
  withMount(FUSE, async ({ mountpoint }) => {
    const path = join(mountpoint, ".musicfs", "metrics");
    const inPieces = (): string => {
      const fd = openSync(path, "r");
      const pieces: string[] = [];
      const buffer = Buffer.alloc(100);
      for (;;) {
        const count = readSync(fd, buffer);
        if (count === 0) break;
        pieces.push(buffer.toString("latin1", 0, count));
      }
      closeSync(fd);
      return pieces.join("");
    };
    const first = inPieces();
    assert.match(first, /\nprocess_start_time_seconds \S+\n$/);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const second = inPieces();
    const reads = 'musicfs_fuse_requests_total{operation="read"}';
    assert.ok(numberOf(second, reads) > numberOf(first, reads) + 10);
  }));

test("no walker comes upon it", () =>
  withMount(FUSE, async ({ mountpoint, status }) => {
    assert.ok(!readdirSync(mountpoint).includes(".musicfs"));
    assert.equal((await audioBelow(mountpoint)).length, status.tracks);
    const { stdout } = await run(["find", mountpoint]);
    assert.ok(!stdout.includes(".musicfs"), stdout);
    const tar = await run([
      "sh",
      "-c",
      `tar -cf - -C '${mountpoint}' . | tar -tf - | grep -c musicfs || true`,
    ]);
    assert.equal(tar.stdout, "0\n");
  }));

test("the control socket gives them to whoever may use it", async (t) => {
  const account = openAccount(t);
  await account.musicfs(["start", "--detach"]);
  const socketPath = join(account.folder, "run/musicfs/default.sock");
  const get = (method: string, path: string) =>
    new Promise<{ status: number | undefined; type: string | undefined; text: string }>((resolve, reject) => {
      const sent = request({ socketPath, path, method }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => {
          text += piece;
        });
        const { statusCode: status, headers } = response;
        response.on("end", () => resolve({ status, type: headers["content-type"], text }));
      });
      sent.once("error", reject).end();
    });
  const { status, type, text } = await get("GET", "/metrics");
  assert.deepEqual([status, type], [200, "text/plain; version=0.0.4; charset=utf-8"]);
  assert.match(text, /^musicfs_info\{version="\S+",driver="fuse",name="default"\} 1$/m);
  assert.deepEqual((await get("HEAD", "/metrics")).text, "");
  assert.equal((await get("POST", "/metrics")).status, 404);
});

test("Prometheus gets them over TCP with the token, and nobody without it", async (t) => {
  const account = openAccount(t);
  const [port, token] = [await freePort(), "a-token-for-prometheus"];
  account.write(
    "musicfs.config.yaml",
    `mountpoint: mnt
control: { tcp: { port: ${port}, token: ${token} } }
plugins:
  - origin-local: { path: ${JSON.stringify(EXAMPLE_LIBRARY)} }
`,
  );
  assert.equal((await account.musicfs(["start", "--detach"])).code, 0);
  const url = `http://127.0.0.1:${port}/metrics`;
  const bearer = (value: string): string[] => ["-H", `authorization: Bearer ${value}`];
  const { status, body } = await curl(url, bearer(token));
  assert.equal(status, 200);
  assert.match(body, /^# HELP musicfs_library_tracks /mu);
  assert.match(body, /^musicfs_origin_\w+\{origin="[^"]+"/mu);
  assert.doesNotMatch(body, /a-token-for/u);
  const refused: [args: string[], status: number][] = [
    [[], 401],
    [bearer("a-token-for-prometheux"), 401],
    [["-u", `me:${token}`], 401],
    [[...bearer(token), "-H", "origin: http://elsewhere.example"], 403],
    [[...bearer(token), "-H", "host: elsewhere.example"], 403],
    [[...bearer(token), "-d", "x"], 404],
  ];
  for (const [args, expected] of refused) {
    const answer = await curl(url, args);
    assert.equal(answer.status, expected, args.join(" "));
    assert.doesNotMatch(answer.body, /musicfs_/u);
  }
});

test("the other driver has no such folder, and says so", () =>
  withMount({ ...FUSE, driver: "mount-fuse-native" }, async ({ mountpoint }) => {
    assert.throws(() => statSync(join(mountpoint, ".musicfs")), { code: "ENOENT" });
  }));
