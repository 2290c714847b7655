import type { OriginChunk, OriginChunks, OriginFile } from "../model/origin.js";
import { OriginError } from "../model/origin-error.js";
import type { ContentStore } from "../store/content-store.js";
import { hashOfChunk } from "../store/manifest.js";
import type { Donor, Part } from "./donor.js";
import type { ByteRange } from "./stored-version.js";

/** Less than this in chunks that are here is not worth it: another way may find more. */
const WORTHWHILE_BYTES = 256 * 1024;
/** Largest chunk that is believed in. */
const MAX_CHUNK_BYTES = 16 * 1024 * 1024;

/** Reads of a version by ranges, for the chunks of which only a part is wanted. */
type FetchRange = (range: ByteRange, signal: AbortSignal) => Promise<Uint8Array>;

/**
 * Chunks that the store has, in whatever file, of a file whose chunks its origin tells.
 *
 * @param fetchRange fetches what is less than a chunk.
 * @returns `undefined` where the store has too little of it.
 * @throws what `chunks.manifest` throws; OriginError `wrong` where that is no manifest of the file.
 */
export async function findChunks(
  file: OriginFile,
  chunks: OriginChunks,
  store: ContentStore,
  fetchRange: FetchRange,
  signal: AbortSignal,
): Promise<Donor | undefined> {
  const manifest = await chunks.manifest(file, signal);
  if (!manifest) return undefined;
  const placed = placedChunks(manifest, file.sizeBytes, store);
  const keptBytes = placed.reduce((sum, { isKept, from, to }) => sum + (isKept ? to - from : 0), 0);
  return keptBytes < WORTHWHILE_BYTES ? undefined : new ChunkDonor(file, placed, chunks, store, fetchRange);
}

interface PlacedChunk extends Part {
  readonly chunk: OriginChunk;
}

function placedChunks(
  manifest: readonly OriginChunk[],
  sizeBytes: number,
  store: ContentStore,
): readonly PlacedChunk[] {
  const placed: PlacedChunk[] = [];
  let from = 0;
  for (const chunk of manifest) {
    const to = from + chunk.lengthBytes;
    if (!(chunk.lengthBytes > 0 && chunk.lengthBytes <= MAX_CHUNK_BYTES)) break;
    placed.push({ chunk, from, to, isKept: store.index.chunks.placeOf(chunk.hash) !== undefined });
    from = to;
  }
  if (from !== sizeBytes) throw new OriginError("wrong", "the chunks that its origin tells are not the file");
  return placed;
}

class ChunkDonor implements Donor {
  readonly #file: OriginFile;
  /** In order, without a gap. */
  readonly #placed: readonly PlacedChunk[];
  readonly #chunks: OriginChunks;
  readonly #store: ContentStore;
  readonly #fetchRange: FetchRange;

  constructor(
    file: OriginFile,
    placed: readonly PlacedChunk[],
    chunks: OriginChunks,
    store: ContentStore,
    fetchRange: FetchRange,
  ) {
    this.#file = file;
    this.#placed = placed;
    this.#chunks = chunks;
    this.#store = store;
    this.#fetchRange = fetchRange;
  }

  async parts(range: ByteRange): Promise<readonly Part[]> {
    const parts: Part[] = [];
    for (const { from, to, isKept } of this.#within(range)) {
      const last = parts.at(-1);
      const part = { from: Math.max(from, range.from), to: Math.min(to, range.to), isKept };
      if (last?.isKept === isKept) parts[parts.length - 1] = { ...last, to: part.to };
      else parts.push(part);
    }
    return parts;
  }

  async take(range: ByteRange): Promise<Uint8Array | undefined> {
    const target = new Uint8Array(range.to - range.from);
    for (const { chunk, from, to } of this.#within(range)) {
      const bytes = await this.#store.chunks.readByHash(chunk.hash, chunk.lengthBytes).catch(() => undefined);
      if (!bytes) return undefined;
      const [start, end] = [Math.max(from, range.from), Math.min(to, range.to)];
      target.set(bytes.subarray(start - from, end - from), start - range.from);
    }
    return target;
  }

  // Whole chunks by their hashes, which prove them; of one that is cut off by the range, its part of the range.
  async fetch(range: ByteRange, signal: AbortSignal): Promise<Uint8Array> {
    const within = this.#within(range);
    const whole = within.filter(({ from, to }) => from >= range.from && to <= range.to);
    const target = new Uint8Array(range.to - range.from);
    const parts = within
      .filter((chunk) => !whole.includes(chunk))
      .map(({ from, to }) => ({ from: Math.max(from, range.from), to: Math.min(to, range.to) }));
    await Promise.all([
      this.#fetchWhole(whole, target, range.from, signal),
      ...parts.map(async (part) => {
        target.set(await this.#fetchRange(part, signal), part.from - range.from);
      }),
    ]);
    return target;
  }

  async #fetchWhole(
    placed: readonly PlacedChunk[],
    target: Uint8Array,
    start: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (placed.length === 0) return;
    const wanted = placed.map(({ chunk }) => chunk);
    const found = await this.#chunks.read(this.#file, wanted, signal);
    for (const [index, { chunk, from }] of placed.entries()) {
      const bytes = found[index];
      if (bytes?.length !== chunk.lengthBytes || !hashOfChunk(bytes).equals(chunk.hash)) {
        throw new OriginError("wrong", `a chunk of '${this.#file.path}' is not what its hash says`);
      }
      target.set(bytes, from - start);
    }
  }

  #within({ from, to }: ByteRange): readonly PlacedChunk[] {
    const placed = this.#placed;
    let [low, high] = [0, placed.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((placed[middle] as PlacedChunk).from <= from) low = middle;
      else high = middle - 1;
    }
    let end = low;
    while (end < placed.length && (placed[end] as PlacedChunk).from < to) end += 1;
    return placed.slice(low, end);
  }
}
