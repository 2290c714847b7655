import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { type Origin, OriginError } from "musicfs";
import { originLocal } from "musicfs/plugins";
import {
  createRandom,
  type OriginSubject,
  originContract,
  runContract,
  setUpPlugin,
  writeSampleTree,
} from "musicfs/testing";
import { openNetworkOrigin } from "../../../plugins/origin-local/network-origin.js";
import { listAll } from "../../contracts/origin-subject.js";
import { run, within } from "../../support/process.js";
import { openSshd } from "../../support/servers/sshd.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const noAbort = new AbortController().signal;
const SETTINGS = {
  enabled: true,
  priority: 0,
  pollInterval: 0,
  concurrency: 8,
  timeout: 30_000,
  idleTimeout: 10_000,
};

describe("a folder that is read through a process of its own keeps the contract of an origin", () => {
  runContract(originContract, makeSubject, { test });
});

test("a network filesystem that hangs is an error in time, holds up nothing else, and is read again when it is back", async (t) => {
  const base = temporaryFolder(t);
  const served = join(base, "served");
  // Not removed with what is below it: it may still be mounted.
  const mountpoint = mkdtempSync(join(tmpdir(), "musicfs-test-"));
  t.after(async () => {
    await run(["fusermount3", "-uz", mountpoint]);
    rmdirSync(mountpoint);
  });
  mkdirSync(served);
  const content = Buffer.from(createRandom(1).bytes(3_000_000));
  for (const name of ["a.flac", "b.flac", "c.flac"]) writeFileSync(join(served, name), content);
  const sshd = await openSshd(t, join(base, "keys"));
  const login = `IdentityFile=${sshd.keyFile},UserKnownHostsFile=${sshd.knownHosts},port=${sshd.port}`;
  const mounted = await run([
    "sshfs",
    "-o",
    `ro,dir_cache=no,${login}`,
    `${sshd.username}@127.0.0.1:${served}`,
    mountpoint,
  ]);
  assert.equal(mounted.code, 0, mounted.stderr);
  const origin = await open({ path: mountpoint, idleTimeout: 1_000, timeout: 3_000 });
  t.after(() => origin.close?.());
  assert.equal(origin.cache, true);
  assert.equal(origin.local, undefined, "somebody else may open its files");
  assert.equal(origin.watch, undefined);
  const [a, b] = (await listAll(origin)).sort((one, other) => (one.path < other.path ? -1 : 1));
  assert.ok(a && b);
  assert.ok(content.equals(await origin.read(a, 0, a.sizeBytes, noAbort)));

  const stopped = sshd.processes;
  for (const pid of stopped) process.kill(pid, "SIGSTOP");
  // More calls than libuv has threads, of which none may hang.
  const hanging = Array.from({ length: 8 }, (_, index) => origin.read(b, index * 1000, 1000, noAbort));
  const settled = Promise.allSettled(hanging);
  assert.ok((await within("a file on this disk", readFile("/proc/self/stat"), 5_000)).length > 0);
  for (const { status, reason } of (await within("the errors", settled)) as PromiseRejectedResult[]) {
    assert.equal(status, "rejected");
    assert.ok(reason instanceof OriginError && reason.kind === "unavailable", `${reason}`);
    assert.match(reason.message, /is on fuse\.sshfs, which hangs: it gave no answer for 1 s/u);
  }
  await assert.rejects(within("the listing", listAll(origin)), /which hangs/u);
  await assert.rejects(within("stat", origin.stat("c.flac", noAbort)), /which hangs/u);

  for (const pid of stopped) process.kill(pid, "SIGCONT");
  assert.ok(content.equals(await origin.read(b, 0, b.sizeBytes, noAbort)));
  assert.equal((await listAll(origin)).length, 3);
});

test("who says cache: false on a network filesystem gets it as it is", async (t) => {
  const folder = temporaryFolder(t);
  const origin = await open({ path: folder, cache: false });
  assert.equal(origin.cache, false);
  assert.ok(origin.local);
});

async function open(options: Parameters<typeof originLocal>[0]): Promise<Origin> {
  const plugin = await setUpPlugin(originLocal(options), { configDir: process.cwd() });
  const [origin] = await plugin.origins();
  await plugin.close();
  if (!origin) throw new Error("no origin");
  return origin;
}

async function makeSubject(): Promise<OriginSubject> {
  const base = mkdtempSync(join(tmpdir(), "musicfs-test-"));
  const root = join(base, "music");
  const expected = writeSampleTree(root);
  const openFolder = (folder: string): Origin =>
    openNetworkOrigin({ id: folder, type: "ext4", folder, followSymlinks: false, settings: SETTINGS });
  const origin = openFolder(root);
  let changes = 0;
  return {
    origin,
    expected,
    async replace(path, bytes) {
      writeFileSync(join(root, path), bytes);
      utimesSync(join(root, path), ++changes, changes);
    },
    remove: (path) => rm(join(root, path)),
    openMissing: async () => openFolder(join(base, "not there")),
    async openWith(files) {
      for (const { path, bytes } of files) {
        const full = join(base, "more", path);
        mkdirSync(dirname(full), { recursive: true });
        writeFileSync(full, bytes);
      }
      return openFolder(join(base, "more"));
    },
    async close() {
      await origin.close?.();
      rmSync(base, { recursive: true, force: true });
    },
  };
}
