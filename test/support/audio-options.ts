import type { TrackTags } from "#core/model/track.js";

/** Tags to write; what is missing is not written. */
export type AudioTags = Partial<TrackTags>;

export interface Cover {
  readonly mimeType: "image/png" | "image/jpeg";
  readonly data: Uint8Array;
}

export interface AudioOptions {
  /** Length of the audio, rounded up to whole frames of the format. @default 500 */
  readonly durationMs?: number;
  /** Two files with the same tags and another seed differ in their audio. @default 1 */
  readonly seed?: number;
  /** The front cover to embed. */
  readonly cover?: Cover;
  /** Unused bytes after the tags, as taggers leave for later edits. @default 0 */
  readonly paddingBytes?: number;
}

/** {@link AudioOptions} with the defaults filled in. */
export interface AudioPlan {
  readonly durationMs: number;
  readonly seed: number;
  readonly cover: Cover | undefined;
  readonly paddingBytes: number;
}

export function planAudio({ durationMs = 500, seed = 1, cover, paddingBytes = 0 }: AudioOptions): AudioPlan {
  return { durationMs, seed, cover, paddingBytes };
}

/** `3/12`, `3`, or `undefined` where there is no number. */
export function formatPosition(number: number | undefined, total: number | undefined): string | undefined {
  if (number === undefined) return undefined;
  return total === undefined ? String(number) : `${number}/${total}`;
}
