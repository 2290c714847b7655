import type { Catalogue } from "../catalogue/catalogue.js";
import { versionedFile } from "../catalogue/files.js";
import { messageOf } from "../errors.js";
import type { FilePlace, StoreProgress, WarmReport } from "../store/store.js";
import type { FileVersion, StoreIndex } from "../store/store-index.js";
import { ProgressMeter } from "./progress-meter.js";
import type { ReadThrough } from "./read-through.js";

/** Files that are fetched at once. */
const AT_ONCE = 4;
/** Failures that a report names. */
const MAX_FAILED = 1000;

export interface WarmingParts {
  readonly catalogue: Catalogue;
  readonly index: StoreIndex;
  readonly reading: ReadThrough;
  /** The number of each origin that is read through the store, by its id. */
  readonly originNumbers: ReadonlyMap<string, number>;
}

type Failure = WarmReport["failed"][number];

/** Fetches files whole; see `Store.warm`. */
export async function warmFiles(
  parts: WarmingParts,
  places: readonly FilePlace[],
  onProgress: (progress: StoreProgress) => void,
  signal: AbortSignal,
): Promise<WarmReport> {
  const failed: Failure[] = [];
  const fail = (place: FilePlace, reason: string): void => {
    if (failed.length < MAX_FAILED) failed.push({ originId: place.originId, path: place.path, reason });
  };
  const versions = places.flatMap((place) => {
    const version = versionAt(parts, place);
    if (typeof version === "string") fail(place, version);
    return typeof version === "string" ? [] : [version];
  });
  const totalBytes = versions.reduce((sum, { file }) => sum + file.sizeBytes, 0);
  const meter = new ProgressMeter({ files: versions.length, bytes: totalBytes }, onProgress);
  const report = { files: 0, bytes: 0, fetchedBytes: 0 };
  // The one that was fetched first goes first when room is short.
  let first: FileVersion | undefined;
  let isFull = false;

  const warmOne = async (version: FileVersion): Promise<void> => {
    if (isFull) return fail(placeOf(version), "there is no room for more");
    try {
      const isKept = await parts.reading.file(version).fill((bytes) => {
        report.fetchedBytes += bytes;
      }, signal);
      if (!isKept) return fail(placeOf(version), "it could not be kept: there is no room for it");
      report.files += 1;
      report.bytes += version.file.sizeBytes;
      first ??= version;
      isFull = parts.index.blobOf(first) === undefined;
    } catch (error) {
      signal.throwIfAborted();
      fail(placeOf(version), messageOf(error));
    } finally {
      meter.add(1, version.file.sizeBytes);
    }
  };
  let next = 0;
  const work = async (): Promise<void> => {
    for (let version = versions[next++]; version; version = versions[next++]) await warmOne(version);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  meter.tell();
  return { ...report, failed };
}

function placeOf({ originId, file }: FileVersion): FilePlace {
  return { originId, path: file.path };
}

/** The version that the catalogue has of a file, or why there is none to fetch. */
function versionAt({ catalogue, originNumbers }: WarmingParts, place: FilePlace): FileVersion | string {
  const number = originNumbers.get(place.originId);
  if (number === undefined) return "its origin is not read through the cache";
  const row = catalogue.files.byPath(number, place.path);
  return row ? { originId: place.originId, file: versionedFile(row) } : "there is no such file";
}
