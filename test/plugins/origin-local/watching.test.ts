import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Origin } from "musicfs";
import { originLocal } from "musicfs/plugins";
import { setUpPlugin } from "musicfs/testing";
import { run, until } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const DEADLINE_MS = 30_000;

interface Watching {
  readonly root: string;
  at(path: string): string;
  /** Waits until all of these were told, since the last call. */
  told(...paths: string[]): Promise<void>;
  /** What was told since the last call. */
  seen(): string[];
  /** Why the watch ended. */
  readonly ended: Promise<unknown>;
}

async function watching(t: TestContext, options = {}, prepare: (root: string) => void = () => undefined) {
  const root = temporaryFolder(t);
  prepare(root);
  const origin = await openOrigin(t, root, options);
  const controller = new AbortController();
  t.after(() => controller.abort(new Error("the test ends")));
  let paths: string[] = [];
  let isReady = false;
  const follow = async (): Promise<void> => {
    for await (const change of origin.watch?.(controller.signal) ?? assert.fail("it cannot be watched")) {
      isReady = true;
      paths.push(...change.paths);
    }
  };
  const ended = follow().catch((error: unknown) => error);
  await until("the watch has begun", async () => isReady, DEADLINE_MS);
  const watched: Watching = {
    root,
    at: (path) => join(root, path),
    async told(...wanted) {
      await until(
        `all of ${wanted.join(", ")} were told, and not only ${paths.join(", ")}`,
        async () => wanted.every((path) => paths.includes(path)),
        DEADLINE_MS,
      );
      paths = [];
    },
    seen: () => paths.splice(0),
    ended,
  };
  return watched;
}

async function openOrigin(t: TestContext, root: string, options: object): Promise<Origin> {
  const plugin = await setUpPlugin(originLocal({ path: root, ...options }));
  t.after(() => plugin.close());
  const [origin] = await plugin.origins();
  return origin ?? assert.fail("no origin");
}

test("files that are new, different, moved and gone are told", async (t) => {
  const { at, told } = await watching(t, {}, (root) => {
    mkdirSync(join(root, "a/b"), { recursive: true });
    writeFileSync(join(root, "a/b/old.mp3"), "old");
  });
  writeFileSync(at("a/new.mp3"), "new");
  await told("a/new.mp3");
  appendFileSync(at("a/b/old.mp3"), "more");
  await told("a/b/old.mp3");
  utimesSync(at("a/new.mp3"), 1, 1);
  await told("a/new.mp3");
  renameSync(at("a/new.mp3"), at("moved.mp3"));
  await told("a/new.mp3", "moved.mp3");
  rmSync(at("moved.mp3"));
  await told("moved.mp3");
});

test("folders that are new or moved are watched, with all below them", async (t) => {
  const { at, told } = await watching(t);
  mkdirSync(at("one/two/three"), { recursive: true });
  writeFileSync(at("one/two/three/deep.mp3"), "deep");
  await told("one/two/three/deep.mp3");
  renameSync(at("one"), at("uno"));
  await told("one", "uno/two/three/deep.mp3");
  writeFileSync(at("uno/two/three/later.mp3"), "later");
  await told("uno/two/three/later.mp3");
  rmSync(at("uno/two"), { recursive: true });
  await told("uno/two");
  mkdirSync(at("uno/two"));
  writeFileSync(at("uno/two/again.mp3"), "again");
  await told("uno/two/again.mp3");
});

test("a file that is being written is told of when nobody writes any more", async (t) => {
  const { at, told, seen } = await watching(t);
  for (let piece = 0; piece < 20; piece += 1) {
    appendFileSync(at("growing.mp3"), Buffer.alloc(1000));
    await delay(50);
    assert.ok(!seen().includes("growing.mp3"));
  }
  await told("growing.mp3");
});

test("1,000 files in 100 new folders are all told", async (t) => {
  const { at, told } = await watching(t);
  const paths = Array.from({ length: 1000 }, (_, index) => `${index % 100}/${index}.mp3`);
  for (let folder = 0; folder < 100; folder += 1) mkdirSync(at(`${folder}`));
  for (const path of paths) writeFileSync(at(path), path);
  await told(...paths);
});

test("names that are no UTF-8 are told as they are listed", async (t) => {
  const watched = await watching(t);
  const origin = await openOrigin(t, watched.root, {});
  writeFileSync(Buffer.concat([Buffer.from(`${watched.root}/`), Buffer.of(0xff), Buffer.from(".mp3")]), "x");
  const listed: string[] = [];
  for await (const { files } of origin.list(new AbortController().signal))
    listed.push(...files.map(({ path }) => path));
  assert.equal(listed.length, 1);
  await watched.told(...listed);
});

