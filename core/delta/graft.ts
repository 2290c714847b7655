import { findAudio } from "./audio-bounds.js";
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

/**
 * Finds the audio of a new version in an earlier one, and proves that it is the same.
 *
 * @param samples places in which both are compared; with 0 only a checksum in the file itself proves anything.
 * @throws NoGraftError; what the fetches throw.
 */
export async function findGraft(
  before: StoredVersion,
  after: FetchedVersion,
  fetch: Candidate["fetch"],
  samples: number,
): Promise<Graft> {
  const beforeAudio = await findAudio(viewOf(before));
  if (!beforeAudio) throw new NoGraftError("no audio is found in what is kept of the version before");
  const afterAudio = await findAudio(after);
  if (!afterAudio) throw new NoGraftError("no audio is found in it");
  if (afterAudio.says !== beforeAudio.says || afterAudio.lengthBytes !== beforeAudio.lengthBytes) {
    throw new NoGraftError("its audio is another one");
  }
  if (samples === 0 && !afterAudio.hasChecksum)
    throw new NoGraftError("nothing proves that its audio is the same");
  if (samples > 0 && !(await samplesAgree({ before, beforeAudio, afterAudio, fetch }, samples))) {
    throw new NoGraftError("its audio differs");
  }
  const { offsetBytes: from, lengthBytes } = afterAudio;
  return { before, beforeFrom: beforeAudio.offsetBytes, from, to: from + lengthBytes };
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
