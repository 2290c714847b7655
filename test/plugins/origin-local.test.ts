import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { describe, test } from "node:test";
import type { Origin, UnreadableFolder } from "musicfs";
import { originLocal } from "musicfs/plugins";
import {
  type OriginSubject,
  originContract,
  runContract,
  setUpPlugin,
  writeSampleTree,
} from "musicfs/testing";
import { writeHostileNames } from "../support/hostile-names.js";
import { temporaryFolder } from "../support/temporary-folder.js";

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
    if (process.getuid?.() === 0) return t.skip("root can list every folder");
    const root = temporaryFolder(t);
    mkdirSync(join(root, "closed"), { mode: 0 });
    writeFileSync(join(root, "open.mp3"), "x");
    const unreadable: UnreadableFolder[] = [];
    for await (const batch of (await open(root)).list(noAbort)) unreadable.push(...batch.unreadable);
    assert.deepEqual(unreadable, [{ path: "closed", reason: "EACCES" }]);
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
