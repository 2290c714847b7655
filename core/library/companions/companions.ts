import type { Catalogue } from "../../catalogue/catalogue.js";
import type { TaggedFile } from "../../catalogue/files.js";
import type { CoverFolders } from "../../covers/cover-folders.js";
import type { GeneratedFiles } from "../../generated/generated-files.js";
import type { Branch } from "../branch.js";
import type { NamesMode } from "../names.js";
import { bestPicture } from "../tags/picture.js";
import { COVER_MAKER, coverRecipeOf } from "./cover-maker.js";
import { CoverPriority, coverExtensionOf } from "./cover-names.js";
import { type DirectoryTracks, oneAlbum, readDirectory } from "./directory-tracks.js";
import { type NamedFile, sideFilesOfAlbum, sideFilesOfTrack } from "./side-files.js";

export interface CompanionsOptions {
  readonly catalogue: Catalogue;
  readonly branch: Branch;
  readonly generated: Pick<GeneratedFiles, "declare" | "remove">;
  readonly names: NamesMode;
  readonly shown: CompanionSettings;
  /** What shows a cover in other sizes. */
  readonly coverFolders: Pick<CoverFolders, "remove">;
}

/** What is shown beside tracks, as in a config. */
export interface CompanionSettings {
  readonly coverPriority: readonly string[];
  readonly sideFiles: boolean;
}

/**
 * Shows in each directory what belongs to its tracks: side files of a track under the track's name, those of
 * the album under their own, and a cover. In every view alike; what a directory shows depends on the files
 * and on where their tracks are, and on nothing that was before.
 */
export class Companions {
  readonly #options: CompanionsOptions;
  readonly #priority: CoverPriority;

  constructor(options: CompanionsOptions) {
    this.#options = options;
    this.#priority = new CoverPriority(options.shown.coverPriority);
  }

  /** Brings directories up to date whose tracks, or what lies beside them, changed; in the transaction that did. */
  update(directories: Iterable<number>): void {
    for (const ino of directories) this.#updateOne(ino);
  }

  #updateOne(ino: number): void {
    const { catalogue, branch, coverFolders } = this.#options;
    coverFolders.remove(ino);
    const directory = readDirectory(catalogue, ino, branch.view);
    if (!directory) return;
    const wanted = this.#wanted(directory);
    // What is gone first: a name may go to something else. With tracks in it, the directory stays.
    for (const { name, ino: shown } of directory.companions) {
      if (wanted.get(name) !== shown) this.#remove(ino, name, shown);
    }
    const had = new Map(directory.companions.map((row) => [row.name, row.ino]));
    for (const [name, shown] of wanted) if (had.get(name) !== shown) branch.add(ino, name, shown);
  }

  #wanted(directory: DirectoryTracks): Map<string, number> {
    const { catalogue, names, shown } = this.#options;
    const wanted = new Map<string, number>();
    const show = ({ name, file }: NamedFile): void => {
      if (!wanted.has(name)) wanted.set(name, file.ino);
    };
    // Most folders hold nothing but tracks: one question for each folder, and none for each track.
    const hasBeside = [...directory.byAlbum.keys()].some((folder) => catalogue.albums.hasBeside(folder));
    if (shown.sideFiles && hasBeside) {
      for (const track of directory.tracks)
        for (const beside of sideFilesOfTrack(catalogue, track)) show(beside);
    }
    const album = oneAlbum(catalogue, directory);
    const isFolder = directory.byAlbum.size === 1;
    const ofAlbum = hasBeside && (album || isFolder) ? sideFilesOfAlbum(catalogue, directory, names) : [];
    if (shown.sideFiles) for (const beside of ofAlbum) show(beside);
    const cover = this.#coverOf(ofAlbum, album);
    if (cover && !wanted.has(cover.name)) wanted.set(cover.name, cover.ino);
    return wanted;
  }

  // A real picture may have another name, and then has two.
  #coverOf(
    pictures: readonly NamedFile[],
    album: readonly TaggedFile[] | undefined,
  ): { name: string; ino: number } | undefined {
    const [real] = pictures
      .flatMap(({ name, file }) => {
        const rank = this.#priority.rankOf(name);
        return rank === undefined ? [] : [{ name, file, rank }];
      })
      .sort((a, b) => a.rank - b.rank || (a.file.path < b.file.path ? -1 : 1));
    const { embeddedRank } = this.#priority;
    const embedded =
      album && embeddedRank !== undefined && (!real || embeddedRank < real.rank)
        ? this.#embedded(album)
        : undefined;
    if (embedded || !real) return embedded;
    return { name: `cover.${coverExtensionOf(real.name)}`, ino: real.file.ino };
  }

  #embedded(album: readonly TaggedFile[]): { name: string; ino: number } | undefined {
    const pictured = album.flatMap((file) => (file.picture ? [{ file, picture: file.picture }] : []));
    const best = bestPicture(
      pictured.sort((a, b) => compareTracks(a.file, b.file)).map(({ picture }) => picture),
    );
    const source = pictured.find(({ picture }) => picture === best);
    if (!source) return undefined;
    const { file, picture } = source;
    const ino = this.#options.generated.declare(COVER_MAKER, {
      subject: String(file.id),
      recipe: coverRecipeOf(file, picture),
      sizeBytes: picture.sizeBytes,
      mtimeMs: file.mtimeMs,
    });
    return { name: `cover.${picture.extension}`, ino };
  }

  #remove(parentIno: number, name: string, ino: number): void {
    const { catalogue, branch, generated } = this.#options;
    branch.remove(parentIno, name);
    if (!catalogue.tree.hasName(ino)) generated.remove(ino);
  }
}

function compareTracks(a: TaggedFile, b: TaggedFile): number {
  const numberOf = ({ tags }: TaggedFile): number =>
    (tags.discNumber ?? 0) * 10_000 + (tags.trackNumber ?? 9999);
  return numberOf(a) - numberOf(b) || (a.path < b.path ? -1 : 1);
}
