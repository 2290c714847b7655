import { createHash } from "node:crypto";
import { folderOf } from "../../catalogue/album-folder.js";
import type { FileRow } from "../../catalogue/files.js";
import { foldName, type NamesMode, safeName } from "../names.js";

interface Taken {
  readonly originNumber: number;
  /** Of what it shows; absent where that could not be read. */
  readonly digest: string | undefined;
}

/**
 * Gives playlists their names, one after the other. The first of a name has it as it is. Another one of the same origin says
 * which folder it comes from, one of another origin whose it is; one that shows the very same needs no second name.
 */
export class PlaylistNames {
  readonly #taken = new Map<string, Taken>();
  /** By plain name. */
  readonly #shown = new Map<string, Set<string>>();
  readonly #originIds: ReadonlyMap<number, string>;
  readonly #names: NamesMode;

  constructor(originIds: ReadonlyMap<number, string>, names: NamesMode) {
    this.#originIds = originIds;
    this.#names = names;
  }

  /**
   * @param bytes what the playlist shows; absent where it cannot be read now.
   * @returns its name; `undefined` where it need not be shown, since another one of its name shows the same.
   */
  take(row: FileRow, bytes: Uint8Array | undefined): string | undefined {
    const plain = row.path.slice(row.path.lastIndexOf("/") + 1);
    const digest = bytes && createHash("sha256").update(bytes).digest("base64");
    const key = foldName(safeName(plain, "", this.#names));
    const shown = this.#shown.get(key) ?? new Set();
    if (digest !== undefined && shown.has(digest)) return undefined;
    if (digest !== undefined) this.#shown.set(key, shown.add(digest));
    const free = this.#candidates(row, plain, this.#taken.get(key)).find(
      (name) => !this.#taken.has(foldName(name)),
    );
    const name = free ?? safeName(plain, ` (${row.id})`, this.#names);
    this.#taken.set(foldName(name), { originNumber: row.originNumber, digest });
    return name;
  }

  #candidates(row: FileRow, plain: string, first: Taken | undefined): string[] {
    const folder = folderOf(row.path).replaceAll("/", " - ");
    const origin = this.#originIds.get(row.originNumber) ?? String(row.originNumber);
    const isElsewhere = first !== undefined && first.originNumber !== row.originNumber;
    const suffixes = isElsewhere
      ? [` (${origin})`, ` (${folder || origin})`, ` (${origin} - ${folder})`]
      : [` (${folder || origin})`, ` (${origin} - ${folder})`];
    return ["", ...suffixes, ` (${row.id})`].map((suffix) => safeName(plain, suffix, this.#names));
  }
}
