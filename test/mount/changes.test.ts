import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeFlac } from "../support/audio-writer.js";
import { withMount } from "../support/mount.js";
import { DRIVERS, type DriverName } from "../support/mount-config.js";
import { withOpen } from "../support/open.js";
import { run } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { filesBelow } from "../support/tree-files.js";

const LENGTH_MS = 40_000;
const OLD = writeFlac({ title: "Song", artists: ["Band"], album: "Old" }, { durationMs: LENGTH_MS, seed: 1 });
const NEW = writeFlac({ title: "Song", artists: ["Band"], album: "Old" }, { durationMs: LENGTH_MS, seed: 2 });
const LONGER = Buffer.concat([NEW, Buffer.alloc(100_000, "x")]);
/** Node has no name for ESTALE. */
const AN_ERRNO = /^(ESTALE|Unknown system error -116|EIO|ENOENT|EBUSY|EINVAL|EACCES|ELOOP|EISDIR)$/;

/** What happens to the file in the origin, and the contents that a reader may get then, beside an errno. */
interface Change {
  readonly make: (path: string) => unknown;
  readonly contents: readonly Buffer[];
  /** Whether the old bytes are gone even for who has the file open. */
  readonly inPlace: boolean;
}

const CHANGES: Record<string, Change> = {
  "replaced by one of the same length": {
    make: (path) => replace(path, NEW),
    contents: [OLD, NEW],
    inPlace: false,
  },
  "replaced by a longer one": {
    make: (path) => replace(path, LONGER),
    contents: [OLD, LONGER],
    inPlace: false,
  },
  deleted: { make: (path) => rmSync(path), contents: [OLD], inPlace: false },
  "replaced by a folder": {
    make: (path) => {
      rmSync(path);
      mkdirSync(path);
    },
    contents: [OLD],
    inPlace: false,
  },
  "replaced by a link out of the origin": {
    make: (path) => {
      rmSync(path);
      symlinkSync("/etc/passwd", path);
    },
    contents: [OLD],
    inPlace: false,
  },
  "replaced by a FIFO": {
    make: (path) => {
      rmSync(path);
      return run(["mkfifo", path]);
    },
    contents: [OLD],
    inPlace: false,
  },
  "written over in place": { make: (path) => writeFileSync(path, NEW), contents: [OLD, NEW], inPlace: true },
  truncated: {
    make: (path) => truncateSync(path, 5000),
    contents: [OLD, OLD.subarray(0, 5000)],
    inPlace: true,
  },
  grown: {
    make: (path) => appendFileSync(path, "more"),
    contents: [OLD, Buffer.concat([OLD, Buffer.from("more")])],
    inPlace: true,
  },
};

for (const driver of DRIVERS) {
  for (const [name, change] of Object.entries(CHANGES)) {
    test(`${driver}: a file that is ${name} gives one version or an errno`, (t) =>
      withChangingFile(t, driver, {}, async ({ original, shown }) => {
        // For some the kernel has the old bytes in its cache by then.
        if (change.inPlace) assert.ok((await readOnce(shown)).equals(OLD));
        await change.make(original);
        for (let round = 0; round < 3; round += 1) await givesOneVersion(shown, change.contents);
      }));
  }

  for (const [name, change] of Object.entries(CHANGES).filter(([, { inPlace }]) => !inPlace)) {
    test(`${driver}: who has a file open that is ${name} reads the old one to its end`, (t) =>
      withChangingFile(t, driver, {}, async ({ original, shown }) => {
        await withOpen(shown, async (handle) => {
          const first = await handle.read(Buffer.alloc(10_000), 0, 10_000, 0);
          await change.make(original);
          await givesOneVersion(shown, change.contents);
          assert.ok(Buffer.concat([first.buffer, await restOf(handle, 10_000)]).equals(OLD));
        });
        await givesOneVersion(shown, change.contents);
      }));
  }
}

// What the kernel reads by itself, it reads from the file as it is: passthrough can't tell of such a change.
for (const [driver, driverOptions] of [
  ["mount-fuse", { passthrough: false }],
  ["mount-fuse-native", {}],
] as const) {
  for (const [name, change] of Object.entries(CHANGES).filter(([, { inPlace }]) => inPlace)) {
    test(`${driver}, copying: who has a file open that is ${name} gets its bytes or an errno`, (t) =>
      withChangingFile(t, driver, driverOptions, async ({ original, shown }) => {
        await withOpen(shown, async (handle) => {
          const first = await handle.read(Buffer.alloc(10_000), 0, 10_000, 0);
          await change.make(original);
          const rest = await restOf(handle, 10_000).catch(errnoOnly);
          if (rest) assert.ok(Buffer.concat([first.buffer, rest]).equals(OLD));
        });
        await givesOneVersion(shown, change.contents);
      }));
  }
}

async function withChangingFile(
  t: { after(fn: () => void): void },
  driver: DriverName,
  driverOptions: object,
  use: (files: { original: string; shown: string }) => Promise<void>,
): Promise<void> {
  const library = temporaryFolder(t);
  const original = join(library, "song.flac");
  writeFileSync(original, OLD);
  await withMount({ driver, driverOptions, library }, async ({ mountpoint }) => {
    await use({ original, shown: (await filesBelow(mountpoint))[0] ?? "" });
  });
}

async function givesOneVersion(path: string, contents: readonly Buffer[]): Promise<void> {
  const read = await readOnce(path).catch(errnoOnly);
  if (read === undefined) return;
  const isOne = contents.some((content) => content.equals(read));
  assert.ok(
    isOne,
    `${read.length} bytes that are no version; versions have ${contents.map(({ length }) => length)}`,
  );
}

function readOnce(path: string): Promise<Buffer> {
  return withOpen(path, async (handle) => {
    const { size } = await handle.stat();
    const bytes = await restOf(handle, 0);
    assert.equal(bytes.length, size, "the size that fstat tells is the number of bytes");
    return bytes;
  });
}

async function restOf(handle: FileHandle, offset: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = offset; ; ) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(20_000), 0, 20_000, at);
    if (bytesRead === 0) return Buffer.concat(parts);
    parts.push(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

function errnoOnly(error: NodeJS.ErrnoException): undefined {
  if (error.name === "AssertionError") throw error;
  assert.match(error.code ?? String(error), AN_ERRNO);
}

function replace(path: string, content: Buffer): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}
