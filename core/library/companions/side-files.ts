import { folderOf } from "../../catalogue/album-folder.js";
import type { Catalogue } from "../../catalogue/catalogue.js";
import type { FileRow } from "../../catalogue/files.js";
import { FILE_KIND } from "../../catalogue/schema.js";
import { MAX_ALBUM_TRACKS } from "../album-knowledge.js";
import { foldName, type NamesMode, safeName, splitExtension } from "../names.js";
import { extensionOf } from "../tags/format.js";
import type { DirectoryTracks, NamedTrack } from "./directory-tracks.js";

/** A side file and the name that it gets. */
export interface NamedFile {
  readonly name: string;
  readonly file: FileRow;
}

/** Side files of one track, and of one folder, that are shown. */
const MAX_OF_TRACK = 16;
const MAX_OF_FOLDER = 200;

/**
 * What lies beside a track in its folder under the track's own name: `01 Song.lrc`, `01 Song.en.lrc`,
 * `01 Song.flac.lrc` of `01 Song.flac`. It follows the track, by the name that the track has in the tree.
 */
export function sideFilesOfTrack(catalogue: Catalogue, { name, file }: NamedTrack): NamedFile[] {
  const start = `${stemOf(file.path)}.`;
  const ending = new RegExp(
    `^(?:${extensionOf(file.path)}\\.)?((?:[a-z]{2,3}(?:-[a-z]{2,4})?\\.)?[a-z0-9]{1,5})$`,
    "iu",
  );
  return catalogue.files.startingWith(file.originNumber, start, MAX_OF_TRACK).flatMap((beside) => {
    const rest =
      beside.kind === FILE_KIND.beside ? ending.exec(beside.path.slice(start.length))?.[1] : undefined;
    return rest === undefined
      ? []
      : [{ name: safeName(`${splitExtension(name).stem}.${rest}`), file: beside }];
  });
}

/**
 * What lies in the folders of the tracks, or in one for scans and booklets, and belongs to no single track.
 * It follows the album: to a directory that shows at least half of the folder's tracks.
 */
export function sideFilesOfAlbum(
  catalogue: Catalogue,
  { byAlbum }: DirectoryTracks,
  names: NamesMode,
): NamedFile[] {
  const found: NamedFile[] = [];
  for (const [album, tracks] of byAlbum) {
    const total = catalogue.albums.size(album, MAX_ALBUM_TRACKS + 1);
    const isHeap = total > MAX_ALBUM_TRACKS;
    if (isHeap || tracks.length * 2 < total) continue;
    for (const file of filesOfFolders(catalogue, album, tracks)) {
      if (!belongsToTrack(catalogue, file))
        found.push({ name: safeName(baseName(file.path), "", names), file });
    }
  }
  return apart(found, names);
}

/** The track that a side file belongs to by its name, or `undefined`. */
export function trackBeside(catalogue: Catalogue, file: FileRow): FileRow | undefined {
  for (let stem = stemOf(file.path); ; stem = stemOf(stem)) {
    const [track] = catalogue.files
      .startingWith(file.originNumber, `${stem}.`, MAX_OF_TRACK)
      .filter(({ kind, path }) => kind === FILE_KIND.track && stemOf(path) === stem);
    if (track) return track;
    const named = catalogue.files.byPath(file.originNumber, stem);
    if (named?.kind === FILE_KIND.track) return named;
    // `01 Song.en.lrc`: a language stands before the extension.
    if (!/\.[a-z]{2,3}(?:-[a-z]{2,4})?$/iu.test(stem)) return undefined;
  }
}

function belongsToTrack(catalogue: Catalogue, file: FileRow): boolean {
  return trackBeside(catalogue, file) !== undefined;
}

// Of several discs shown apart, each has what lies in its own folder, and what lies above.
function* filesOfFolders(
  catalogue: Catalogue,
  album: number,
  tracks: readonly NamedTrack[],
): Generator<FileRow> {
  const folders = new Set(tracks.map(({ file }) => folderOf(file.path)));
  const root = catalogue.albums.byId(album)?.path ?? "";
  for (const file of catalogue.files.ofAlbum(album, FILE_KIND.beside, 0, MAX_OF_FOLDER)) {
    const folder = folderOf(file.path);
    if (folder === root || folders.has(folder) || !hasTracks(catalogue, file.originNumber, folder))
      yield file;
  }
}

function hasTracks(catalogue: Catalogue, origin: number, folder: string): boolean {
  return catalogue.files
    .startingWith(origin, `${folder}/`, MAX_OF_FOLDER)
    .some(({ kind }) => kind === FILE_KIND.track);
}

// Two discs may each have their `album.log`: the folder's name tells them apart, for all but the first.
function apart(files: readonly NamedFile[], names: NamesMode): NamedFile[] {
  const taken = new Set<string>();
  const sorted = [...files].sort(
    (a, b) => a.file.originNumber - b.file.originNumber || (a.file.path < b.file.path ? -1 : 1),
  );
  return sorted.map(({ name, file }) => {
    const candidates = [
      name,
      safeName(name, ` (${baseName(folderOf(file.path))})`, names),
      safeName(name, ` (${file.id})`, names),
    ];
    const free = candidates.find((candidate) => !taken.has(foldName(candidate))) ?? name;
    taken.add(foldName(free));
    return { name: free, file };
  });
}

function stemOf(path: string): string {
  const dot = path.lastIndexOf(".");
  return dot > path.lastIndexOf("/") + 1 ? path.slice(0, dot) : path;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
