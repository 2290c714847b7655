import assert from "node:assert/strict";
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createRandom } from "../support/audio-noise.js";
import { writeFlac } from "../support/audio-writer.js";
import { withMount } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { withOpen } from "../support/open.js";
import { run } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { filesBelow } from "../support/tree-files.js";

/** Lengths around the limits of pages, of a read-ahead, and of one request. */
const TAIL_BYTES = [0, 1, 4095, 4096, 4097, 131_071, 131_073, 1_048_575, 3_000_001];
const HUGE_BYTES = 5 * 2 ** 30;

let library = "";
let contents: Buffer[] = [];
const cleanUps: (() => void)[] = [];

before(() => {
  library = temporaryFolder({ after: (clean) => cleanUps.push(clean) });
  const random = createRandom(5);
  mkdirSync(join(library, "Reads"));
  contents = TAIL_BYTES.map((length, at) => {
    const tail = Buffer.alloc(length);
    for (let i = 0; i + 4 <= length; i += 4) tail.writeUInt32LE(random() >>> 0, i);
    const tags = { title: `Length ${at}`, artists: ["Reader"], album: "Reads", trackNumber: at + 1 };
    const bytes = Buffer.concat([writeFlac(tags), tail]);
    writeFileSync(join(library, "Reads", `${at}.flac`), bytes);
    return bytes;
  });
});

after(() => {
  for (const clean of cleanUps) clean();
});

/** The paths in the mount in the order of {@link contents}. */
async function shownIn(mountpoint: string): Promise<string[]> {
  const shown = await filesBelow(mountpoint);
  return contents.map((_, at) => shown.find((path) => path.includes(`Length ${at}`)) ?? "");
}

for (const driver of DRIVERS) {
  const config = { driver, library: "" };
  const mounted = (use: Parameters<typeof withMount>[1]) => withMount({ ...config, library }, use);

  test(`${driver}: reads at any offset and of any length give the bytes of the origin`, () =>
    mounted(async ({ mountpoint }) => {
      const paths = await shownIn(mountpoint);
      const random = createRandom(2026);
      for (const [at, path] of paths.entries()) {
        await withOpen(path, async (handle) => {
          assert.equal((await handle.stat()).size, contents[at]?.length);
          for (let round = 0; round < 60; round += 1)
            await readsRight(handle, contents[at] as Buffer, random);
        });
      }
    }));

  test(`${driver}: sendfile, splice, mmap, readv, lseek and small reads give the same bytes`, () =>
    mounted(async ({ mountpoint }) => {
      for (const [at, path] of (await shownIn(mountpoint)).entries()) {
        const { code, stderr } = await run(["python3", "-c", WAYS_TO_READ, path, originalOf(at)]);
        assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, path);
        const copy = join(library, "..", `musicfs-copy-${process.pid}`);
        cleanUps.push(() => run(["rm", "-f", copy]));
        assert.equal((await run(["cp", "--reflink=never", path, copy])).code, 0);
        assert.ok(readFileSync(copy).equals(contents[at] as Buffer));
      }
    }));

  test(`${driver}: 64 readers at a time get the right bytes`, () =>
    mounted(async ({ mountpoint }) => {
      const paths = await shownIn(mountpoint);
      const reader = async (seed: number): Promise<void> => {
        const random = createRandom(seed);
        const at = seed % paths.length;
        await withOpen(paths[at] ?? "", async (handle) => {
          for (let round = 0; round < 25; round += 1)
            await readsRight(handle, contents[at] as Buffer, random);
        });
      };
      await Promise.all(Array.from({ length: 64 }, (_, seed) => reader(seed + 1)));
    }));

  test(`${driver}: 1,500 handles can be open, each reads, and each is closed again`, () =>
    mounted(async ({ mountpoint, instance }) => {
      const paths = await shownIn(mountpoint);
      const handles = await Promise.all(
        Array.from({ length: 1500 }, (_, at) => open(paths[at % paths.length] ?? "")),
      );
      try {
        assert.ok((await instance.status()).openFiles >= 1);
        for (const [at, handle] of handles.entries()) {
          const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, at % 50);
          const expected = (contents[at % paths.length] as Buffer).subarray(at % 50, (at % 50) + 64);
          assert.ok(buffer.subarray(0, bytesRead).equals(expected));
        }
      } finally {
        await Promise.all(handles.map((handle) => handle.close()));
      }
      await assertNothingOpen(instance);
    }));

  test(`${driver}: a file of more than 4 GiB has its size, and its last bytes`, async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, "huge.flac");
    writeFileSync(path, contents[0] as Buffer);
    truncateSync(path, HUGE_BYTES);
    const handle = await open(path, "r+");
    await handle.write("the very end", HUGE_BYTES - 12);
    await handle.close();
    await withMount({ driver, library: folder }, async ({ mountpoint, status }) => {
      await withOpen((await filesBelow(mountpoint))[0] ?? "", async (shown) => {
        assert.equal((await shown.stat()).size, HUGE_BYTES);
        const { buffer, bytesRead } = await shown.read(Buffer.alloc(100), 0, 100, HUGE_BYTES - 12);
        assert.equal(buffer.toString("latin1", 0, bytesRead), "the very end");
        const { bytesRead: beyond } = await shown.read(Buffer.alloc(100), 0, 100, HUGE_BYTES + 5);
        assert.equal(beyond, 0);
      });
      assert.equal(status.bytes, HUGE_BYTES);
    });
  });
}

