import type { ListingBatch, OriginFile, UnreadableFolder } from "../model/origin.js";
import { OriginError } from "../model/origin-error.js";

/** What lies in one folder of a server. */
export interface FolderContent {
  readonly files: readonly OriginFile[];
  /** Paths of the folders in it. */
  readonly folders: readonly string[];
  readonly unreadable?: readonly UnreadableFolder[];
}

export interface CrawlOptions {
  /** Where it begins; `""` is the root. */
  readonly folders: readonly string[];
  /** @throws OriginError `missing` where there is no such folder any more. */
  readonly read: (folder: string, signal: AbortSignal) => Promise<FolderContent>;
  /** Folders that are read at once. */
  readonly parallel: number;
}

/** Files in one batch at most. */
const BATCH = 512;
/** Folders in each other at most: a link that leads in a circle ends here. */
const MAX_DEPTH = 64;
const MAX_FOLDERS = 1_000_000;
/** So many folders in a row that cannot be read are a server that cannot be listed. */
const MAX_FAILURES = 5;

/**
 * Lists the folders of a server, several at once, with limits on what a server can make of it: no folder twice, none too deep,
 * not without end. A folder that cannot be listed is reported; one that vanished meanwhile is not there.
 *
 * @throws what the root's reading throws, or what makes the whole server useless.
 */
export async function* crawl(options: CrawlOptions, signal: AbortSignal): AsyncGenerator<ListingBatch> {
  const waiting = [...options.folders];
  const known = new Set(waiting);
  const underWay = new Map<string, Promise<Visited>>();
  let failures = 0;
  try {
    while (waiting.length > 0 || underWay.size > 0) {
      signal.throwIfAborted();
      while (waiting.length > 0 && underWay.size < options.parallel) {
        const folder = waiting.pop() as string;
        underWay.set(folder, visit(folder, options.read, signal));
      }
      const { folder, content, error } = await Promise.race(underWay.values());
      underWay.delete(folder);
      if (error !== undefined) failures = requireUseful(folder, error, failures);
      else failures = 0;
      if (!content) {
        if (!isMissing(error)) yield { files: [], unreadable: [{ path: folder, reason: reasonOf(error) }] };
        continue;
      }
      const tooDeep: UnreadableFolder[] = [];
      for (const inner of content.folders) {
        if (known.has(inner)) continue;
        known.add(inner);
        if (inner.split("/").length <= MAX_DEPTH) waiting.push(inner);
        else tooDeep.push({ path: inner, reason: `it lies more than ${MAX_DEPTH} folders deep` });
      }
      if (known.size > MAX_FOLDERS) throw new OriginError("wrong", `it has more than ${MAX_FOLDERS} folders`);
      yield* inBatches(content.files, [...(content.unreadable ?? []), ...tooDeep]);
    }
  } finally {
    // Whoever leaves early waits for nobody.
    for (const visit of underWay.values()) visit.catch(() => undefined);
  }
}

/** Files in batches of bounded size; folders that cannot be read come with the first. */
export function* inBatches(
  files: readonly OriginFile[],
  unreadable: readonly UnreadableFolder[] = [],
): Generator<ListingBatch> {
  if (files.length === 0 && unreadable.length > 0) yield { files, unreadable };
  for (let at = 0; at < files.length; at += BATCH) {
    yield { files: files.slice(at, at + BATCH), unreadable: at === 0 ? unreadable : [] };
  }
}

interface Visited {
  readonly folder: string;
  readonly content?: FolderContent;
  readonly error?: unknown;
}

async function visit(folder: string, read: CrawlOptions["read"], signal: AbortSignal): Promise<Visited> {
  try {
    return { folder, content: await read(folder, signal) };
  } catch (error) {
    signal.throwIfAborted();
    return { folder, error: error ?? new Error("failed") };
  }
}

function requireUseful(folder: string, error: unknown, failures: number): number {
  if (folder === "") throw isMissing(error) ? rootMissing(error) : error;
  if (isMissing(error)) return failures;
  const kind = error instanceof OriginError ? error.kind : undefined;
  if (kind === undefined || kind === "untrusted" || kind === "busy" || failures + 1 >= MAX_FAILURES)
    throw error;
  return failures + 1;
}

/** A root that is not there says nothing of its files. */
export function rootMissing(cause: unknown): OriginError {
  return new OriginError("unavailable", `${reasonOf(cause)}: the root of the origin is not there`, { cause });
}

function isMissing(error: unknown): boolean {
  return error instanceof OriginError && error.kind === "missing";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
