import { openTrackChanges, type TrackChange, type TrackChanges } from "../catalogue/track-changes.js";
import { trackOf } from "../library/track.js";
import type { SearchDocument, SearchSource, TextField } from "../model/search-engine.js";
import type { Track } from "../model/track.js";
import { documentWords, FOLD_VERSION } from "./fold.js";

/** Changes whenever the same track would make another document: indexes of before are made anew. */
export const DOCUMENTS_VERSION = `1.${FOLD_VERSION}`;

const MAX_ID = 2 ** 32 - 1;

/** What changed since some cursor. */
export interface DocumentChanges {
  /** To be added, in place of those with the same id. */
  readonly documents: readonly SearchDocument[];
  /** To be removed, where they are there at all. */
  readonly removedIds: readonly number[];
  /** To be kept with what was made of these changes, in the same commit; where to go on. */
  readonly cursor: number;
}

/** The documents of a catalogue, in the order of their changes. All calls are synchronous. */
export interface DocumentSource {
  /** Random, and never that of another catalogue: cursors of one mean nothing in another. */
  readonly identity: string;
  /** Whether one can go on at `cursor`; if not, what was made before must go, and one begins at 0. */
  canGoOnAt(cursor: number): boolean;
  /** Up to `limit` changes after `cursor`; nothing, and the same cursor, when there is none. */
  after(cursor: number, limit: number): DocumentChanges;
  close(): void;
}

/** Opens the documents of a catalogue, in any thread or process. Close it after use. */
export function openDocuments({ cataloguePath }: SearchSource): DocumentSource {
  const changes = openTrackChanges(cataloguePath);
  return {
    identity: changes.identity,
    canGoOnAt: (cursor) => changes.reachesBackTo(cursor),
    after: (cursor, limit) => documentChanges(changes, cursor, limit),
    close: () => changes.close(),
  };
}

function documentChanges(changes: TrackChanges, cursor: number, limit: number): DocumentChanges {
  const documents: SearchDocument[] = [];
  const removedIds: number[] = [];
  let last = cursor;
  for (const change of changes.after(cursor, limit)) {
    last = change.stamp;
    const document = documentOf(change);
    if (document) documents.push(document);
    else if (change.fileId <= MAX_ID) removedIds.push(change.fileId);
  }
  return { documents, removedIds, cursor: last };
}

// Engines count in 32 bits: of what has a greater number nothing is found, and nothing wrong either.
function documentOf({ fileId, file, lyrics }: TrackChange): SearchDocument | undefined {
  if (!file || fileId > MAX_ID) return undefined;
  const track = trackOf(file, "");
  const { year } = track;
  return {
    id: fileId,
    words: wordsOf(track, file.tags.comment, lyrics),
    ...(year === undefined ? {} : { year }),
  };
}

function wordsOf(
  track: Track,
  comment: string | undefined,
  lyrics: string | undefined,
): SearchDocument["words"] {
  const words: Partial<Record<TextField, string>> = {};
  const put = (field: TextField, found: string): void => {
    if (found !== "") words[field] = found;
  };
  put("title", documentWords(track.title));
  put("artist", repeatedWords(track.artists.length > 0 ? track.artists.join(" ") : track.artist));
  put("albumartist", repeatedWords(track.albumArtist));
  put("album", repeatedWords(track.album));
  put("genre", repeatedWords(track.genres.join(" ")));
  put("composer", repeatedWords(track.composers.join(" ")));
  put("label", repeatedWords(track.label ?? ""));
  put("path", pathWords(track.path));
  put("comment", documentWords(comment ?? ""));
  put("lyrics", documentWords(lyrics ?? ""));
  return words;
}

/** Words of texts that tracks have in common; a library goes album by album. */
const known = new Map<string, string>();
const MAX_KNOWN = 2_000;

function repeatedWords(text: string, plain = false): string {
  const key = plain ? `/${text}` : text;
  const kept = known.get(key);
  if (kept !== undefined) return kept;
  const words = documentWords(text, plain);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, words);
  return words;
}

// Its signs only separate folders and numbers, so nothing is written as one word.
function pathWords(path: string): string {
  const end = path.lastIndexOf("/");
  if (end < 0) return documentWords(path, true);
  return `${repeatedWords(path.slice(0, end), true)} ${documentWords(path.slice(end + 1), true)}`.trim();
}