test("what is behind a link out of the root is watched where links are followed", async (t) => {
  const outside = temporaryFolder(t);
  const link = (root: string): void => symlinkSync(outside, join(root, "link"));
  const followed = await watching(t, { followSymlinks: true }, link);
  const ignored = await watching(t, {}, link);
  writeFileSync(join(outside, "far.mp3"), "far");
  await followed.told("link/far.mp3");
  assert.deepEqual(ignored.seen(), []);
});

test("a root that becomes another folder ends the watch and tells of nothing", async (t) => {
  const watched = await watching(t, {}, (root) => {
    mkdirSync(join(root, "music"));
    mkdirSync(join(root, "music/folder"));
    writeFileSync(join(root, "music/folder/1.mp3"), "x");
  });
  const inner = await openOrigin(t, watched.at("music"), {});
  const controller = new AbortController();
  const told: string[] = [];
  const isOver = (async () => {
    for await (const { paths } of inner.watch?.(controller.signal) ?? []) {
      told.push(...paths);
      if (paths.length === 0) {
        renameSync(watched.at("music"), watched.at("away"));
        mkdirSync(watched.at("music"));
        rmSync(watched.at("away/folder"), { recursive: true });
      }
    }
  })();
  await assert.rejects(isOver, /another one than before/);
  assert.deepEqual(told, []);
});

test("a disk that is unmounted ends the watch", {
  skip: process.getuid?.() !== 0 && "only root mounts",
}, async (t) => {
  const root = temporaryFolder(t);
  await run(["mount", "-t", "tmpfs", "tmpfs", root]);
  t.after(() => run(["umount", "-l", root]));
  mkdirSync(join(root, "folder"));
  writeFileSync(join(root, "folder/1.mp3"), "x");
  const origin = await openOrigin(t, root, {});
  const told: string[] = [];
  const isOver = (async () => {
    for await (const { paths } of origin.watch?.(new AbortController().signal) ?? []) {
      told.push(...paths);
      if (paths.length === 0) await run(["umount", root]);
    }
  })();
  await assert.rejects(isOver, /another one than before/);
  assert.deepEqual(told, []);
});

test("a root that is missing cannot be watched, and nothing is where the config says so", async (t) => {
  const missing = await openOrigin(t, join(temporaryFolder(t), "missing"), {});
  await assert.rejects(async () => {
    for await (const _ of missing.watch?.(new AbortController().signal) ?? []) assert.fail("a change came");
  }, /there is no such folder/);
  const unwatched = await openOrigin(t, temporaryFolder(t), { watch: false, pollInterval: "10 s" });
  assert.equal(unwatched.watch, undefined);
  assert.equal(unwatched.pollIntervalMs, 10_000);
});

test("an abort ends the watch with its reason", async (t) => {
  const origin = await openOrigin(t, temporaryFolder(t), {});
  const controller = new AbortController();
  const reason = new Error("enough");
  const isOver = (async () => {
    for await (const _ of origin.watch?.(controller.signal) ?? []) controller.abort(reason);
  })();
  await assert.rejects(isOver, reason);
});

const QUEUE_LENGTH = "/proc/sys/fs/inotify/max_queued_events";

test("where inotify's queue overflows, everything is looked at, and new folders are watched", {
  skip: process.getuid?.() === 0 ? false : "only root can make the queue short",
}, async (t) => {
  const usual = readFileSync(QUEUE_LENGTH, "utf8");
  t.after(() => writeFileSync(QUEUE_LENGTH, usual));
  writeFileSync(QUEUE_LENGTH, "32");
  const watched = await watching(t);
  writeFileSync(QUEUE_LENGTH, usual);
  // A watcher that gets the processor often enough loses nothing, and tells each file.
  let last = "";
  for (let round = 0, told: string[] = []; !told.includes(""); round++) {
    assert.ok(round < 20, "the queue never overflowed");
    told = [];
    for (let index = 0; index < 3000; index++) {
      last = `folder ${round} ${Math.floor(index / 100)}`;
      if (index % 100 === 0) mkdirSync(watched.at(last));
      writeFileSync(watched.at(`${last}/${index}.flac`), "x");
    }
    await until(
      "everything is told, or each file",
      async () => {
        told.push(...watched.seen());
        return told.includes("") || new Set(told).size >= 3000;
      },
      DEADLINE_MS,
    );
  }
  // What is made there after that is told by a watch, or not at all.
  let made = 0;
  await until(
    "the last folder is watched",
    async () => {
      writeFileSync(watched.at(`${last}/new ${made++}.flac`), "x");
      await delay(100);
      return watched.seen().some((path) => path.startsWith(`${last}/new `));
    },
    DEADLINE_MS,
  );
});
