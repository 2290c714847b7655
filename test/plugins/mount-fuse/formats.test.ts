import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { entryMessage, inodeMessage } from "../../../plugins/mount-fuse/invalidation.js";
import { parseMountInfo, topmostAt } from "../../../plugins/mount-fuse/mountinfo.js";
import { decodeName, encodeName } from "../../../plugins/mount-fuse/names.js";
import { INO_LIMIT, inoOf, nodeHigh, nodeLow, revisionOf } from "../../../plugins/mount-fuse/node-id.js";

test("a node id holds any inode number and revision", () => {
  const revisions = fc.integer({ min: 0, max: 2 ** 27 - 1 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: INO_LIMIT - 1 }), revisions, (ino, revision) => {
      const high = nodeHigh(ino, revision);
      assert.equal(inoOf(nodeLow(ino), high), ino);
      assert.equal(revisionOf(high), revision);
    }),
  );
  assert.deepEqual([nodeLow(1), nodeHigh(1, 0)], [1, 0], "the root is what the kernel says it is");
});

test("names survive being written and read, and are not written where there is no room", () => {
  const bytes = Buffer.alloc(1024);
  const name = fc.oneof(fc.string(), fc.string({ unit: "grapheme", maxLength: 60 }));
  fc.assert(
    fc.property(name, fc.nat(64), (text, from) => {
      const length = encodeName(text, bytes, from, bytes.length);
      assert.equal(length, Buffer.byteLength(text));
      assert.equal(decodeName(bytes, from, from + length), text);
      if (length > 0) assert.equal(encodeName(text, bytes, from, from + length - 1), -1);
    }),
  );
  assert.equal(decodeName(Buffer.of(0x61, 0xc3), 0, 2), undefined, "cut off in a character");
});

test("mountinfo: optional fields, escapes, names that are not ASCII, mounts on top of each other", () => {
  const mounts = parseMountInfo(
    Buffer.from(
      [
        "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw",
        "40 22 0:39 / /mnt/my\\040music\\134x ro,nosuid shared:2 master:3 - fuse.musicfs musicfs:a\\011b ro",
        "41 40 0:40 / /mnt/my\\040music\\134x ro - fuse.bindfs /srv/Müsik ro,user_id=0",
        "not a line of it",
        "",
      ].join("\n"),
    ).toString("latin1"),
  );
  assert.equal(mounts.length, 3);
  assert.deepEqual(mounts[1], {
    device: "0:39",
    mountpoint: "/mnt/my music\\x",
    type: "fuse.musicfs",
    source: "musicfs:a\tb",
  });
  assert.equal(topmostAt(mounts, "/mnt/my music\\x")?.source, "/srv/Müsik");
  assert.equal(topmostAt(mounts, "/elsewhere"), undefined);
});

test("notifications are the kernel's structs, to the byte", () => {
  assert.equal(
    Buffer.from(inodeMessage(2 ** 32 + 5)).toString("hex"),
    `2800000002000000${"00".repeat(8)}0500000001000000${"00".repeat(16)}`,
  );
  assert.equal(
    Buffer.from(entryMessage(9, "aé")).toString("hex"),
    `24000000${"03000000"}${"00".repeat(8)}0900000000000000${"03000000"}${"00000000"}61c3a900`,
  );
});
