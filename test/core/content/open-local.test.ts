import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readSync,
  realpathSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openLocal } from "#core/content/open-local.js";
import { pathFromBytes } from "#core/content/path-bytes.js";

let folder = "";
let root = "";

before(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "open-local-")));
  root = join(folder, "music");
  mkdirSync(join(root, "album"), { recursive: true });
  mkdirSync(join(folder, "music-secret"));
  writeFileSync(join(root, "album", "a.mp3"), "inside");
  writeFileSync(join(folder, "music-secret", "a.mp3"), "outside");
});
after(() => rmSync(folder, { recursive: true }));

function contentOf(path: string, followSymlinks = false): string {
  const { fd, stat } = openLocal(root, path, followSymlinks);
  try {
    const buffer = Buffer.alloc(stat.size);
    readSync(fd, buffer, 0, stat.size, 0);
    return buffer.toString();
  } finally {
    closeSync(fd);
  }
}

const openFiles = () => readdirSync("/proc/self/fd").length;

test("a regular file opens, with its stat", () => {
  assert.equal(contentOf("album/a.mp3"), "inside");
});

test("a name that is not UTF-8 opens by its escaped path", () => {
  const name = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x66, 0xe9, 0xff])]);
  writeFileSync(name, "latin");
  assert.equal(contentOf(pathFromBytes(name.subarray(root.length + 1))), "latin");
});

test("a link, and a folder that is a link, lead nowhere outside the root", () => {
  symlinkSync(join(folder, "music-secret", "a.mp3"), join(root, "absolute.mp3"));
  symlinkSync("../music-secret", join(root, "up"));
  const openBefore = openFiles();
  assert.throws(() => contentOf("absolute.mp3"), { code: "ELOOP" });
  assert.throws(() => contentOf("up/a.mp3"), { code: "EACCES" });
  assert.equal(openFiles(), openBefore);
});

test("links are followed where the origin says so", () => {
  symlinkSync(join(folder, "music-secret", "a.mp3"), join(root, "followed.mp3"));
  assert.equal(contentOf("followed.mp3", true), "outside");
});

test('".." is refused even where links may be followed, and a name with two dots is not', () => {
  assert.throws(() => contentOf("../music-secret/a.mp3", true), { code: "EACCES" });
  writeFileSync(join(root, "etc..mp3"), "dots");
  assert.equal(contentOf("etc..mp3"), "dots");
});

test("a FIFO, a device and a folder are refused at once", () => {
  execFileSync("mkfifo", [join(root, "fifo.mp3")]);
  assert.throws(() => contentOf("fifo.mp3"), { code: "EINVAL" });
  assert.throws(() => contentOf("album"), { code: "EINVAL" });
  assert.throws(() => openLocal("/dev", "null", false), { code: "EINVAL" });
});

test("the root of the whole machine can be an origin", () => {
  const { fd } = openLocal("/", join(root, "album", "a.mp3").slice(1), false);
  closeSync(fd);
});

test("a folder that is swapped for a link while it is opened never gives the bytes outside", async () => {
  const script = `cd "$1" && while [ -e "$1/go" ]; do mv -T race spare; ln -s ../music-secret race; rm race; mv -T spare race; done`;
  mkdirSync(join(root, "race"));
  writeFileSync(join(root, "race", "a.mp3"), "inside");
  writeFileSync(join(root, "go"), "");
  const swapper = spawn("sh", ["-c", script, "sh", root], { stdio: "ignore" });
  let opened = 0;
  for (let round = 0; round < 10_000; round++) {
    try {
      assert.equal(contentOf("race/a.mp3"), "inside");
      opened++;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      assert.ok(["ENOENT", "ENOTDIR", "EACCES", "ELOOP"].includes(code), String(error));
    }
  }
  unlinkSync(join(root, "go"));
  await new Promise((resolve) => swapper.once("close", resolve));
  assert.ok(opened > 0);
});
