import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Catalogue, openCatalogue } from "../../core/catalogue/catalogue.js";
import type { CatalogueReader } from "../../core/catalogue/reader.js";
import { ROOT_VIEW } from "../../core/catalogue/schema.js";
import { Placer } from "../../core/library/placer.js";
import { RESERVED_NAMES } from "../../core/library/reserved-names.js";
import { pathsOf } from "../../core/library/track-places.js";
import { TreeEditor } from "../../core/library/tree-editor.js";
import { ROOT_INO } from "../../core/model/entry.js";
import type { Track, TrackPlaces } from "../../core/model/track.js";

/** A tree that a layout made. */
export interface PlacedTree {
  /** Every file by each of its paths, and the track's own path in its origin: sorted. */
  readonly files: readonly { readonly names: readonly string[]; readonly path: string }[];
  /** Tracks as the catalogue counts them. */
  readonly tracks: number;
}

/** Places tracks one by one, as a scan does; each has a path of its own in its origin. */
export function placeTracks(
  placeTrack: (track: Track) => TrackPlaces | undefined,
  tracks: Iterable<Track>,
): PlacedTree {
  const folder = mkdtempSync(join(tmpdir(), "musicfs-placed-"));
  const catalogue = openCatalogue(join(folder, "catalogue.sqlite"));
  try {
    catalogue.transaction(() => placeAll(catalogue, placeTrack, tracks));
    const files = [...filesIn(catalogue.reader, ROOT_INO, [])];
    files.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
    return { files, tracks: catalogue.totals.tracks };
  } finally {
    catalogue.close();
    rmSync(folder, { recursive: true });
  }
}

function placeAll(
  catalogue: Catalogue,
  placeTrack: (track: Track) => TrackPlaces | undefined,
  tracks: Iterable<Track>,
): void {
  const origin = catalogue.originNumber("music");
  const placer = new Placer({
    catalogue,
    editor: new TreeEditor({ catalogue, wantsPaths: () => false }),
    originIds: new Map([[origin, "music"]]),
    view: ROOT_VIEW,
    rootIno: ROOT_INO,
    reserved: RESERVED_NAMES,
  });
  for (const track of tracks) {
    const row = catalogue.files.insert(origin, { path: track.path, sizeBytes: 1, mtimeMs: 0 });
    const paths = pathsOf(placeTrack(track));
    placer.place(row, paths.length > 0 ? paths : [track.path.split("/")]);
  }
}

function* filesIn(
  reader: CatalogueReader,
  ino: number,
  above: readonly string[],
): Generator<PlacedTree["files"][number]> {
  for (const entry of reader.readdir(ino, 0, Number.MAX_SAFE_INTEGER)) {
    const names = [...above, entry.name];
    if (entry.kind === "directory") yield* filesIn(reader, entry.ino, names);
    else yield { names, path: reader.fileOf(entry.ino)?.path ?? "" };
  }
}

function keyOf({ names, path }: PlacedTree["files"][number]): string {
  return `${names.join("/")}\0${path}`;
}
