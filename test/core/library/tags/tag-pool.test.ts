import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { pathFromBytes } from "#core/content/path-bytes.js";
import {
  createTagPool,
  type TagJob,
  type TagPool,
  type TagPoolOptions,
} from "#core/library/tags/tag-pool.js";
import { formatFrame, formatId3Header, textBody } from "../../../support/audio-id3.js";
import { writeFlac, writeMp3 } from "../../../support/audio-writer.js";
import { generateLibrary, generateTracks } from "../../../support/generate-library.js";
import { writeHostileFiles } from "../../../support/hostile-files.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

const FOREVER = new AbortController().signal;

function pooled(t: TestContext, options: TagPoolOptions = {}): TagPool {
  const pool = createTagPool(options);
  t.after(() => pool.close());
  return pool;
}

function rootFolder(t: TestContext): string {
  return realpathSync(temporaryFolder(t));
}

function localJobs(root: string, paths: readonly string[]): TagJob[] {
  return paths.map((path, id) => ({ id, path, sizeBytes: 1, local: { root, followSymlinks: false } }));
}

/** Each repeated tag costs the parser more than the last: 50,000 of them take several seconds. */
function writeSlowFile(path: string): void {
  const frame = formatFrame("TIT2", textBody("Again"));
  const tag = Buffer.concat([formatId3Header(frame.length), frame]);
  writeFileSync(path, Buffer.concat(new Array(50_000).fill(tag)));
}

/** 16 MiB of comments that say nothing, as many as fit into a FLAC's block: 2.8 million objects. */
function writeGreedyFile(path: string): void {
  const comment = Buffer.from("\x02\0\0\0A=", "latin1");
  const count = Math.floor((2 ** 24 - 9) / comment.length);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(count, 4);
  const body = Buffer.concat([head, Buffer.alloc(count * comment.length, comment)]);
  const blockHeader = Buffer.of(0x84, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff);
  const streamInfo = Buffer.from(writeFlac({}).subarray(0, 42));
  streamInfo[4] = 0;
  writeFileSync(path, Buffer.concat([streamInfo, blockHeader, body]));
}

test("a library comes back in the order that was asked for, with every tag", async (t) => {
  const root = rootFolder(t);
  generateLibrary(root, { files: 300 });
  const tracks = [...generateTracks({ files: 300 })];
  const pool = pooled(t);
  const jobs = localJobs(
    root,
    tracks.map(({ path }) => path),
  ).reverse();
  // Several calls at once share the workers.
  const parts = await Promise.all(
    [0, 100, 200].map((from) => pool.read(jobs.slice(from, from + 100), FOREVER)),
  );
  const results = parts.flat().reverse();
  for (const [index, track] of tracks.entries()) {
    assert.equal(results[index]?.id, index);
    assert.equal(results[index]?.problem, undefined);
    assert.equal(results[index]?.tags.title, track.tags.title);
    assert.equal(results[index]?.audio.format, track.format);
  }
});

test("every hostile file is answered, and the file after it reads well", async (t) => {
  const root = rootFolder(t);
  const files = writeHostileFiles(root);
  writeFileSync(join(root, "good.flac"), writeFlac({ title: "Good" }));
  const paths = files.flatMap(({ path }) => [path, "good.flac"]);
  const results = await pooled(t).read(localJobs(root, paths), FOREVER);
  assert.equal(results.length, paths.length);
  for (const [index, { id, tags, problem }] of results.entries()) {
    assert.equal(id, index);
    if (index % 2 === 1) assert.equal(tags.title, "Good", `after ${paths[index - 1]}`);
    for (const text of [tags.title, tags.album, problem?.detail]) assert.ok((text ?? "").length <= 1000);
  }
});

test("a file that takes too long is a timeout, and its neighbours are read", async (t) => {
  const root = rootFolder(t);
  writeSlowFile(join(root, "slow.mp3"));
  writeFileSync(join(root, "good.mp3"), writeMp3({ title: "Good" }));
  const paths = ["good.mp3", "slow.mp3", "good.mp3", "good.mp3"];
  const results = await pooled(t, { workers: 1, timeoutMs: 1000 }).read(localJobs(root, paths), FOREVER);
  assert.deepEqual(
    results.map(({ tags, problem }) => problem?.code ?? tags.title),
    ["Good", "timeout", "Good", "Good"],
  );
});

test("a file that takes too much memory ends its worker, and nothing else", async (t) => {
  const root = rootFolder(t);
  writeGreedyFile(join(root, "greedy.flac"));
  writeFileSync(join(root, "good.flac"), writeFlac({ title: "Good" }));
  const paths = ["good.flac", "greedy.flac", "good.flac"];
  const results = await pooled(t, { workers: 1, timeoutMs: 60_000 }).read(localJobs(root, paths), FOREVER);
  assert.deepEqual(
    results.map(({ tags, problem }) => problem?.code ?? tags.title),
    ["Good", "out-of-memory", "Good"],
  );
});

test("only regular files below the root are opened", async (t) => {
  const folder = rootFolder(t);
  const root = join(folder, "music");
  mkdirSync(root);
  mkdirSync(join(folder, "elsewhere"));
  writeFileSync(join(folder, "elsewhere", "a.flac"), writeFlac({ title: "Secret" }));
  symlinkSync("../elsewhere/a.flac", join(root, "link.flac"));
  symlinkSync("../elsewhere", join(root, "up"));
  execFileSync("mkfifo", [join(root, "fifo.flac")]);
  const paths = ["link.flac", "up/a.flac", "fifo.flac", "../elsewhere/a.flac", "missing.flac", "."];
  const pool = pooled(t);
  for (const { tags, problem } of await pool.read(localJobs(root, paths), FOREVER)) {
    assert.equal(problem?.code, "unreadable");
    assert.equal(tags.title, undefined);
  }
  const [followed] = await pool.read(
    [{ id: 1, path: "up/a.flac", sizeBytes: 1, local: { root, followSymlinks: true } }],
    FOREVER,
  );
  assert.equal(followed?.tags.title, "Secret");
});

