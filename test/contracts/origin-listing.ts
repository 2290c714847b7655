import assert from "node:assert/strict";
import { ABORT_MS, noAbort, rejectsWith, settledWithin } from "./deadline.js";
import { listAll, type OriginCase } from "./origin-subject.js";
import { manyFiles } from "./sample-tree.js";

/** Files of a long listing, unless the subject says otherwise. */
const MANY = 20_000;
/** Files in one batch at most. */
const MAX_BATCH = 4096;

/** What holds of `list` and `stat`. */
export const listingCases: readonly OriginCase[] = [
  {
    name: "a listing has every file once, and nothing else",
    async run({ origin, expected }) {
      const listed = (await listAll(origin)).map(({ path }) => path).sort();
      assert.deepEqual(listed, expected.map(({ path }) => path).sort());
    },
  },
  {
    name: "a listing tells the size of each file and when it changed",
    async run({ origin, expected }) {
      const sizes = new Map(expected.map(({ path, bytes }) => [path, bytes.length]));
      for (const file of await listAll(origin)) {
        assert.equal(file.sizeBytes, sizes.get(file.path), file.path);
        assert.ok(Number.isFinite(file.mtimeMs), `${file.path}: mtimeMs is ${file.mtimeMs}`);
      }
    },
  },
  {
    name: "two listings at once are the same, and reading changes neither",
    async run({ origin, expected }) {
      const [one, other] = await Promise.all([listAll(origin), listAll(origin)]);
      assert.deepEqual(byPath(other), byPath(one));
      for (const file of one) await origin.read(file, 0, 16, noAbort());
      const after = await listAll(origin);
      assert.deepEqual(byPath(after), byPath(one));
      assert.equal(after.length, expected.length);
    },
  },
  {
    name: "a listing that is left early can be started again",
    async run({ origin, expected }) {
      for await (const batch of origin.list(noAbort())) {
        if (batch.files.length > 0) break;
      }
      assert.equal((await listAll(origin)).length, expected.length);
    },
  },
  {
    name: "a long listing comes in batches of bounded size",
    async run({ openWith, manyFiles: count = MANY }) {
      const origin = await openWith(manyFiles(count));
      try {
        const paths = new Set<string>();
        for await (const { files } of origin.list(noAbort())) {
          assert.ok(files.length <= MAX_BATCH, `a batch of ${files.length} files`);
          for (const { path } of files) paths.add(path);
        }
        assert.equal(paths.size, count);
      } finally {
        await origin.close?.();
      }
    },
  },
  {
    name: "an abort ends a listing with the reason of the signal",
    async run({ openWith, manyFiles: count = MANY }) {
      const origin = await openWith(manyFiles(count));
      try {
        const controller = new AbortController();
        const reason = new Error("enough");
        const walk = async (): Promise<void> => {
          for await (const _batch of origin.list(controller.signal)) controller.abort(reason);
        };
        await rejectsWith(reason, settledWithin(ABORT_MS, "the listing", walk()));
      } finally {
        await origin.close?.();
      }
    },
  },
  {
    name: "a signal that is aborted already ends list, stat and read at once",
    async run({ origin }) {
      const [file] = await listAll(origin);
      assert.ok(file);
      const reason = new Error("never mind");
      const aborted = AbortSignal.abort(reason);
      const list = async (): Promise<void> => {
        for await (const _batch of origin.list(aborted)) assert.fail("a batch came after the abort");
      };
      const calls = {
        list,
        stat: () => origin.stat(file.path, aborted),
        read: () => origin.read(file, 0, 1, aborted),
      };
      for (const [name, call] of Object.entries(calls)) {
        await rejectsWith(reason, settledWithin(ABORT_MS, name, (async () => call())()));
      }
    },
  },
  {
    name: "stat says of each file what the listing says",
    async run({ origin }) {
      for (const file of await listAll(origin)) {
        assert.deepEqual(await origin.stat(file.path, noAbort()), file, file.path);
      }
    },
  },
  {
    name: "stat of what does not exist is undefined: a file, a folder, a path through a file",
    async run({ origin, expected }) {
      const [file] = expected;
      for (const path of ["no such file.mp3", "no such folder/file.mp3", `${file?.path}/below it`]) {
        assert.equal(await origin.stat(path, noAbort()), undefined, path);
      }
    },
  },
  {
    name: "a folder is no file",
    async run({ origin, expected }) {
      const folder = expected.find(({ path }) => path.includes("/"))?.path.split("/")[0] ?? "";
      assert.equal(await origin.stat(folder, noAbort()), undefined, folder);
    },
  },
  {
    name: "no path leads out of the root",
    async run({ origin }) {
      for (const path of ["..", "../..", "../../../../../../../etc/passwd", "/etc/passwd", "a/../../.."]) {
        const found = await origin.stat(path, noAbort()).catch(() => undefined);
        assert.equal(found, undefined, path);
        const file = { path, sizeBytes: 1, mtimeMs: 0 };
        await assert.rejects(async () => origin.read(file, 0, 1, noAbort()), path);
      }
    },
  },
  {
    name: "a root that is missing is an error, never an empty listing and never a deletion",
    async run({ openMissing, expected }) {
      const origin = await openMissing();
      try {
        await assert.rejects(() => listAll(origin), "a listing of nothing ended well");
        const path = expected[0]?.path ?? "";
        await assert.rejects(async () => origin.stat(path, noAbort()), "stat said that the file is gone");
      } finally {
        await origin.close?.();
      }
    },
  },
  {
    name: "what is told of the disk's capacity makes sense",
    async run({ origin }) {
      const capacity = await origin.capacity?.(noAbort());
      if (capacity === undefined) return;
      const { totalBytes, freeBytes } = capacity;
      assert.ok(Number.isFinite(totalBytes) && totalBytes > 0, `totalBytes is ${totalBytes}`);
      assert.ok(freeBytes >= 0 && freeBytes <= totalBytes, `freeBytes is ${freeBytes}`);
    },
  },
];

function byPath<T extends { readonly path: string }>(files: readonly T[]): Map<string, T> {
  return new Map([...files].sort((a, b) => (a.path < b.path ? -1 : 1)).map((file) => [file.path, file]));
}
