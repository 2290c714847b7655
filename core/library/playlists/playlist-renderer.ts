import { setImmediate as nextTurn } from "node:timers/promises";
import { folderOf } from "../../catalogue/album-folder.js";
import type { Catalogue } from "../../catalogue/catalogue.js";
import type { FileRow } from "../../catalogue/files.js";
import { FILE_KIND, ROOT_VIEW } from "../../catalogue/schema.js";
import type { ReadRange } from "../companions/cover-maker.js";
import type { LibraryOrigin } from "../library-origin.js";
import { entryOf, PLAYLIST_MAX_BYTES, parsePlaylist, placesOfEntry } from "./playlist-text.js";

/** Entries looked up in one go: a few milliseconds. */
const SLICE = 100;
const PIECE_BYTES = 1024 * 1024;

export interface PlaylistRendererOptions {
  readonly catalogue: Catalogue;
  readonly origins: readonly LibraryOrigin[];
  readonly readRange: ReadRange;
}

/** Writes playlists anew, with the paths that tracks have in the mount. */
export class PlaylistRenderer {
  readonly #options: PlaylistRendererOptions;

  constructor(options: PlaylistRendererOptions) {
    this.#options = options;
  }

  /** A playlist as UTF-8, its entries relative to `/Playlists`. @throws when it cannot be read. */
  async render(row: FileRow, signal: AbortSignal): Promise<Uint8Array> {
    const lines = parsePlaylist(await this.#read(row, signal));
    const source = this.#options.origins.find(({ number }) => number === row.originNumber);
    const out: string[] = [];
    for (const [index, { text, isEntry }] of lines.entries()) {
      if (index % SLICE === SLICE - 1) await nextTurn();
      out.push(isEntry ? this.#entry(text, row, source?.origin.local?.root) : text);
    }
    return Buffer.from(out.map((line) => `${line}\n`).join(""), "utf8");
  }

  async #read(row: FileRow, signal: AbortSignal): Promise<Uint8Array> {
    if (row.sizeBytes > PLAYLIST_MAX_BYTES) throw new Error(`it has more than ${PLAYLIST_MAX_BYTES} bytes`);
    const pieces: Uint8Array[] = [];
    for (let done = 0; done < row.sizeBytes; ) {
      const piece = await this.#options.readRange(
        row,
        done,
        Math.min(PIECE_BYTES, row.sizeBytes - done),
        signal,
      );
      if (piece.length === 0) break;
      pieces.push(piece);
      done += piece.length;
    }
    return Buffer.concat(pieces);
  }

  #entry(text: string, row: FileRow, root: string | undefined): string {
    const { files } = this.#options.catalogue;
    const places = placesOfEntry(text, folderOf(row.path), root);
    if (places === "stream") return text;
    for (const path of places) {
      const track = files.byPath(row.originNumber, path);
      const shown = track?.kind === FILE_KIND.track ? this.#pathOf(track) : undefined;
      if (shown !== undefined) return entryOf(`..${shown}`);
    }
    return `# not in the library: ${text}`;
  }

  #pathOf({ ino }: FileRow): string | undefined {
    const { tree } = this.#options.catalogue;
    const names = tree.namesOf(ino);
    const name = names.find(({ view }) => view === ROOT_VIEW) ?? names[0];
    const parent = name && tree.pathOf(name.parentIno);
    return parent === undefined ? undefined : `${parent === "/" ? "" : parent}/${name?.name}`;
  }
}
