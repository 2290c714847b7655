import type { Database, Statement } from "better-sqlite3";
import type { OriginFile } from "../model/origin.js";
import type { EmbeddedPicture } from "../model/picture.js";
import type { AudioProperties, TrackTags } from "../model/track.js";
import type { AlbumTable } from "./albums.js";
import type { FileProblem, ProblemTable } from "./problems.js";
import { FILE_KIND, FILE_STATE, NODE_KIND } from "./schema.js";
import { type FileContent, TRACK_COLUMNS, type TrackTuple, trackOfTuple, trackTupleOf } from "./track-row.js";

/** A file as the catalogue knows it. */
export interface FileRow {
  readonly id: number;
  readonly originNumber: number;
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly version: string | null;
  readonly state: number;
  readonly ino: number;
  /** See `FILE_KIND`. */
  readonly kind: number;
  /** Number of the folder of the album that it belongs to. */
  readonly album: number;
  /** What names the file itself, whatever its path; `null` where the origin has no such thing. */
  readonly identity: string | null;
}

/** What was read of a file. */
export interface FileReading {
  readonly tags: TrackTags;
  readonly audio: AudioProperties;
  readonly picture?: EmbeddedPicture | undefined;
  readonly problem?: FileProblem | undefined;
}

/** A file with what is known of its content. */
export interface TaggedFile extends FileRow, FileContent {}

type FileTuple = [
  id: number,
  origin: number,
  path: string,
  size: number,
  mtimeMs: number,
  version: string | null,
  state: number,
  ino: number,
  kind: number,
  album: number,
  identity: string | null,
];

const FILE_COLUMNS =
  "f.id, f.origin, f.path, f.size, f.mtime_ms, f.version, f.state, f.ino, f.kind, f.album, f.identity";

/** Files, their tags and their problems. All calls are synchronous; writing ones belong in a transaction. */
export class FileTable {
  readonly #db: Database;
  readonly #albums: AlbumTable;
  readonly #problems: ProblemTable;
  readonly #byPath: Statement<[number, string], FileTuple>;
  readonly #byId: Statement<[number], FileTuple>;
  readonly #byIno: Statement<[number], FileTuple>;
  readonly #twins: Statement<[number, number, number, number], FileTuple>;
  readonly #below: Statement<[number, string, string, number], FileTuple>;
  readonly #move: Statement;
  readonly #setIdentity: Statement;
  readonly #setHead: Statement;
  readonly #head: Statement<[number], Buffer | null>;
  readonly #toRead: Statement<[number, number], FileTuple>;
  readonly #after: Statement<[number, number, number], FileTuple>;
  readonly #insertNode: Statement;
  readonly #recent: Statement<[number, number], number>;
  readonly #insertFile: Statement;
  readonly #linkNode: Statement;
  readonly #updateFile: Statement;
  readonly #updateNode: Statement;
  readonly #setRead: Statement;
  readonly #saveTrack: Statement;
  readonly #saveLyrics: Statement;
  readonly #dropLyrics: Statement;
  readonly #lyrics: Statement<[number], string>;
  readonly #deleteFile: Statement;
  readonly #deleteNode: Statement;
  readonly #tagged: Statement<[number], TrackTuple>;
  readonly #ofAlbum: Statement<[number, number, number, number], FileTuple>;
  readonly #startingWith: Statement<[number, string, string, number], FileTuple>;
  readonly #playlists: Statement<[number], FileTuple>;
  #playlistChanges = 0;
  readonly #counts = new Map<number, number>();
  /** Contents that were asked for lately: the tracks of a folder are looked at again for each view. */
  readonly #contents = new Map<number, FileContent>();
  readonly #contentsKept: number;
  /** Each is told of every file that is new, different or gone, in the transaction that changes it. */
  readonly listeners = new Set<(originNumber: number, path: string) => void>();

