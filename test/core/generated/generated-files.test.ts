import assert from "node:assert/strict";
import { closeSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Catalogue, openCatalogue } from "../../../core/catalogue/catalogue.js";
import { makeGeneratedFolders } from "../../../core/generated/generated-disk.js";
import { GeneratedFiles, type GeneratedMaker } from "../../../core/generated/generated-files.js";
import { type EntryChange, ROOT_INO } from "../../../core/model/entry.js";
import type { GeneratedFolders } from "../../../core/model/mount-driver.js";
import { openVfs, type Vfs } from "../../../core/vfs/vfs.js";
import { silentLogger } from "../../support/loggers.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const NEVER = new AbortController().signal;

interface Bench {
  readonly catalogue: Catalogue;
  readonly folders: GeneratedFolders;
  readonly files: GeneratedFiles;
  readonly vfs: Vfs;
  readonly changes: EntryChange[];
  /** As the next run of the daemon has it. */
  again(): GeneratedFiles;
  /** The bytes of an inode, made where need be, as a mount driver gets them. */
  read(ino: number): Promise<string>;
}

function openBench(t: TestContext, maker: GeneratedMaker, maxBytes = 1_000_000): Bench {
  const folder = temporaryFolder(t);
  const cataloguePath = join(folder, "catalogue.sqlite");
  const catalogue = openCatalogue(cataloguePath);
  const folders = makeGeneratedFolders(join(folder, "cache"), folder);
  const vfs = openVfs({ cataloguePath, origins: [], generated: folders });
  t.after(() => {
    vfs.close();
    catalogue.close();
  });
  const changes: EntryChange[] = [];
  const again = (): GeneratedFiles => {
    const files = new GeneratedFiles({
      catalogue,
      folders,
      budgets: { cache: maxBytes, covers: maxBytes },
      log: silentLogger(),
      onChanges: (changed) => changes.push(...changed),
    });
    files.addMaker(maker);
    return files;
  };
  const files = again();
  const read = async (ino: number): Promise<string> => {
    for (let attempt = 0; attempt < 2; attempt++) {
      const opened = vfs.open(ino, vfs.getattr(ino)?.revision ?? 0);
      if (opened.kind === "local") {
        const text = readFileSync(opened.fd, "utf8");
        closeSync(opened.fd);
        assert.equal(vfs.getattr(ino)?.sizeBytes, Buffer.byteLength(text));
        return text;
      }
      assert.equal(opened.kind, "changed");
      await files.refresh(ino, NEVER);
    }
    throw new Error("it was not there after it had been made");
  };
  return { catalogue, folders, files, vfs, changes, again, read };
}

const echo: GeneratedMaker = { name: "echo", make: async ({ recipe }) => Buffer.from(recipe) };
const HELLO = { subject: "a", recipe: "hello", sizeBytes: 5, mtimeMs: 1_500 };

function declare({ catalogue, files }: Bench, file: typeof HELLO, name = `${file.subject}.txt`): number {
  return catalogue.transaction(() => {
    const ino = files.declare("echo", file);
    if (!catalogue.tree.child(ROOT_INO, name)) catalogue.tree.insertName(ROOT_INO, name, ino, false, 0);
    return ino;
  });
}

function countFiles(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .length;
}

test("a declared file has its size at once, and its bytes when it is opened", async (t) => {
  const bench = openBench(t, echo);
  const ino = declare(bench, HELLO);
  assert.deepEqual(
    { size: bench.vfs.getattr(ino)?.sizeBytes, mtime: bench.vfs.getattr(ino)?.mtimeMs },
    { size: 5, mtime: 1000 },
  );
  assert.equal(countFiles(bench.folders.cache), 0);
  assert.equal(await bench.read(ino), "hello");
  assert.deepEqual(bench.changes, []);
});

test("bytes that are missing, cut off or damaged in time are made again under the same revision", async (t) => {
  const bench = openBench(t, echo);
  const ino = declare(bench, HELLO);
  await bench.read(ino);
  const path = join(bench.folders.cache, bench.catalogue.generated.byIno(ino)?.path ?? "");
  for (const spoil of [() => rmSync(path), () => truncateSync(path, 2), () => writeFileSync(path, "HELLO")]) {
    spoil();
    assert.equal(await bench.read(ino), "hello");
  }
  assert.equal(bench.vfs.getattr(ino)?.revision, 0);
});

test("another recipe is another revision of the same inode, and its names are told", async (t) => {
  const bench = openBench(t, echo);
  const ino = declare(bench, HELLO);
  await bench.read(ino);
  const old = bench.vfs.open(ino, 0);
  assert.equal(declare(bench, { ...HELLO, recipe: "good bye", sizeBytes: 8 }), ino);
  assert.deepEqual(bench.files.takeChanges(), [{ parentIno: ROOT_INO, name: "a.txt" }]);
  assert.throws(() => bench.vfs.open(ino, 0), { code: "ESTALE" });
  assert.equal(await bench.read(ino), "good bye");
  assert.equal(old.kind === "local" && readFileSync(old.fd, "utf8"), "hello");
  if (old.kind === "local") closeSync(old.fd);
});

