import type { Track } from "../model/track.js";

/** What a variable stands for: its values in order; none where it is empty. */
type Values = (track: Track) => readonly string[];

const VARIABLES = {
  artist: (track) => (track.artists.length > 1 ? track.artists : one(track.artist)),
  albumartist: (track) => one(track.albumArtist),
  album: (track) => one(track.album),
  title: (track) => one(track.title),
  track: (track) => numeral(track.trackNumber, 2),
  tracks: (track) => numeral(track.trackTotal),
  disc: (track) => (hasSeveralDiscs(track) ? numeral(track.discNumber) : []),
  discs: (track) => numeral(discsOf(track)),
  year: (track) => numeral(track.year, 4),
  originaldate: (track) => one(track.originalDate),
  genre: (track) => track.genres.slice(0, 1),
  genres: (track) => track.genres,
  composer: (track) => track.composers,
  label: (track) => one(track.label),
  format: (track) => one(track.extension),
  format_upper: (track) => one(track.extension.toUpperCase()),
  codec: (track) => one(track.audio.codec),
  bitdepth: (track) => numeral(track.audio.bitsPerSample),
  samplerate: (track) => numeral(track.audio.sampleRateHz),
} as const satisfies Record<string, Values>;

export type VariableName = keyof typeof VARIABLES;

/** Names that a template may use, as they are written after `$`. */
export const VARIABLE_NAMES = Object.keys(VARIABLES) as readonly VariableName[];

export function isVariableName(name: string): name is VariableName {
  return Object.hasOwn(VARIABLES, name);
}

/** What a variable stands for, for one track. */
export function valuesOf(name: VariableName, track: Track): readonly string[] {
  return VARIABLES[name](track);
}

function discsOf({ discs, discTotal, discNumber }: Track): number | undefined {
  return discs ?? discTotal ?? discNumber;
}

function hasSeveralDiscs(track: Track): boolean {
  return (discsOf(track) ?? 1) > 1 || (track.discNumber ?? 1) > 1;
}

function one(text: string | undefined): readonly string[] {
  return text === undefined || text.trim() === "" ? [] : [text];
}

function numeral(value: number | undefined, digits = 1): readonly string[] {
  return value === undefined ? [] : [String(value).padStart(digits, "0")];
}
