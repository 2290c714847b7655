import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { describe, test } from "node:test";
import type { Origin } from "musicfs";
import { originLocal } from "musicfs/plugins";
import {
  type OriginSubject,
  originContract,
  runContract,
  setUpPlugin,
  writeSampleTree,
} from "musicfs/testing";
import { writeHostileNames } from "../support/hostile-names.js";
import { AS_NOBODY, run } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";

/** Prints what an origin lists of the folder that is its argument. */
const LISTER = `
  import { originLocal } from ${JSON.stringify(import.meta.resolve("musicfs/plugins"))};
  import { setUpPlugin } from ${JSON.stringify(import.meta.resolve("musicfs/testing"))};
  const plugin = await setUpPlugin(originLocal({ path: process.argv[2] }));
  const [origin] = await plugin.origins();
  const files = [], unreadable = [];
  for await (const batch of origin.list(new AbortController().signal)) {
    files.push(...batch.files.map(({ path }) => path));
    unreadable.push(...batch.unreadable);
  }
  console.log(JSON.stringify({ files, unreadable }));
  await plugin.close();
`;

const noAbort = new AbortController().signal;

describe("origin-local keeps the contract of an origin", () => {
  runContract(originContract, makeSubject, { test });
});

describe("origin-local", () => {
  test("never follows a link out of its root unless it is told to", async (t) => {
    const base = temporaryFolder(t);
    const root = join(base, "music");
    mkdirSync(join(root, "inside"), { recursive: true });
    mkdirSync(join(base, "outside"));
    writeFileSync(join(base, "outside", "far.mp3"), "outside");
    writeFileSync(join(root, "inside", "near.mp3"), "inside");
    symlinkSync(join(base, "outside"), join(root, "a folder elsewhere"));
    symlinkSync(join(base, "outside", "far.mp3"), join(root, "a file elsewhere.mp3"));
    symlinkSync(join(root, "inside"), join(root, "a folder inside"));
    symlinkSync(root, join(root, "inside", "in circles"));

    const linked = ["a file elsewhere.mp3", "a folder elsewhere/far.mp3"];
    const strict = await open(root);
    assert.deepEqual(await listedPaths(strict), ["inside/near.mp3"]);
    for (const path of linked) {
      assert.equal(await strict.stat(path, noAbort), undefined, path);
      const file = { path, sizeBytes: 7, mtimeMs: statSync(join(root, path)).mtimeMs };
      await assert.rejects(async () => strict.read(file, 0, 7, noAbort), path);
    }

    const lenient = await open(root, { followSymlinks: true });
    assert.deepEqual(await listedPaths(lenient), [...linked, "inside/near.mp3"]);
    for (const path of linked) {
      const file = await lenient.stat(path, noAbort);
      assert.ok(file, path);
      assert.equal(Buffer.from(await lenient.read(file, 0, 7, noAbort)).toString(), "outside");
    }
  });

  test("names a folder that cannot be listed, and lists the rest", async (t) => {
    const base = temporaryFolder(t);
    const root = join(base, "music");
    const script = join(base, "list.mjs");
    mkdirSync(join(root, "closed"), { recursive: true });
    chmodSync(join(root, "closed"), 0);
    writeFileSync(join(root, "open.mp3"), "x");
    writeFileSync(script, LISTER);
    chmodSync(base, 0o755);
    // Root can list every folder, so somebody else does.
    const asNobody = process.getuid?.() === 0 ? AS_NOBODY : [];
    const { stdout, stderr } = await run([...asNobody, process.execPath, script, root]);
    const { files, unreadable } = JSON.parse(stdout || `{"files":${JSON.stringify(stderr)}}`);
    assert.deepEqual(files, ["open.mp3"]);
    assert.deepEqual(unreadable, [{ path: "closed", reason: "EACCES" }]);
  });

  test("can be read when its disk comes later, also behind links", async (t) => {
    const base = temporaryFolder(t);
    symlinkSync("disk", join(base, "link to the disk"));
    symlinkSync(join(base, "link to the disk", "music"), join(base, "Music"));
    const origin = await open(join(base, "Music"));
    await assert.rejects(() => listedPaths(origin), { code: "MFS_ORIGIN_UNAVAILABLE" });
    mkdirSync(join(base, "disk", "music"), { recursive: true });
    writeFileSync(join(base, "disk", "music", "late.mp3"), "late");
    assert.deepEqual(await listedPaths(origin), ["late.mp3"]);
    const file = await origin.stat("late.mp3", noAbort);
    assert.ok(file);
    assert.equal(Buffer.from(await origin.read(file, 0, 9, noAbort)).toString(), "late");
  });

  test("a link that leads to itself is a folder that is not there", async (t) => {
    const base = temporaryFolder(t);
    symlinkSync("loop", join(base, "loop"));
    await assert.rejects(async () => listedPaths(await open(join(base, "loop", "music"))), {
      code: "MFS_ORIGIN_UNAVAILABLE",
    });
  });

  test("names that are not UTF-8 are listed, looked at and read", async (t) => {
    const root = temporaryFolder(t);
    const names = writeHostileNames(root);
    const origin = await open(root);
    const paths = await listedPaths(origin);
    assert.equal(paths.length, names.length);
    for (const path of paths) {
      const file = await origin.stat(path, noAbort);
      assert.ok(file, path);
      assert.equal((await origin.read(file, 0, file.sizeBytes, noAbort)).length, file.sizeBytes, path);
    }
  });

  test("takes a path relative to the config, and one that starts with ~", async (t) => {
    const configDir = temporaryFolder(t);
    mkdirSync(join(configDir, "music"));
    writeFileSync(join(configDir, "music", "one.mp3"), "x");
    for (const path of ["music", "./music", `../${basename(configDir)}/music/`]) {
      assert.deepEqual(await listedPaths(await open(path, {}, configDir)), ["one.mp3"], path);
    }
    const home = await open("~");
    assert.equal(home.local?.root, realpathSync(homedir()));
  });

  test("never mixes a file with what somebody writes into it while it is read", async (t) => {
    const root = temporaryFolder(t);
    const path = join(root, "a.flac");
    const [size, rounds] = [1 << 20, 400];
    const origin = await open(root);
    let refused = 0;
    for (let round = 0; round < rounds; round += 1) {
      writeFileSync(path, Buffer.alloc(size, 1));
      const file = await origin.stat("a.flac", noAbort);
      assert.ok(file);
      const writing = writeFile(path, Buffer.alloc(size, 2));
      if (round % 2 === 1) await new Promise((resolve) => setImmediate(resolve));
      const bytes = await origin.read(file, 0, size, noAbort).catch(() => undefined);
      await writing;
      refused += bytes ? 0 : 1;
      if (bytes) assert.ok(Buffer.alloc(size, 1).equals(bytes), `round ${round}: not the version asked for`);
    }
    assert.ok(refused > 0, "nobody ever wrote in the middle of a read");
  });

  test("says at once which options are wrong", () => {
    const wrong = { path: "", followSymlink: true } as unknown as { path: string };
    const problems = originLocal(wrong).problems.map(({ path, code }) => `${path.join(".")} ${code}`);
    assert.deepEqual(problems, ["path too_small", " unrecognized_keys"]);
  });
});