test("a file that turns out otherwise than it was shown gets a new revision, and the kernel is told", async (t) => {
  const bench = openBench(t, { name: "echo", make: async () => Buffer.from("longer than that") });
  const ino = declare(bench, HELLO);
  assert.equal(await bench.read(ino), "longer than that");
  assert.equal(bench.vfs.getattr(ino)?.revision, 1);
  assert.deepEqual(bench.changes, [{ parentIno: ROOT_INO, name: "a.txt" }]);
});

test("what cannot be made is an error of the reader, and can be tried again", async (t) => {
  let isBroken = true;
  const make = async (): Promise<Uint8Array> => {
    if (isBroken) throw new Error("the picture is damaged");
    return Buffer.from("hello");
  };
  const bench = openBench(t, { name: "echo", make });
  const ino = declare(bench, HELLO);
  await assert.rejects(bench.read(ino), { code: "EIO", message: "the picture is damaged" });
  isBroken = false;
  assert.equal(await bench.read(ino), "hello");
});

test("readers of one file wait for one making", async (t) => {
  let made = 0;
  const bench = openBench(t, { name: "echo", make: async () => Buffer.from(`${++made}    `) });
  const ino = declare(bench, HELLO);
  await Promise.all(Array.from({ length: 20 }, () => bench.files.refresh(ino, NEVER)));
  assert.equal(made, 1);
});

test("bytes at hand are kept, and the same bytes again change nothing", async (t) => {
  const bench = openBench(t, { name: "echo" });
  const put = (text: string) => bench.files.put("echo", "a", Buffer.from(text), 9_000);
  const [ino] = await Promise.all([put("one"), put("two"), put("three")]);
  bench.catalogue.transaction(() => bench.catalogue.tree.insertName(ROOT_INO, "a.txt", ino, false, 0));
  assert.equal(await bench.read(ino), "three");
  assert.equal(await put("three"), ino);
  assert.equal(bench.vfs.getattr(ino)?.revision, 2);
  await bench.files.sweep(NEVER);
  assert.deepEqual([countFiles(bench.folders.state), countFiles(bench.folders.cache)], [1, 0]);
});

test("the cache folder keeps its budget, and what went is made again", async (t) => {
  const bench = openBench(t, echo, 10_000);
  const inos = Array.from({ length: 30 }, (_, at) => {
    const recipe = String(at).padEnd(1000, ".");
    return declare(bench, { subject: `s${at}`, recipe, sizeBytes: 1000, mtimeMs: 0 });
  });
  for (const ino of inos) {
    await bench.read(ino);
    const paths = readdirSync(bench.folders.cache, { recursive: true, encoding: "utf8" });
    const held = paths.map((path) => statSync(join(bench.folders.cache, path)));
    const bytes = held.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
    assert.ok(bytes <= 10_000, `${bytes}`);
  }
  assert.match(await bench.read(inos[0] ?? 0), /^0\.+$/);
  const tooLarge = declare(bench, {
    subject: "L",
    recipe: "x".repeat(10_001),
    sizeBytes: 10_001,
    mtimeMs: 0,
  });
  await assert.rejects(bench.read(tooLarge), /more than all such files may have/);
});

test("the next run sweeps what nothing names, and keeps the rest", async (t) => {
  const bench = openBench(t, echo);
  const kept = declare(bench, HELLO);
  const gone = declare(bench, { ...HELLO, subject: "b" });
  await bench.read(kept);
  await bench.read(gone);
  bench.catalogue.transaction(() => {
    const [name] = bench.catalogue.tree.namesOf(gone);
    if (name) bench.catalogue.tree.removeName(name, 0);
  });
  const shard = readdirSync(bench.folders.cache).find((name) => name.length === 2) ?? "";
  writeFileSync(join(bench.folders.cache, shard, "stray.part"), "x");
  await new Promise((resolve) => setTimeout(resolve, 20));
  await bench.again().sweep(NEVER);
  await bench.again().sweep(NEVER);
  assert.equal(bench.catalogue.generated.byIno(gone), undefined);
  assert.equal(countFiles(join(bench.folders.cache, shard)) <= 1, true);
  assert.equal(await bench.read(kept), "hello");
});

test("a removed file leaves nothing on the disk", async (t) => {
  const bench = openBench(t, echo);
  const ino = declare(bench, HELLO);
  await bench.read(ino);
  bench.catalogue.transaction(() => {
    for (const row of bench.catalogue.tree.namesOf(ino)) bench.catalogue.tree.removeName(row, 0);
    bench.files.remove(ino);
  });
  await bench.files.sweep(NEVER);
  assert.equal(countFiles(bench.folders.cache), 0);
});
