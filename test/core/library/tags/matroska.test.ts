import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockPool, BlockReader } from "#core/library/tags/block-reader.js";
import { matroskaHeaders } from "#core/library/tags/matroska.js";

test("a header that claims to be gigabytes is none, and takes no memory", async () => {
  const [headerBytes, sizeBytes] = [2 ** 33, 2 ** 34];
  const header = Buffer.alloc(12);
  header.writeUInt32BE(0x1a45dfa3, 0);
  header.writeUInt8(0x01, 4);
  header.writeUIntBE(headerBytes - header.length, 6, 6);
  const segment = Buffer.from("1853806701ffffffffffffff", "hex");
  const reader = new BlockReader(
    {
      sizeBytes,
      readAt(at, lengthBytes) {
        const bytes = Buffer.alloc(lengthBytes);
        if (at === 0) header.copy(bytes);
        if (at === headerBytes) segment.copy(bytes);
        return bytes;
      },
    },
    new BlockPool(),
  );
  assert.equal(await matroskaHeaders(reader), undefined);
});
