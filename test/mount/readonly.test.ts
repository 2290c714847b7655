import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { withMount } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { run } from "../support/process.js";
import { EXAMPLE_LIBRARY, filesBelow, hashesOf } from "../support/tree-files.js";

/** Each call as Python writes it: `file` and `folder` are in the mount, and `new` is a name there that is free. */
const WRITES: Record<string, string> = {
  create: "os.open(new, os.O_CREAT | os.O_WRONLY)",
  "create exclusively": "os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR)",
  "open for writing": "os.open(file, os.O_WRONLY)",
  "open for reading and writing": "os.open(file, os.O_RDWR)",
  "open for appending": "os.open(file, os.O_WRONLY | os.O_APPEND)",
  "open and truncate": "os.open(file, os.O_WRONLY | os.O_TRUNC)",
  "open an unnamed file": "os.open(folder, os.O_TMPFILE | os.O_RDWR)",
  truncate: "os.truncate(file, 0)",
  mkdir: "os.mkdir(new)",
  rmdir: "os.rmdir(folder)",
  unlink: "os.unlink(file)",
  rename: "os.rename(file, new)",
  "rename a folder": "os.rename(folder, new)",
  chmod: "os.chmod(file, 0o777)",
  chown: "os.chown(file, 1, 1)",
  utimes: "os.utime(file, (1, 1))",
  link: "os.link(file, new)",
  symlink: "os.symlink('x', new)",
  "mknod a FIFO": "os.mkfifo(new)",
  "mknod a file": "os.mknod(new)",
  setxattr: "os.setxattr(file, 'user.rating', b'5')",
  removexattr: "os.removexattr(file, 'user.rating')",
};

const SCRIPT = `
import errno, json, os, sys
file, folder, new = sys.argv[1:4]
results = {}
for name, call in json.loads(sys.argv[4]).items():
    try:
        eval(call)
        results[name] = "done"
    except OSError as error:
        results[name] = errno.errorcode[error.errno]
print(json.dumps(results))
`;

for (const driver of DRIVERS) {
  test(`${driver}: every way to write is refused with EROFS, and nothing changes`, async () => {
    await withMount({ driver, library: EXAMPLE_LIBRARY }, async ({ mountpoint }) => {
      const before = await filesBelow(mountpoint);
      const hashes = await hashesOf(before);
      const file = before[0] ?? "";
      const paths = [file, join(file, ".."), join(file, "..", "new")];
      const { stdout, stderr } = await run(["python3", "-c", SCRIPT, ...paths, JSON.stringify(WRITES)]);
      assert.equal(stderr, "");
      const expected = Object.fromEntries(Object.keys(WRITES).map((name) => [name, "EROFS"]));
      assert.deepEqual(JSON.parse(stdout), expected);

      const setfattr = await run(["setfattr", "-n", "user.x", "-v", "1", file]);
      assert.match(setfattr.stderr, /Read-only file system/);
      const touched = await run(["touch", file], { env: { ...process.env, LC_ALL: "C" } });
      assert.match(touched.stderr, /Read-only file system/);
      assert.deepEqual(await filesBelow(mountpoint), before);
      assert.deepEqual(await hashesOf(before), hashes);
    });
  });
}
