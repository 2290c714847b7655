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
function documentOf({ fileId, file }: TrackChange): SearchDocument | undefined {
  if (!file || fileId > MAX_ID) return undefined;
  const track = trackOf(file, "");
  const { year, comment } = file.tags;
  return {
    id: fileId,
    words: wordsOf(track, comment),
    ...(year === undefined ? {} : { year }),
  };
}

function wordsOf(track: Track, comment: string | undefined): SearchDocument["words"] {
  const texts: Record<TextField, string | undefined> = {
    title: track.title,
    artist: track.artists.length > 0 ? track.artists.join(" ") : track.artist,
    albumartist: track.albumArtist,
    album: track.album,
    genre: track.genres.join(" "),
    composer: track.composers.join(" "),
    label: track.label,
    path: track.path,
    comment,
    lyrics: undefined,
  };
  const words: Partial<Record<TextField, string>> = {};
  for (const [field, text] of Object.entries(texts) as [TextField, string | undefined][]) {
    if (!text) continue;
    // Its signs only separate folders and numbers.
    const found = documentWords(text, field === "path");
    if (found !== "") words[field] = found;
  }
  return words;
}
