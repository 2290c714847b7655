import type { OriginChecksum } from "../model/origin.js";
import { findAudio } from "./audio-bounds.js";
import { checksumAgrees } from "./checksum-proof.js";
import type { FetchedVersion } from "./fetched-version.js";
import type { FileView } from "./file-view.js";
import { type Candidate, samplesAgree } from "./proof.js";
import type { ByteRange, StoredVersion } from "./stored-version.js";

/** A part of a new version that an earlier one has too, at another place. */
export interface Graft extends ByteRange {
  readonly before: StoredVersion;
  /** Where it lies in the earlier version. */
  readonly beforeFrom: number;
}

/** Why nothing is taken from an earlier version, in words for the log. */
export class NoGraftError extends Error {
  override readonly name = "NoGraftError";
}

/** How it is proven that the audio of two versions is the same. */
export interface GraftProofs {
  /** Fetches bytes of the new version, for the samples. */
  readonly fetch: Candidate["fetch"];
  /** Places in which both are compared; with 0 only a checksum proves anything. */
  readonly samples: number;
  /** Asks the server for its checksum of the new version. */
  readonly checksum: () => Promise<OriginChecksum | undefined>;
}

/**
 * Finds the audio of a new version in an earlier one, and proves that it is the same: by the server's checksum of the new
 * version where there is one, else by samples.
 *
 * @throws NoGraftError; what the fetches throw.
 */
export async function findGraft(
  before: StoredVersion,
  after: FetchedVersion,
  { fetch, samples, checksum }: GraftProofs,
): Promise<Graft> {
  const beforeAudio = await findAudio(viewOf(before));
  if (!beforeAudio) throw new NoGraftError("no audio is found in what is kept of the version before");
  const afterAudio = await findAudio(after);
  if (!afterAudio) throw new NoGraftError("no audio is found in it");
  if (afterAudio.says !== beforeAudio.says || afterAudio.lengthBytes !== beforeAudio.lengthBytes) {
    throw new NoGraftError("its audio is another one");
  }
  const { offsetBytes: from, lengthBytes } = afterAudio;
  const graft = { before, beforeFrom: beforeAudio.offsetBytes, from, to: from + lengthBytes };
  const agrees = await checksumAgrees(graft, after, checksum);
  if (agrees === true) return graft;
  if (agrees === false) throw new NoGraftError("it is not what its server's checksum says");
  if (samples === 0 && !afterAudio.hasChecksum)
    throw new NoGraftError("nothing proves that its audio is the same");
  if (samples > 0 && !(await samplesAgree({ before, beforeAudio, afterAudio, fetch }, samples))) {
    throw new NoGraftError("its audio differs");
  }
  return graft;
}

// What is not kept looks like the file's end: of a file that was only played in part there may be no tail, and no
// tags in it that anybody has to know.
function viewOf(stored: StoredVersion): FileView {
  const { sizeBytes } = stored;
  return {
    sizeBytes,
    async read(offsetBytes, lengthBytes) {
      const to = Math.min(sizeBytes, offsetBytes + lengthBytes);
      const bytes = to > offsetBytes ? await stored.read({ from: offsetBytes, to }) : undefined;
      return bytes ?? Buffer.alloc(0);
    },
  };
}
