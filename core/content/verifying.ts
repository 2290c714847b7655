import type { Blob } from "../store/blob.js";
import { BLOCK_BYTES } from "../store/block-set.js";
import type { ContentStore } from "../store/content-store.js";
import type { ChunkRange } from "../store/manifest.js";
import type { FilePlace, VerifyOptions, VerifyReport } from "../store/store.js";
import type { CachedFile } from "./cached-file.js";
import { ProgressMeter } from "./progress-meter.js";
import type { ReadThrough } from "./read-through.js";

/** Files with damage that a report names. */
const MAX_DAMAGED = 1000;
const PAGE = 256;

export interface VerifyingParts {
  readonly store: ContentStore;
  readonly reading: ReadThrough;
}

/** Compares everything that is kept with its sums and hashes; see `Store.verify`. */
export async function verifyStore(
  { store, reading }: VerifyingParts,
  { repair = false, onProgress = () => undefined }: VerifyOptions,
  signal: AbortSignal,
): Promise<VerifyReport> {
  await store.flush();
  const total = store.index.totals();
  const meter = new ProgressMeter({ files: total.blobs, bytes: total.storedBytes }, onProgress);
  const report = { files: 0, bytes: 0, corrupt: 0, repaired: 0 };
  const damaged: FilePlace[] = [];
  for (let afterId = 0; ; ) {
    const page = store.index.versionsAfter(afterId, PAGE);
    for (const version of page) {
      signal.throwIfAborted();
      if (!version.isFirst) continue;
      const blob = await store.acquire(version);
      if (!blob) continue;
      let wrong: readonly ChunkRange[] = [];
      try {
        wrong = await damageOf(store, blob);
        report.files += 1;
        report.bytes += version.logicalBytes;
        report.corrupt += wrong.length;
        meter.add(1, version.storedBytes);
        if (wrong.length === 0) continue;
        if (damaged.length < MAX_DAMAGED)
          damaged.push({ originId: version.originId, path: version.file.path });
      } finally {
        store.release(blob);
      }
      if (repair) report.repaired += await mend(reading.file(version), wrong, signal);
    }
    const last = page.at(-1);
    if (!last) break;
    afterId = last.id;
  }
  meter.tell();
  return { ...report, damaged };
}

/** The pieces of a blob that are not what their sums or hashes say; whoever reads them next has them fetched. */
async function damageOf(store: ContentStore, blob: Blob): Promise<readonly ChunkRange[]> {
  const { manifest } = blob;
  if (!manifest) {
    const blocks = await store.check(blob, 0, blob.present.blocks, true);
    return blocks.map((block) => ({ offsetBytes: block * BLOCK_BYTES, lengthBytes: blob.blockBytes(block) }));
  }
  const chunks = await store.chunks.check(blob, manifest);
  if (chunks.length > 0) blob.distrust();
  store.counters.corruptChunks += chunks.length;
  return chunks.map((chunk) => manifest.range(chunk));
}

/** Fetches pieces again that are damaged. @returns how many came. */
async function mend(file: CachedFile, pieces: readonly ChunkRange[], signal: AbortSignal): Promise<number> {
  let mended = 0;
  for (const { offsetBytes, lengthBytes } of pieces) {
    try {
      await file.read(offsetBytes, lengthBytes, signal);
      mended += 1;
    } catch {
      // Its origin cannot be asked now: it stays dropped, and is fetched when it is read.
      signal.throwIfAborted();
    }
  }
  return mended;
}
