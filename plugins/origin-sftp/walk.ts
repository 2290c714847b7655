import type { ListingBatch, OriginFile, UnreadableFolder } from "musicfs";
import { settledBy } from "musicfs/vfs";
import { isNotThere, originErrorOf } from "./errors.js";
import { fileOf, kindOf } from "./file-kind.js";
import { FolderCursor, type FolderEntry } from "./folder-cursor.js";
import { isInside, lookAt, requireRoot } from "./look.js";
import type { Session } from "./session.js";
import { StatusError } from "./wire/channel.js";

/** Folders that are listed at one time. */
const MAX_FOLDERS = 16;
/** Files in one batch at most. */
const BATCH = 1024;
/** Folders below each other; deeper ones are what a server leads in circles by. */
const MAX_DEPTH = 100;
const MAX_PATH_BYTES = 4096;

interface Page {
  readonly cursor: FolderCursor;
  readonly files: readonly OriginFile[];
  readonly folders: readonly string[];
  readonly unreadable: readonly UnreadableFolder[];
  readonly isLast: boolean;
}

/**
 * Lists what is below a folder of the server, many folders at a time. Memory is that of the folders that wait and of
 * some pages, not of the files.
 *
 * @throws OriginError when the root can't be listed, or the connection breaks; `signal.reason` on abort.
 */
export async function* walk(
  session: Session,
  paths: readonly string[] | undefined,
  followSymlinks: boolean,
  signal: AbortSignal,
): AsyncGenerator<ListingBatch> {
  await settledBy(requireRoot(session), signal);
  const walker = new Walker(session, followSymlinks);
  if (!paths) yield* walker.walk("", signal);
  for (const path of paths ?? []) {
    if (path === "") yield* walker.walk("", signal);
    else if (isInside(path)) yield* walker.walkAt(path, signal);
  }
}

class Walker {
  readonly #session: Session;
  readonly #followSymlinks: boolean;
  /** Where folders that were reached by links really are: each is entered once. */
  readonly #followed = new Set<string>();

  constructor(session: Session, followSymlinks: boolean) {
    this.#session = session;
    this.#followSymlinks = followSymlinks;
  }

  async *walkAt(path: string, signal: AbortSignal): AsyncGenerator<ListingBatch> {
    const found = await settledBy(lookAt(this.#session, path, this.#followSymlinks), signal);
    if (!found) return;
    const isReal = found.realPath.equals(this.#session.locate(path));
    if (!isReal && !this.#followSymlinks) return;
    const kind = kindOf(found.attributes);
    const file = kind === "file" ? fileOf(path, found.attributes) : undefined;
    if (file) yield { files: [file], unreadable: [] };
    if (kind === "folder") yield* this.walk(path, signal);
  }

  async *walk(top: string, signal: AbortSignal): AsyncGenerator<ListingBatch> {
    // The last first: depth before breadth keeps few waiting.
    const waiting = [new FolderCursor(this.#session, top)];
    const running = new Map<FolderCursor, Promise<Page>>();
    try {
      while (waiting.length > 0 || running.size > 0) {
        signal.throwIfAborted();
        for (let cursor = this.#nextOf(waiting, running); cursor; cursor = this.#nextOf(waiting, running)) {
          running.set(cursor, this.#page(cursor));
        }
        const page = await settledBy(Promise.race(running.values()), signal);
        running.delete(page.cursor);
        if (!page.isLast) waiting.push(page.cursor);
        for (const folder of page.folders.toReversed()) waiting.push(new FolderCursor(this.#session, folder));
        yield* batchesOf(page);
      }
    } finally {
      for (const cursor of [...waiting, ...running.keys()]) cursor.close();
      for (const page of running.values()) page.catch(() => undefined);
    }
  }

  #nextOf(waiting: FolderCursor[], running: ReadonlyMap<FolderCursor, unknown>): FolderCursor | undefined {
    return running.size < MAX_FOLDERS ? waiting.pop() : undefined;
  }

  async #page(cursor: FolderCursor): Promise<Page> {
    const { path } = cursor;
    const files: OriginFile[] = [];
    const folders: string[] = [];
    const unreadable: UnreadableFolder[] = [];
    const end = (isLast: boolean): Page => ({ cursor, files, folders, unreadable, isLast });
    try {
      const entries = await cursor.next();
      const sorted = await Promise.all(entries?.map((entry) => this.#sort(path, entry, unreadable)) ?? []);
      for (const found of sorted) {
        if (typeof found === "string") folders.push(found);
        else if (found) files.push(found);
      }
      return end(entries === undefined);
    } catch (error) {
      cursor.close();
      if (!(error instanceof StatusError)) throw error;
      if (path === "") throw originErrorOf(error, this.#session.locate("").toString());
      if (!isNotThere(error)) unreadable.push({ path, reason: reasonOf(error) });
      return end(true);
    }
  }

  // What belongs to the origin: a file, or the path of a folder.
  async #sort(
    folder: string,
    { name, attributes }: FolderEntry,
    unreadable: UnreadableFolder[],
  ): Promise<OriginFile | string | undefined> {
    const path = folder === "" ? name : `${folder}/${name}`;
    const kind = kindOf(attributes);
    if (kind === "file" && attributes.sizeBytes !== undefined) return fileOf(path, attributes);
    if (kind === "folder") return this.#enter(path, unreadable);
    if (kind === "other" || (kind === "link" && !this.#followSymlinks)) return undefined;
    return kind === "link" ? this.#follow(path, unreadable) : this.#ask(path, unreadable);
  }

  #enter(path: string, unreadable: UnreadableFolder[]): string | undefined {
    if (path.split("/").length <= MAX_DEPTH && Buffer.byteLength(path) <= MAX_PATH_BYTES) return path;
    unreadable.push({ path, reason: `it lies too deep: the server may lead in circles` });
    return undefined;
  }

  // A server that tells no attributes in listings is asked for each.
  async #ask(path: string, unreadable: UnreadableFolder[]): Promise<OriginFile | string | undefined> {
    const found = await lookAt(this.#session, path, false).catch(ignoreStatus);
    const kind = found && kindOf(found.attributes);
    if (kind === "folder") return this.#enter(path, unreadable);
    return found && kind === "file" ? fileOf(path, found.attributes) : undefined;
  }

  // What lies below the root is listed at its own place.
  async #follow(path: string, unreadable: UnreadableFolder[]): Promise<OriginFile | string | undefined> {
    const found = await lookAt(this.#session, path, true).catch(ignoreStatus);
    if (!found) return undefined;
    const target = Buffer.concat([found.realPath, Buffer.from("/")]);
    const root = Buffer.concat([this.#session.root, Buffer.from("/")]);
    if (target.subarray(0, root.length).equals(root)) return undefined;
    const kind = kindOf(found.attributes);
    if (kind === "file") return fileOf(path, found.attributes);
    const isAbove = root.subarray(0, target.length).equals(target);
    const key = target.toString("latin1");
    if (kind !== "folder" || isAbove || this.#followed.has(key)) return undefined;
    this.#followed.add(key);
    return this.#enter(path, unreadable);
  }
}

function* batchesOf({ files, unreadable }: Page): Generator<ListingBatch> {
  for (let at = 0; at < files.length; at += BATCH) {
    yield { files: files.slice(at, at + BATCH), unreadable: [] };
  }
  if (unreadable.length > 0) yield { files: [], unreadable };
}

function reasonOf(error: StatusError): string {
  return error.message === "" ? "the server can't list it" : error.message;
}

function ignoreStatus(error: unknown): undefined {
  if (!(error instanceof StatusError)) throw error;
  return undefined;
}
