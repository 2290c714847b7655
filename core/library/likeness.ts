import { createHash } from "node:crypto";
import type { FileReading, FileRow } from "../catalogue/files.js";

/** Bytes of a likeness: two of a million tracks have the same by chance once in 10^17 libraries. */
const LENGTH = 12;

/**
 * What two files have in common that are one track: size, duration, and the tags by which a track is known; where there is no
 * title, the hash of what the file begins with.
 *
 * @returns `undefined` where nothing can be told: no title, and no hash.
 */
export function likenessOf(
  { sizeBytes }: Pick<FileRow, "sizeBytes">,
  { tags, audio }: Pick<FileReading, "tags" | "audio">,
  head: Uint8Array | undefined,
): Uint8Array | undefined {
  const { title, artists, albumArtists, album, trackNumber, discNumber } = tags;
  if (title === undefined && head === undefined) return undefined;
  const known =
    title === undefined
      ? [Buffer.from(head ?? []).toString("hex")]
      : [title, artists, albumArtists, album ?? null, trackNumber ?? null, discNumber ?? null];
  const durationMs = audio.durationMs === undefined ? null : Math.round(audio.durationMs);
  const text = JSON.stringify([sizeBytes, durationMs, known]);
  return createHash("sha256").update(text).digest().subarray(0, LENGTH);
}
