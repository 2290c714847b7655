import { randomInt } from "node:crypto";
import type { AudioBounds } from "./audio-bounds.js";
import type { ByteRange, StoredVersion } from "./stored-version.js";

/** Bytes of one sample: some frames of any format. */
export const SAMPLE_BYTES = 4 * 1024;
/** Samples that are fetched at once. */
const AT_ONCE = 8;

/** Two versions of a file, and where the audio of each lies; both are of one length. */
export interface Candidate {
  readonly before: StoredVersion;
  readonly beforeAudio: AudioBounds;
  readonly afterAudio: AudioBounds;
  /** Fetches bytes of the new version. */
  readonly fetch: (range: ByteRange) => Promise<Uint8Array>;
}

/**
 * Compares the audio of two versions in places that nobody can foresee: in the first and the last bytes that are kept
 * of it, and once in each of as many equal parts as there are samples left.
 *
 * @param samples how many, from 1 on.
 * @returns whether none differs, and at least half of them could be compared: what is damaged cannot.
 * @throws what the fetches throw.
 */
export async function samplesAgree(candidate: Candidate, samples: number): Promise<boolean> {
  const places = placesWithin(await keptAudio(candidate), samples);
  let agreeing = 0;
  for (let at = 0; at < places.length; at += AT_ONCE) {
    const group = places.slice(at, at + AT_ONCE);
    const agree = await Promise.all(group.map((place) => agreeAt(candidate, place)));
    if (agree.includes(false)) return false;
    agreeing += agree.filter((one) => one === true).length;
  }
  return agreeing >= samples / 2;
}

async function keptAudio({ before, beforeAudio }: Candidate): Promise<readonly ByteRange[]> {
  const { offsetBytes: from, lengthBytes } = beforeAudio;
  const parts = await before.parts({ from, to: from + lengthBytes });
  return parts.filter(({ isKept }) => isKept);
}

/** Ranges of one sample each, in what is kept. */
function placesWithin(kept: readonly ByteRange[], samples: number): readonly ByteRange[] {
  const total = kept.reduce((sum, { from, to }) => sum + to - from, 0);
  if (total === 0) return [];
  const parts = Math.max(0, samples - 2);
  const within = Array.from({ length: parts }, (_, part) => {
    const from = Math.floor((total * part) / parts);
    return from + randomInt(Math.max(1, Math.floor(total / parts)));
  });
  return [0, total - 1, ...within].slice(0, samples).map((at) => sampleAt(kept, at));
}

// The sample that has the byte at an offset within all that is kept, one part behind the other.
function sampleAt(kept: readonly ByteRange[], at: number): ByteRange {
  let left = at;
  for (const { from, to } of kept) {
    if (left >= to - from) {
      left -= to - from;
      continue;
    }
    const start = Math.max(from, Math.min(from + left, to - SAMPLE_BYTES));
    return { from: start, to: Math.min(to, start + SAMPLE_BYTES) };
  }
  throw new RangeError(`${at} is not within what is kept`);
}

/** Whether both have the same bytes there; `undefined` where the version before has none that are sound. */
async function agreeAt(
  { before, beforeAudio, afterAudio, fetch }: Candidate,
  range: ByteRange,
): Promise<boolean | undefined> {
  const ours = await before.read(range);
  if (!ours) return undefined;
  const shift = afterAudio.offsetBytes - beforeAudio.offsetBytes;
  return ours.equals(await fetch({ from: range.from + shift, to: range.to + shift }));
}
