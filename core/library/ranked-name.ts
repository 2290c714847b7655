import type { Track } from "../model/track.js";
import { safeName } from "./names.js";

/** Ranks have so many digits at least, so that names sort by them. */
const MIN_DIGITS = 3;

/** The name of a track in a list of `count`: `001 Artist - Title.ext`. Unique by its rank, which counts from 1. */
export function rankedName(
  rank: number,
  count: number,
  { artist, title, extension }: Pick<Track, "artist" | "title" | "extension">,
): string {
  const digits = Math.max(MIN_DIGITS, String(count).length);
  return safeName(`${String(rank).padStart(digits, "0")} ${artist} - ${title}.${extension}`);
}
