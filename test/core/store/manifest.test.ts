import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { hashOfChunk, heldBytes, Manifest, ManifestWriter } from "#core/store/manifest.js";
import { createRandom } from "../../contracts/random.js";

test("a manifest gives back the chunks that were written, and finds them by any offset", () => {
  const random = createRandom(5);
  const lengths = Array.from({ length: 3000 }, () => 1 + random.below(100_000));
  const writer = new ManifestWriter();
  for (const [index, length] of lengths.entries()) writer.add(length, hashOfChunk(Buffer.from(`${index}`)));
  const manifest = new Manifest(writer.finish());
  assert.equal(manifest.count, lengths.length);
  let offset = 0;
  for (const [index, length] of lengths.entries()) {
    assert.deepEqual(manifest.range(index), { offsetBytes: offset, lengthBytes: length });
    assert.ok(hashOfChunk(Buffer.from(`${index}`)).equals(manifest.hash(index)));
    for (const at of [offset, offset + length - 1]) assert.equal(manifest.chunkAt(at), index);
    offset += length;
  }
  assert.equal(manifest.sizeBytes, offset);
});

test("a chunk is named by its SHA-256", () => {
  assert.equal(
    hashOfChunk(Buffer.from("abc")).toString("hex"),
    createHash("sha256").update("abc").digest("hex"),
  );
});

test("a file that lies elsewhere in part takes its whole pages less", () => {
  const writer = new ManifestWriter();
  for (const length of [5000, 100_000, 20_000, 4096]) writer.add(length, Buffer.alloc(32));
  const manifest = new Manifest(writer.finish());
  const size = manifest.sizeBytes;
  assert.equal(heldBytes(manifest, new Set()), size);
  // From 5000 to 105000: the pages from 8192 to 102400.
  assert.equal(heldBytes(manifest, new Set([1])), size - (102_400 - 8192));
  // What lies side by side goes as one: from 8192 to 122880.
  assert.equal(heldBytes(manifest, new Set([1, 2])), size - (122_880 - 8192));
  assert.equal(heldBytes(manifest, new Set([0, 1, 2, 3])), size - Math.floor(size / 4096) * 4096);
});