function originalOf(at: number): string {
  return join(library, "Reads", `${at}.flac`);
}

async function readsRight(handle: FileHandle, content: Buffer, random: () => number): Promise<void> {
  const unsigned = () => random() >>> 0;
  const offset = unsigned() % (content.length + 5000);
  const length = 1 + (unsigned() % (unsigned() % 4 === 0 ? 400_000 : 9000));
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  const expected = content.subarray(Math.min(offset, content.length), offset + length);
  const isRight = buffer.subarray(0, bytesRead).equals(expected);
  assert.ok(isRight, `${length} bytes at ${offset} of ${content.length}: ${bytesRead} came`);
}

async function assertNothingOpen(instance: { status(): Promise<{ openFiles: number }> }): Promise<void> {
  // The kernel tells of a close when it likes.
  for (let round = 0; round < 50; round += 1) {
    if ((await instance.status()).openFiles === 0) return;
  }
  assert.equal((await instance.status()).openFiles, 0);
}

const WAYS_TO_READ = `
import hashlib, mmap, os, sys
path, original = sys.argv[1:3]
expected = open(original, "rb").read()
def check(name, got):
    if got != expected: sys.exit(f"{name}: other bytes")
fd = os.open(path, os.O_RDONLY)
size = os.fstat(fd).st_size
check("small reads", b"".join(iter(lambda: os.read(fd, 7001), b"")))
if os.lseek(fd, 0, os.SEEK_END) != size: sys.exit("SEEK_END")
os.lseek(fd, size + 10, os.SEEK_SET)
if os.read(fd, 10) != b"": sys.exit("bytes past the end")
os.lseek(fd, 0, os.SEEK_SET)
with mmap.mmap(fd, size, prot=mmap.PROT_READ, flags=mmap.MAP_SHARED) as memory: check("mmap", memory[:])
with mmap.mmap(fd, size, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE) as memory: check("private mmap", memory[:])
parts = [bytearray(1), bytearray(4096), bytearray(max(0, size - 4097))]
os.preadv(fd, parts, 0)
check("readv", b"".join(parts)[:size])
out = os.memfd_create("copy")
at = 0
while at < size: at += os.sendfile(out, fd, at, size - at)
check("sendfile", os.pread(out, size + 1, 0))
reader, writer = os.pipe()
got, at = b"", 0
while at < size:
    count = os.splice(fd, writer, min(65536, size - at), offset_src=at)
    got += os.read(reader, count)
    at += count
check("splice", got)
os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
if os.fork() == 0:
    check("after fork", os.pread(os.dup(fd), size + 1, 0))
    os._exit(0)
if os.wait()[1] != 0: sys.exit("the child got other bytes")
`;
