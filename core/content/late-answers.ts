import { versionedFile } from "../catalogue/files.js";
import type { CatalogueReader } from "../catalogue/reader.js";
import { ErrnoError, errnoOf } from "../errno.js";
import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { LateAnswers } from "../model/mount-driver.js";
import { faultOf } from "../origins/fault.js";
import type { CachedFile } from "./cached-file.js";
import type { ReadThrough } from "./read-through.js";

/** Failures of one origin are logged at most this often, in milliseconds. */
const LOG_EVERY_MS = 60_000;
/** Longest that a reader waits for bytes of an origin, in milliseconds. */
const READ_TIMEOUT_MS = 30_000;

export interface LateAnswersOptions {
  readonly catalogue: CatalogueReader;
  /** Absent when no origin is read through the store. */
  readonly reading: ReadThrough | undefined;
  /** The id of each origin, by its number in the catalogue. */
  readonly originIds: ReadonlyMap<number, string>;
  readonly refresh: LateAnswers["refresh"];
  readonly lookup: LateAnswers["lookup"];
  readonly log: Logger;
}

/** Answers reads of what the workers could not find on this disk. */
export function createLateAnswers(options: LateAnswersOptions): LateAnswers {
  const { catalogue, reading, refresh } = options;
  // With several origins another one may have the file, which is shown instead then.
  const isWorthALook = (error: unknown): boolean => {
    const fault = faultOf(error);
    return fault === "changed" || fault === "missing" || options.originIds.size > 1;
  };
  const logFailure = createFailureLog(options.log);

  const fileOf = (ino: number, revision: number): CachedFile => {
    // Also a version that the tree does not show any more: whoever opened it before reads it to its end.
    const shown = reading?.shownBy(ino, revision);
    if (shown) return shown;
    const file = catalogue.fileOf(ino);
    if (!file) throw new ErrnoError("ENOENT");
    if (file.revision !== revision) throw new ErrnoError("ESTALE");
    const originId = options.originIds.get(file.originNumber);
    if (originId === undefined || !reading)
      throw new ErrnoError("EIO", "its origin is not configured any more");
    return reading.show(ino, revision, { originId, file: versionedFile(file) });
  };

  return {
    async refresh(ino) {
      const revision = catalogue.fileOf(ino)?.revision;
      if (revision !== undefined) await reading?.shownBy(ino, revision)?.lookAgain();
      await refresh(ino);
    },
    lookup: options.lookup,
    async read(ino, revision, offsetBytes, lengthBytes, signal, use) {
      const file = fileOf(ino, revision);
      const { originId, file: version } = file.version;
      const length = Math.min(lengthBytes, version.sizeBytes - offsetBytes);
      if (length <= 0) return use(new Uint8Array(0));
      try {
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(READ_TIMEOUT_MS)]);
        return await file.lend(offsetBytes, length, deadline, use);
      } catch (error) {
        if (signal.aborted) throw new ErrnoError("EINTR");
        logFailure(originId, version.path, error);
        // The file is not what was listed: the tree is mended, and whoever opens it next gets what is there.
        if (isWorthALook(error)) void refresh(ino).catch(() => undefined);
        throw errnoOf(error) === errnoOf(undefined) ? new ErrnoError("EIO", messageOf(error)) : error;
      }
    },
    ahead(ino, revision, offsetBytes, lengthBytes) {
      reading?.shownBy(ino, revision)?.ahead(offsetBytes, lengthBytes);
    },
  };
}

function createFailureLog(log: Logger): (originId: string, path: string, error: unknown) => void {
  const logged = new Map<string, number>();
  return (originId, path, error) => {
    const now = performance.now();
    if (now - (logged.get(originId) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return;
    logged.set(originId, now);
    log.warn(`cannot read '${path}' of origin '${originId}': ${messageOf(error)}`);
  };
}
