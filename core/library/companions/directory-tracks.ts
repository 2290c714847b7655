import type { Catalogue } from "../../catalogue/catalogue.js";
import type { FileRow, TaggedFile } from "../../catalogue/files.js";
import { FILE_KIND } from "../../catalogue/schema.js";
import type { NameRow } from "../../catalogue/tree.js";
import { albumKeyOf, albumTitleOf, MAX_ALBUM_TRACKS } from "../album-knowledge.js";
import { placeOf } from "../place.js";

/** A track by one of its names. */
export interface NamedTrack {
  readonly name: string;
  readonly file: FileRow;
}

/** What lies in a directory of a view, as far as covers and side files are concerned. */
export interface DirectoryTracks {
  /** Names of companions, as they are now. */
  readonly companions: readonly NameRow[];
  /** In the order of their paths. */
  readonly tracks: readonly NamedTrack[];
  /** The tracks by the folder of their album. */
  readonly byAlbum: ReadonlyMap<number, readonly NamedTrack[]>;
}

/** A directory with more names has no companions. */
const MAX_NAMES = 1000;
/** So many folders of an origin can meet in the directory of one album. */
const MAX_FOLDERS = 20;

/**
 * Reads a directory.
 *
 * @param view number of the view that the companions' names belong to.
 * @returns `undefined` where it has too many names for companions.
 */
export function readDirectory(catalogue: Catalogue, ino: number, view: number): DirectoryTracks | undefined {
  const rows = catalogue.tree.childrenUpTo(ino, MAX_NAMES + 1);
  if (rows.length > MAX_NAMES) return undefined;
  const tracks: NamedTrack[] = [];
  for (const row of rows) {
    const file = row.view === view ? undefined : catalogue.files.byIno(row.ino);
    if (file?.kind === FILE_KIND.track) tracks.push({ name: row.name, file });
  }
  tracks.sort((a, b) => a.file.originNumber - b.file.originNumber || (a.file.path < b.file.path ? -1 : 1));
  const byAlbum = new Map<number, NamedTrack[]>();
  for (const track of tracks) {
    const others = byAlbum.get(track.file.album);
    if (others) others.push(track);
    else byAlbum.set(track.file.album, [track]);
  }
  return { companions: rows.filter((row) => row.view === view), tracks, byAlbum };
}

/** The tags of the tracks, when all of them are of one album; else `undefined`. */
export function oneAlbum(
  catalogue: Catalogue,
  { tracks, byAlbum }: DirectoryTracks,
): readonly TaggedFile[] | undefined {
  if (tracks.length === 0 || tracks.length > MAX_ALBUM_TRACKS || byAlbum.size > MAX_FOLDERS) return undefined;
  const tagged: TaggedFile[] = [];
  const keys = new Set<string | undefined>();
  for (const { file } of tracks) {
    const found = catalogue.files.tagged(file);
    if (!found) continue;
    const { title } = albumTitleOf(found, placeOf(found.path));
    keys.add(title === undefined ? undefined : albumKeyOf(title));
    tagged.push(found);
  }
  // Tracks without an album are together when they lie in one folder.
  const isOne = keys.size === 1 && (!keys.has(undefined) || byAlbum.size === 1);
  return isOne ? tagged : undefined;
}