  /**
   * @param albums is told of every change of a file.
   * @param problems keeps what was wrong with files that were read.
   * @param contentsKept contents that are kept in memory, for whoever alone writes; some 400 bytes each.
   */
  constructor(db: Database, albums: AlbumTable, problems: ProblemTable, contentsKept = 0) {
    this.#contentsKept = contentsKept;
    this.#db = db;
    this.#albums = albums;
    this.#problems = problems;
    const select = `SELECT ${FILE_COLUMNS} FROM files f`;
    this.#byPath = db
      .prepare<[number, string], FileTuple>(`${select} WHERE f.origin = ? AND f.path = ?`)
      .raw();
    this.#byId = db.prepare<[number], FileTuple>(`${select} WHERE f.id = ?`).raw();
    this.#byIno = db
      .prepare<[number], FileTuple>(`${select} JOIN nodes n ON n.file = f.id WHERE n.ino = ?`)
      .raw();
    this.#twins = db
      .prepare<[number, number, number, number], FileTuple>(
        `${select} INDEXED BY files_by_size WHERE f.origin = ? AND f.size = ? AND f.mtime_ms = ? LIMIT ?`,
      )
      .raw();
    this.#below = db
      .prepare<[number, string, string, number], FileTuple>(
        `${select} INDEXED BY files_by_path
         WHERE f.origin = ? AND f.path > ? AND f.path < ? ORDER BY f.path LIMIT ?`,
      )
      .raw();
    this.#move = db.prepare("UPDATE files SET path = ?, version = ?, identity = ?, album = ? WHERE id = ?");
    this.#setIdentity = db.prepare("UPDATE files SET identity = ? WHERE id = ?");
    this.#setHead = db.prepare("UPDATE files SET head = ? WHERE id = ?");
    this.#head = db.prepare<[number], Buffer | null>("SELECT head FROM files WHERE id = ?").pluck();
    this.#toRead = db
      .prepare<[number, number], FileTuple>(
        `${select} WHERE f.state = ${FILE_STATE.listed} AND f.id > ? ORDER BY f.id LIMIT ?`,
      )
      .raw();
    // Named, since SQLite would rather sort all files of the origin by its index on paths, for every page.
    this.#after = db
      .prepare<[number, number, number], FileTuple>(
        `${select} INDEXED BY files_of_origin WHERE f.origin = ? AND f.id > ? ORDER BY f.id LIMIT ?`,
      )
      .raw();
    this.#insertNode = db.prepare(
      `INSERT INTO nodes (kind, size, mtime_ms, revision, file) VALUES (${NODE_KIND.file}, ?, ?, 0, NULL)`,
    );
    this.#recent = db
      .prepare<[number, number], number>(
        `SELECT f.id FROM files f CROSS JOIN nodes n ON n.ino = f.ino AND n.file = f.id
         WHERE f.kind = 0 AND f.added_ms >= ? ORDER BY f.added_ms DESC, f.id DESC LIMIT ? + 0`,
      )
      .pluck();
    this.#insertFile = db.prepare(
      `INSERT INTO files (origin, path, size, mtime_ms, version, state, ino, kind, album, identity, added_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, unixepoch('subsec') * 1000)`,
    );
    this.#linkNode = db.prepare("UPDATE nodes SET file = ? WHERE ino = ?");
    this.#updateFile = db.prepare(
      "UPDATE files SET size = ?, mtime_ms = ?, version = ?, identity = ?, state = ? WHERE id = ?",
    );
    // 16 bits, as a mount driver has room for.
    this.#updateNode = db.prepare(
      "UPDATE nodes SET size = ?, mtime_ms = ?, revision = (revision + 1) & 65535 WHERE ino = ? AND file = ?",
    );
    this.#setRead = db.prepare(`UPDATE files SET state = ${FILE_STATE.read} WHERE id = ?`);
    this.#saveTrack = db.prepare(
      `INSERT OR REPLACE INTO tracks (file, ${TRACK_COLUMNS}) VALUES (?${", ?".repeat(17)})`,
    );
    this.#saveLyrics = db.prepare("INSERT OR REPLACE INTO lyrics (file, text) VALUES (?, ?)");
    this.#dropLyrics = db.prepare("DELETE FROM lyrics WHERE file = ?");
    this.#lyrics = db.prepare<[number], string>("SELECT text FROM lyrics WHERE file = ?").pluck();
    this.#deleteFile = db.prepare("DELETE FROM files WHERE id = ?");
    this.#deleteNode = db.prepare("DELETE FROM nodes WHERE ino = ? AND file = ?");
    this.#tagged = db
      .prepare<[number], TrackTuple>(`SELECT ${TRACK_COLUMNS} FROM tracks WHERE file = ?`)
      .raw();
    this.#ofAlbum = db
      .prepare<[number, number, number, number], FileTuple>(
        `${select} INDEXED BY files_of_album WHERE f.album = ? AND f.kind = ? AND f.id > ? ORDER BY f.id LIMIT ?`,
      )
      .raw();
    this.#playlists = db
      .prepare<[number], FileTuple>(
        `${select} INDEXED BY files_beside WHERE f.kind <> 0 AND f.kind = ${FILE_KIND.playlist}
         ORDER BY f.origin, f.path LIMIT ?`,
      )
      .raw();
    this.#startingWith = db
      .prepare<[number, string, string, number], FileTuple>(
        `${select} WHERE f.origin = ? AND f.path >= ? AND f.path < ? ORDER BY f.path LIMIT ?`,
      )
      .raw();
  }

  byPath(originNumber: number, path: string): FileRow | undefined {
    return fileOf(this.#byPath.get(originNumber, path));
  }

  byId(id: number): FileRow | undefined {
    return fileOf(this.#byId.get(id));
  }

  byIno(ino: number): FileRow | undefined {
    return fileOf(this.#byIno.get(ino));
  }

  /** Files whose tags are still to be read, by id, after `id`. */
  toRead(id: number, limit: number): FileRow[] {
    return this.#toRead.all(id, limit).map((row) => fileOf(row) as FileRow);
  }

  /** Tracks that the catalogue first saw since `sinceMs` (milliseconds since 1970), the newest first. */
  addedSince(sinceMs: number, limit: number): number[] {
    return this.#recent.all(sinceMs, limit);
  }

  /** Files of an origin, by id, after `id`. */
  after(originNumber: number, id: number, limit: number): FileRow[] {
    return this.#after.all(originNumber, id, limit).map((row) => fileOf(row) as FileRow);
  }

  /** Greatest id ever given to a file, 0 when there was none. */
  maxId(): number {
    return (
      (this.#db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'files'").pluck().get() as number) ?? 0
    );
  }

  /** Tracks of an origin. Counted once, and kept from then on: a million take 30 ms. */
  count(originNumber: number): number {
    const kept = this.#counts.get(originNumber);
    if (kept !== undefined) return kept;
    const counted = this.#db
      .prepare(
        `SELECT (SELECT count(*) FROM files INDEXED BY files_of_origin WHERE origin = :origin)
         - (SELECT count(*) FROM files INDEXED BY files_beside WHERE origin = :origin AND kind <> 0)`,
      )
      .pluck()
      .get({ origin: originNumber }) as number;
    this.#counts.set(originNumber, counted);
    return counted;
  }

  /** Forgets what is kept in memory: a transaction was undone. */
  forget(): void {
    this.#counts.clear();
    this.#contents.clear();
  }

  /** Adds a file and its inode; the tags of a track are to be read. */
  insert(originNumber: number, file: OriginFile, kind: number = FILE_KIND.track): FileRow {
    const ino = Number(this.#insertNode.run(file.sizeBytes, file.mtimeMs).lastInsertRowid);
    const { path, sizeBytes, mtimeMs } = file;
    const version = file.version ?? null;
    const identity = file.identity ?? null;
    const album = this.#albums.idOf(originNumber, path);
    const state = stateOfNew(kind);
    const row = [originNumber, path, sizeBytes, mtimeMs, version, state, ino, kind, album, identity];
    const id = Number(this.#insertFile.run(...row).lastInsertRowid);
    this.#linkNode.run(id, ino);
    if (kind === FILE_KIND.track) this.#adjustCount(originNumber, 1);
    this.#touch({ kind, album });
    this.#tell(originNumber, path);
    return { id, originNumber, path, sizeBytes, mtimeMs, version, state, ino, kind, album, identity };
  }

  /** Notes a new version of a file's content: an inode that shows it gets a new revision, a track's tags are to be read again. */
  update(row: FileRow, file: OriginFile): void {
    const { sizeBytes, mtimeMs, version = null, identity = null } = file;
    this.#updateFile.run(sizeBytes, mtimeMs, version, identity, stateOfNew(row.kind), row.id);
    this.#updateNode.run(file.sizeBytes, file.mtimeMs, row.ino, row.id);
    this.#touch(row);
    this.#tell(row.originNumber, row.path);
  }

  /** Files of an origin with this size and modification time: one of them may be another's path of before. */
  twinsOf(originNumber: number, file: OriginFile, limit: number): FileRow[] {
    return this.#twins
      .all(originNumber, file.sizeBytes, file.mtimeMs, limit)
      .map((row) => fileOf(row) as FileRow);
  }

  /** Files of an origin in a folder and below it, by path, after `path` (`""`: from the start). */
  below(originNumber: number, folder: string, path: string, limit: number): FileRow[] {
    // "0" is the character after "/". One bound only: with two SQLite may choose the one that finds every file.
    const start = `${folder}/`;
    return this.#below
      .all(originNumber, path > start ? path : start, `${folder}0`, limit)
      .map((row) => fileOf(row) as FileRow);
  }

  /** Notes that a file has another path now, and is the same. */
  move(row: FileRow, file: OriginFile): FileRow {
    const { path, version = null, identity = null } = file;
    const album = this.#albums.idOf(row.originNumber, path);
    this.#move.run(path, version, identity, album, row.id);
    this.#touch(row);
    this.#touch({ kind: row.kind, album });
    this.#tell(row.originNumber, row.path);
    this.#tell(row.originNumber, path);
    return { ...row, path, version, identity, album };
  }

  setIdentity(id: number, identity: string): void {
    this.#setIdentity.run(identity, id);
  }

  /** What {@link setHead} kept. */
  headOf(id: number): Buffer | undefined {
    return this.#head.get(id) ?? undefined;
  }

  /** Keeps a hash of the first bytes of a file's content. */
  setHead(id: number, hash: Uint8Array): void {
    this.#setHead.run(hash, id);
  }

  /** Keeps what was read of a file, and what was wrong with it. */
  saveReading(row: Pick<FileRow, "id" | "album">, { tags, audio, picture, problem }: FileReading): void {
    const { id } = row;
    this.#contents.delete(id);
    this.#saveTrack.run(id, ...trackTupleOf(tags, audio, picture));
    this.#problems.save(id, problem);
    if (tags.lyrics !== undefined) this.#saveLyrics.run(id, tags.lyrics);
    else this.#dropLyrics.run(id);
    this.#setRead.run(id);
    this.#touch(row);
  }

  /** Files of one kind that belong to the album of a folder, by id, after `id`. */
  ofAlbum(album: number, kind: number, id: number, limit: number): FileRow[] {
    return this.#ofAlbum.all(album, kind, id, limit).map((row) => fileOf(row) as FileRow);
  }

  /** Playlists of all origins, by origin and path. */
  playlists(limit: number): FileRow[] {
    return this.#playlists.all(limit).map((row) => fileOf(row) as FileRow);
  }

  /** Moves whenever a playlist came, went or changed. */
  get playlistChanges(): number {
    return this.#playlistChanges;
  }

  /** Files whose path goes on with anything behind `start`, by path; `start` ends with a character below `\u007f`. */
  startingWith(originNumber: number, start: string, limit: number): FileRow[] {
    const last = start.length - 1;
    const end = start.slice(0, last) + String.fromCharCode(start.charCodeAt(last) + 1);
    return this.#startingWith.all(originNumber, start, end, limit).map((row) => fileOf(row) as FileRow);
  }

  /** What is known of a file's content; nothing at all as long as it was not read. */
  tagged(row: FileRow): TaggedFile | undefined {
    const content = this.#contents.get(row.id) ?? this.#readContent(row.id);
    return content && { ...row, ...content };
  }

  /** Removes a file with its tags, and the inode that shows it, whose names must have been removed before. */
  remove(row: FileRow): void {
    this.#contents.delete(row.id);
    if (row.kind === FILE_KIND.track) this.#adjustCount(row.originNumber, -1);
    this.#deleteFile.run(row.id);
    this.#deleteNode.run(row.ino, row.id);
    this.#touch(row);
    this.#tell(row.originNumber, row.path);
  }

  /** A file's lyrics; {@link tagged} leaves them out, since they are long and seldom wanted. */
  lyricsOf(id: number): string | undefined {
    return this.#lyrics.get(id);
  }

  /** Notes all tracks to be read again; belongs in no transaction. */
  noteAllAgain(): void {
    this.#db.prepare(`UPDATE files SET state = ${FILE_STATE.listed} WHERE kind = ${FILE_KIND.track}`).run();
  }

  /** Notes files to be read again that had a problem with this code; belongs in no transaction. */
  noteAgain(problemCode: string): void {
    this.#db
      .prepare(
        `UPDATE files SET state = ${FILE_STATE.listed} WHERE id IN (SELECT file FROM problems WHERE code = ?)`,
      )
      .run(problemCode);
  }

  #readContent(id: number): FileContent | undefined {
    const tuple = this.#tagged.get(id);
    if (!tuple) return undefined;
    const content = trackOfTuple(tuple);
    if (this.#contents.size >= this.#contentsKept) this.#contents.clear();
    if (this.#contentsKept > 0) this.#contents.set(id, content);
    return content;
  }

  #touch({ kind = FILE_KIND.track, album }: { readonly kind?: number; readonly album: number }): void {
    if (kind === FILE_KIND.playlist) this.#playlistChanges++;
    this.#albums.touch(album);
  }

  #tell(originNumber: number, path: string): void {
    for (const listener of this.listeners) listener(originNumber, path);
  }

  #adjustCount(originNumber: number, difference: number): void {
    const kept = this.#counts.get(originNumber);
    if (kept !== undefined) this.#counts.set(originNumber, kept + difference);
  }
}

function fileOf(row: FileTuple | undefined): FileRow | undefined {
  if (!row) return undefined;
  const [id, originNumber, path, sizeBytes, mtimeMs, version, state, ino, kind, album, identity] = row;
  return { id, originNumber, path, sizeBytes, mtimeMs, version, state, ino, kind, album, identity };
}

function stateOfNew(kind: number): number {
  return kind === FILE_KIND.track ? FILE_STATE.listed : FILE_STATE.read;
}

/** A file as its origin gave it. */
export function versionedFile(row: Pick<FileRow, "path" | "sizeBytes" | "mtimeMs" | "version">): OriginFile {
  const { path, sizeBytes, mtimeMs, version } = row;
  return { path, sizeBytes, mtimeMs, ...(version === null ? {} : { version }) };
}