async function listedPaths(origin: Origin): Promise<string[]> {
  const paths: string[] = [];
  for await (const { files } of origin.list(noAbort)) paths.push(...files.map(({ path }) => path));
  return paths.sort();
}

async function makeSubject(): Promise<OriginSubject> {
  const base = mkdtempSync(join(tmpdir(), "musicfs-test-"));
  const root = join(base, "music");
  const expected = writeSampleTree(root);
  return {
    origin: await open(root),
    expected,
    replace: (path, bytes) => writeFile(join(root, path), bytes),
    remove: (path) => rm(join(root, path)),
    openMissing: () => open(join(base, "not there")),
    openWith: async (files) => {
      for (const { path, bytes } of files) {
        const full = join(base, "more", path);
        mkdirSync(dirname(full), { recursive: true });
        writeFileSync(full, bytes);
      }
      return open(join(base, "more"));
    },
    close: () => rmSync(base, { recursive: true, force: true }),
  };
}

async function open(
  path: string,
  options: { followSymlinks?: boolean } = {},
  configDir = process.cwd(),
): Promise<Origin> {
  const plugin = await setUpPlugin(originLocal({ path, ...options }), { configDir });
  const [origin] = await plugin.origins();
  await plugin.close();
  if (!origin) throw new Error("no origin");
  return origin;
}
