import assert from "node:assert/strict";
import { closeSync, readFileSync } from "node:fs";
import { openLocal } from "../../core/content/open-local.js";
import type { Origin, OriginFile } from "../../core/model/origin.js";
import { noAbort } from "./deadline.js";
import { biggestFile, expectedFile, listAll, listedFile, type OriginCase } from "./origin-subject.js";
import { createRandom } from "./random.js";

const PARALLEL = 64;

/** What holds of `read`, and of `local` where there is one. */
export const readingCases: readonly OriginCase[] = [
  {
    name: "every file reads as it was written",
    async run(subject) {
      for (const file of await listAll(subject.origin)) {
        const bytes = await subject.origin.read(file, 0, file.sizeBytes, noAbort());
        sameBytes(bytes, expectedFile(subject, file.path).bytes, file.path);
      }
    },
  },
  {
    name: "ranges of any size and order make up the whole",
    async run(subject) {
      const { path, bytes } = biggestFile(subject);
      const file = await listedFile(subject.origin, path);
      const joined = new Uint8Array(bytes.length);
      for (const [from, to] of randomRanges(bytes.length)) {
        const range = await subject.origin.read(file, from, to - from, noAbort());
        assert.equal(range.length, to - from, `bytes ${from} to ${to}`);
        joined.set(range, from);
      }
      sameBytes(joined, bytes, path);
    },
  },
  {
    name: "memory for the bytes may be given: they are there, or in memory of their own",
    async run(subject) {
      const { path, bytes } = biggestFile(subject);
      const file = await listedFile(subject.origin, path);
      const target = new Uint8Array(65_536);
      const first = await subject.origin.read(file, 0, 65_536, noAbort(), target);
      sameBytes(first, bytes.subarray(0, 65_536), "the first range");
      const kept = first.buffer === target.buffer ? Uint8Array.from(first) : first;
      const second = await subject.origin.read(file, 65_536, 65_536, noAbort(), target);
      sameBytes(second, bytes.subarray(65_536, 131_072), "the second range");
      sameBytes(kept, bytes.subarray(0, 65_536), "the first range, after the second was read");
    },
  },
  {
    name: `${PARALLEL} readers at once each get their own bytes`,
    async run(subject) {
      const { path, bytes } = biggestFile(subject);
      const file = await listedFile(subject.origin, path);
      const random = createRandom(3);
      const offsets = Array.from({ length: PARALLEL }, () => random.below(bytes.length - 65_536));
      const ranges = await Promise.all(
        offsets.map((offset) => subject.origin.read(file, offset, 65_536, noAbort())),
      );
      offsets.forEach((offset, index) => {
        sameBytes(ranges[index] as Uint8Array, bytes.subarray(offset, offset + 65_536), `offset ${offset}`);
      });
    },
  },
  {
    name: "a read across the end gives what there is, and one behind it nothing",
    async run(subject) {
      for (const file of await listAll(subject.origin)) {
        const { bytes } = expectedFile(subject, file.path);
        const last = Math.max(0, bytes.length - 10);
        const across = await subject.origin.read(file, last, 4096, noAbort());
        sameBytes(across, bytes.subarray(last), file.path);
        for (const offset of [bytes.length, bytes.length + 1_000_000]) {
          assert.equal((await subject.origin.read(file, offset, 4096, noAbort())).length, 0, file.path);
        }
      }
    },
  },
  {
    name: "what was read is the reader's own: later reads do not change it",
    async run(subject) {
      const { path, bytes } = biggestFile(subject);
      const file = await listedFile(subject.origin, path);
      const first = await subject.origin.read(file, 0, 65_536, noAbort());
      await subject.origin.read(file, 1_000_000, 65_536, noAbort());
      sameBytes(first, bytes.subarray(0, 65_536), path);
      first.fill(0);
      sameBytes(await subject.origin.read(file, 0, 65_536, noAbort()), bytes.subarray(0, 65_536), path);
    },
  },
  {
    name: "a file that changed is not served under its old listing",
    async run(subject) {
      for (const growth of [0, 100, -100]) {
        const { path, bytes } = expectedFile(subject, "plain.flac");
        const before = await listedFile(subject.origin, path);
        const content = createRandom(100 + growth).bytes(bytes.length + growth);
        await subject.replace(path, content);
        await refuses(subject.origin, before);
        const after = await subject.origin.stat(path, noAbort());
        assert.ok(after, `'${path}' is gone`);
        assert.notDeepEqual(after, before);
        sameBytes(await subject.origin.read(after, 0, content.length, noAbort()), content, path);
      }
    },
  },
  {
    name: "a file that was deleted is refused, and stat says that it is gone",
    async run(subject) {
      const { path } = expectedFile(subject, "plain.flac");
      const before = await listedFile(subject.origin, path);
      await subject.remove(path);
      await refuses(subject.origin, before);
      assert.equal(await subject.origin.stat(path, noAbort()), undefined);
      const left = await listAll(subject.origin);
      assert.equal(left.length, subject.expected.length - 1);
    },
  },
  {
    name: "files that are said to lie on this machine can be opened there",
    async run(subject) {
      const { local } = subject.origin;
      if (!local) return;
      for (const { path, bytes } of subject.expected) {
        const { fd } = openLocal(local.root, path, local.followSymlinks);
        try {
          sameBytes(readFileSync(fd), bytes, path);
        } finally {
          closeSync(fd);
        }
      }
    },
  },
];

async function refuses(origin: Origin, file: OriginFile): Promise<void> {
  await assert.rejects(
    async () => origin.read(file, 0, 64, noAbort()),
    `'${file.path}' was read although it is no longer what was listed`,
  );
}

// Without a diff: of megabytes it would take minutes.
function sameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: length`);
  assert.ok(Buffer.compare(actual, expected) === 0, `${what}: other bytes`);
}

/** Ranges that cover `length` bytes without a gap, shuffled. */
function randomRanges(length: number): [from: number, to: number][] {
  const random = createRandom(2);
  const ranges: [number, number][] = [];
  for (let from = 0; from < length; ) {
    const to = Math.min(length, from + 1 + random.below(random.pick([3, 4096, 131_072])));
    ranges.splice(random.below(ranges.length + 1), 0, [from, to]);
    from = to;
  }
  return ranges;
}
