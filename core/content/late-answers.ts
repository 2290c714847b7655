import { versionedFile } from "../catalogue/files.js";
import type { CatalogueReader } from "../catalogue/reader.js";
import { ErrnoError, errnoOf } from "../errno.js";
import { messageOf } from "../errors.js";
import type { LibraryOrigin } from "../library/library-origin.js";
import type { Logger } from "../logger.js";
import type { LateAnswers } from "../model/mount-driver.js";
import { settledBy } from "../settled-by.js";

/** Longest that a reader waits for bytes of an origin, in milliseconds. */
const READ_TIMEOUT_MS = 30_000;
/** Failures of one origin are logged at most this often, in milliseconds. */
const LOG_EVERY_MS = 60_000;

export interface LateAnswersOptions {
  readonly catalogue: CatalogueReader;
  readonly origins: ReadonlyMap<number, LibraryOrigin>;
  readonly refresh: LateAnswers["refresh"];
  readonly lookup: LateAnswers["lookup"];
  readonly log: Logger;
}

/** Answers reads of what is not on this disk, from the file's origin. */
export function createLateAnswers(options: LateAnswersOptions): LateAnswers {
  const logged = new Map<string, number>();
  const logFailure = (originId: string, path: string, error: unknown): void => {
    const now = performance.now();
    if (now - (logged.get(originId) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return;
    logged.set(originId, now);
    options.log.warn(`cannot read '${path}' of origin '${originId}': ${messageOf(error)}`);
  };

  return {
    refresh: options.refresh,
    lookup: options.lookup,
    async read(ino, revision, offsetBytes, lengthBytes, signal) {
      const file = options.catalogue.fileOf(ino);
      if (!file) throw new ErrnoError("ENOENT");
      if (file.revision !== revision) throw new ErrnoError("ESTALE");
      const origin = options.origins.get(file.originNumber)?.origin;
      if (!origin) throw new ErrnoError("EIO", "its origin is not configured any more");
      const length = Math.min(lengthBytes, file.sizeBytes - offsetBytes);
      if (length <= 0) return new Uint8Array(0);
      try {
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(READ_TIMEOUT_MS)]);
        const bytes = await settledBy(
          origin.read(versionedFile(file), offsetBytes, length, deadline),
          deadline,
        );
        // Fewer bytes than the size that was shown would be silent damage.
        if (bytes.length !== length)
          throw new ErrnoError("EIO", `${bytes.length} bytes came instead of ${length}`);
        return bytes;
      } catch (error) {
        if (signal.aborted) throw new ErrnoError("EINTR");
        logFailure(origin.id, file.path, error);
        throw errnoOf(error) === errnoOf(undefined) ? new ErrnoError("EIO", messageOf(error)) : error;
      }
    },
  };
}
