import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import type { Origin, OriginFile } from "../../core/model/origin.js";
import { ABORT_MS, noAbort, rejectsWith, settledWithin } from "./deadline.js";
import { biggestFile, expectedFile, listedFile, type OriginCase } from "./origin-subject.js";
import { createRandom } from "./random.js";

const PARALLEL = 64;
const PIECE = 65_536;
/** Longest that a read of a server that stands still may take, in milliseconds. */
const STALLED_MS = 30_000;

/** What holds of origins above all where a server is between; each case runs on any origin. */
export const remoteCases: readonly OriginCase[] = [
  {
    name: "an abort ends reads that are under way, and hinders no later one",
    async run(subject) {
      const { path, bytes } = biggestFile(subject);
      const { origin } = subject;
      const file = await listedFile(origin, path);
      const controller = new AbortController();
      const reason = new Error("the reader is gone");
      const reads = manyReads(origin, file, controller.signal).map(rejectionOf);
      setImmediate(() => controller.abort(reason));
      for (const error of await settledWithin(STALLED_MS, "the aborted reads", Promise.all(reads))) {
        assert.ok(error === undefined || error === reason, `it rejects with ${error}`);
      }
      const after = await origin.read(file, 1000, PIECE, noAbort());
      assert.ok(Buffer.compare(after, bytes.subarray(1000, 1000 + PIECE)) === 0, "other bytes");
    },
  },
  {
    name: "an abort is heard although the server stands still, and the server is asked again when it goes on",
    async run(subject) {
      if (!subject.freeze) return;
      const { path, bytes } = biggestFile(subject);
      const { origin } = subject;
      const file = await listedFile(origin, path);
      const goOn = subject.freeze();
      try {
        const controller = new AbortController();
        const reason = new Error("the reader is gone");
        const { signal } = controller;
        const reads = manyReads(origin, file, signal).map((read) => rejectsWith(reason, read));
        const others = [origin.stat(path, signal), firstBatch(origin, signal)].map((call) =>
          rejectsWith(reason, call),
        );
        setImmediate(() => controller.abort(reason));
        await settledWithin(ABORT_MS, "the aborted calls", Promise.all([...reads, ...others]));
      } finally {
        goOn();
      }
      const after = await origin.read(file, 0, PIECE, noAbort());
      assert.ok(Buffer.compare(after, bytes.subarray(0, PIECE)) === 0, "other bytes");
    },
  },
  {
    name: "a server that stands still is unavailable, and not waited for without end",
    async run(subject) {
      if (!subject.freeze) return;
      const { path } = biggestFile(subject);
      const file = await listedFile(subject.origin, path);
      const goOn = subject.freeze();
      try {
        const read = rejectionOf(subject.origin.read(file, 0, PIECE, noAbort()));
        const error = await settledWithin(STALLED_MS, "a read of a server that stands still", read);
        assert.equal((error as { kind?: unknown } | undefined)?.kind, "unavailable", String(error));
      } finally {
        goOn();
      }
    },
  },
  {
    name: "a file that changed or is gone is told by the kind of the error",
    async run(subject) {
      const { origin } = subject;
      if (origin.local) return;
      const { path, bytes } = expectedFile(subject, "plain.flac");
      const before = await listedFile(origin, path);
      await subject.replace(path, createRandom(7).bytes(bytes.length + 1));
      const changed = await rejectionOf(origin.read(before, 0, 64, noAbort()));
      assert.ok(isSaid(changed, ["changed"]), `changed: ${changed}`);
      await subject.remove(path);
      const gone = await rejectionOf(origin.read(before, 0, 64, noAbort()));
      assert.ok(isSaid(gone, ["missing", "changed"]), `gone: ${gone}`);
    },
  },
  {
    name: "a probe passes where the root is, and fails where it is not",
    async run({ origin, openMissing }) {
      if (!origin.probe) return;
      await origin.probe(noAbort());
      const missing = await openMissing();
      try {
        await assert.rejects(async () => missing.probe?.(noAbort()), "a probe of what is not there passed");
      } finally {
        await missing.close?.();
      }
    },
  },
];

function manyReads(origin: Origin, file: OriginFile, signal: AbortSignal): Promise<Uint8Array>[] {
  setMaxListeners(0, signal);
  const random = createRandom(4);
  return Array.from({ length: PARALLEL }, () =>
    origin.read(file, random.below(file.sizeBytes - PIECE), PIECE, signal),
  );
}

async function firstBatch(origin: Origin, signal: AbortSignal): Promise<void> {
  for await (const _batch of origin.list(signal)) return;
}

function rejectionOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** As an `OriginError` says it, or ESTALE. */
function isSaid(error: unknown, kinds: readonly string[]): boolean {
  const { kind, code } = (error ?? {}) as { kind?: unknown; code?: unknown };
  return kinds.includes(String(kind)) || (kinds.includes("changed") && code === "ESTALE");
}