test("a name that is not UTF-8 is read", async (t) => {
  const root = rootFolder(t);
  const name = Buffer.from("caf\xe9.flac", "latin1");
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), name]), writeFlac({ title: "Café" }));
  const [result] = await pooled(t).read(localJobs(root, [pathFromBytes(name)]), FOREVER);
  assert.equal(result?.tags.title, "Café");
});

test("a file that is elsewhere is read by ranges, within its size and 64 KiB at a time", async (t) => {
  const bytes = writeMp3(
    { title: "Far away" },
    { durationMs: 20_000, cover: { mimeType: "image/png", data: Buffer.alloc(1 << 20) } },
  );
  let bytesRead = 0;
  const pool = pooled(t, {
    readAt: async (job, from, length) => {
      assert.equal(job.path, "far.mp3");
      assert.ok(length <= 64 * 1024 && from + length <= bytes.length);
      bytesRead += length;
      return bytes.subarray(from, from + length);
    },
  });
  const [result] = await pool.read([{ id: 7, path: "far.mp3", sizeBytes: bytes.length }], FOREVER);
  assert.equal(result?.id, 7);
  assert.equal(result?.tags.title, "Far away");
  assert.ok(bytesRead < bytes.length / 2);
});

test("an origin that fails, lies about lengths or never answers costs its own file only", async (t) => {
  const bytes = writeFlac({ title: "Good" });
  const aborted: string[] = [];
  const pool = pooled(t, {
    workers: 1,
    timeoutMs: 1000,
    readAt: ({ path }, from, length, signal) => {
      if (path === "fails")
        return Promise.reject(Object.assign(new Error("no route"), { code: "EHOSTUNREACH" }));
      if (path === "lies") return Promise.resolve(bytes.subarray(0, 3));
      if (path === "good") return Promise.resolve(bytes.subarray(from, from + length));
      signal.addEventListener("abort", () => aborted.push(path));
      return new Promise(() => undefined);
    },
  });
  const jobs = ["fails", "good", "lies", "hangs", "good"].map((path, id) => ({
    id,
    path,
    sizeBytes: bytes.length,
  }));
  const results = await pool.read(jobs, FOREVER);
  assert.deepEqual(
    results.map(({ tags, problem }) => problem?.code ?? tags.title),
    ["unreadable", "Good", "unreadable", "timeout", "Good"],
  );
  assert.deepEqual(aborted, ["hangs"]);
});

test("an aborted call rejects with the signal's reason, and the pool goes on", async (t) => {
  const root = rootFolder(t);
  writeFileSync(join(root, "good.flac"), writeFlac({ title: "Good" }));
  const jobs = localJobs(root, new Array(500).fill("good.flac"));
  const pool = pooled(t);
  const stop = new AbortController();
  const reason = new Error("enough");
  const reading = pool.read(jobs, stop.signal);
  stop.abort(reason);
  await assert.rejects(reading, reason);
  await assert.rejects(pool.read(jobs, stop.signal), reason);
  const results = await pool.read(jobs, FOREVER);
  assert.ok(results.every(({ tags }) => tags.title === "Good"));
});

test("closing rejects what is under way, and what comes later", async (t) => {
  const root = rootFolder(t);
  writeSlowFile(join(root, "slow.mp3"));
  const pool = createTagPool();
  const reading = pool.read(localJobs(root, ["slow.mp3"]), FOREVER);
  const rejected = assert.rejects(reading, /closed/);
  await pool.close();
  await rejected;
  await assert.rejects(pool.read(localJobs(root, ["slow.mp3"]), FOREVER), /closed/);
  assert.deepEqual(await createTagPool().read([], FOREVER), []);
});

test("a pool that is not closed keeps no process alive, and prints nothing", (t) => {
  const root = rootFolder(t);
  writeFileSync(join(root, "good.flac"), writeFlac({ title: "Good" }));
  const script = `
    import { createTagPool } from ${JSON.stringify(import.meta.resolve("#core/library/tags/tag-pool.js"))};
    const jobs = ${JSON.stringify(localJobs(root, ["good.flac"]))};
    const [result] = await createTagPool({ idleMs: 3600_000 }).read(jobs, new AbortController().signal);
    console.log(result.tags.title);`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
    env: { ...process.env, DEBUG: "*" },
    timeout: 60_000,
  });
  assert.deepEqual({ stdout, stderr, status }, { stdout: "Good\n", stderr: "", status: 0 });
});

test("an idle pool has no thread, and starts again", async (t) => {
  const root = rootFolder(t);
  writeFileSync(join(root, "good.flac"), writeFlac({ title: "Good" }));
  const pool = pooled(t, { workers: 1, idleMs: 50 });
  const threads = () => readdirSync("/proc/self/task").length;
  await stat(root); // Starts the threads that Node itself keeps for asynchronous file work.
  const before = threads();
  await pool.read(localJobs(root, ["good.flac"]), FOREVER);
  assert.ok(threads() > before);
  while (threads() > before) await setTimeout(20);
  const [again] = await pool.read(localJobs(root, ["good.flac"]), FOREVER);
  assert.equal(again?.tags.title, "Good");
});
