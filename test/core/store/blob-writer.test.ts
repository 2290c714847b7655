import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createAlignedMemory } from "../../../core/store/aligned-memory.js";
import { BlobWriter, DirectWrites } from "../../../core/store/blob-writer.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const MIB = 1024 * 1024;

for (const [name, isAligned] of [
  ["past the page cache, with its last page by way of it", true],
  ["by way of the page cache", false],
] as const) {
  test(`a blob is written in pieces, ${name}, and no descriptor stays open`, async (t) => {
    const folder = temporaryFolder(t);
    const bytes = aligned(2 * MIB + 1234);
    const path = join(folder, "blob");
    const fd = openSync(path, "w+");
    try {
      const writer = new BlobWriter(fd, new DirectWrites());
      await Promise.all([
        writer.write(bytes.subarray(MIB), MIB, isAligned),
        writer.write(bytes.subarray(0, MIB), 0, isAligned),
      ]);
      assert.ok(readFileSync(path).equals(bytes));
      assert.deepEqual(openAt(path), [String(fd)]);
    } finally {
      closeSync(fd);
    }
  });
}

test("where memory or disk cannot have it, the page cache takes the bytes", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "blob");
  const fd = openSync(path, "w+");
  try {
    const disk = new DirectWrites();
    const bytes = aligned(MIB + 1).subarray(1);
    await new BlobWriter(fd, disk).write(bytes, 0, true);
    assert.ok(readFileSync(path).equals(bytes));
    disk.refused();
    assert.equal(disk.isWise, false);
  } finally {
    closeSync(fd);
  }
});

test("a slow disk is left to the page cache", () => {
  const disk = new DirectWrites();
  disk.took(MIB, 200);
  assert.equal(disk.isWise, false);
});

test("one slow write of a quick disk is none", { skip: process.platform !== "linux" }, () => {
  const disk = new DirectWrites();
  for (let write = 0; write < 10; write += 1) disk.took(MIB, 1);
  disk.took(MIB, 40);
  assert.equal(disk.isWise, true);
});

function aligned(lengthBytes: number): Buffer {
  const memory = createAlignedMemory(lengthBytes);
  const bytes = Buffer.from(memory as unknown as ArrayBuffer, 0, lengthBytes);
  bytes.set(randomBytes(lengthBytes));
  return bytes;
}

function openAt(path: string): string[] {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });
}
