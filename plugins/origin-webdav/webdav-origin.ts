import {
  type ListingBatch,
  type Origin,
  OriginError,
  type OriginErrorKind,
  type OriginFile,
  type OriginSettings,
} from "musicfs";
import { crawl, FileReader, inBatches, isOriginPath, rootMissing, type WebClient } from "musicfs/http";
import { checksumIn } from "./checksum.js";
import { DavClient, type DavNode, parentOf, withoutSize } from "./dav-client.js";
import { CHECKSUM_BODY } from "./multistatus.js";

export interface WebdavOriginOptions {
  readonly id: string;
  readonly url: string;
  readonly depth: "1" | "infinity";
  readonly settings: OriginSettings;
}

/** Folders that are listed at once. */
const PARALLEL_FOLDERS = 4;

/** Reads files of a WebDAV server. Nothing is asked of it before the first call. */
export function openWebdavOrigin(
  client: WebClient,
  { id, url, depth, settings }: WebdavOriginOptions,
): Origin {
  const dav = new DavClient(client, url);
  const requireRoot = async (signal: AbortSignal): Promise<void> => {
    const root = await dav.look("", signal).catch((error) => {
      throw isMissing(error) ? rootMissing(error) : error;
    });
    if (!root.folder) throw new OriginError("unavailable", `${url} is a file, and no folder`);
  };
  const look = async (path: string, signal: AbortSignal): Promise<DavNode | undefined> => {
    try {
      return await dav.look(path, signal);
    } catch (error) {
      // To a path that leads through a file Apache answers 400, and lighttpd 403.
      const parent = parentOf(path);
      if (
        (isKind(error, "wrong") || isKind(error, "refused")) &&
        parent !== "" &&
        !(await look(parent, signal))?.folder
      )
        return undefined;
      if (!isMissing(error)) throw error;
      // Without its root, a server cannot say of any file that it is gone.
      await requireRoot(signal);
      return undefined;
    }
  };
  const stat: Origin["stat"] = async (path, signal) => {
    signal.throwIfAborted();
    if (!isOriginPath(path)) return undefined;
    const node = await look(path, signal);
    if (!node || node.folder) return undefined;
    if (!node.file) throw new OriginError("wrong", `${url}: '${path}': ${withoutSize(path).reason}`);
    return node.file;
  };
  const below = (folders: readonly string[], signal: AbortSignal): AsyncGenerator<ListingBatch> =>
    crawl(
      {
        folders,
        read: (folder, inner) => dav.readFolder(folder, inner),
        parallel: Math.min(PARALLEL_FOLDERS, settings.concurrency),
      },
      signal,
    );
  const reader = new FileReader(client, { stat });

  return {
    id,
    settings,
    pollIntervalMs: settings.pollInterval,

    async *list(signal, paths = [""]) {
      signal.throwIfAborted();
      if (paths.includes("")) {
        if (depth === "1") yield* below([""], signal);
        else yield* everything(dav, below, signal);
        return;
      }
      const folders: string[] = [];
      for (const path of paths.filter(isOriginPath)) {
        const node = await look(path, signal);
        if (node?.folder) folders.push(path);
        else if (node?.file) yield* inBatches([node.file]);
        else if (node) yield* inBatches([], [withoutSize(path)]);
      }
      yield* below(folders, signal);
    },

    stat,

    async read(file, offsetBytes, lengthBytes, signal, target) {
      if (!isOriginPath(file.path))
        throw new OriginError("missing", `'${file.path}' is no path of this origin`);
      const request = { path: dav.addressOf(file.path), what: `reading '${file.path}'` };
      return reader.read(request, file, offsetBytes, lengthBytes, signal, target);
    },

    async checksum(file, signal) {
      const node = await dav.look(file.path, signal, CHECKSUM_BODY);
      if (node.folder || !node.file || !isSame(node.file, file)) return undefined;
      return checksumIn(node.checksums);
    },

    probe: requireRoot,
    close: () => client.close(),
  };
}

// A server may take "infinity" for "1": a folder of which nothing came is asked for by itself.
async function* everything(
  dav: DavClient,
  below: (folders: readonly string[], signal: AbortSignal) => AsyncGenerator<ListingBatch>,
  signal: AbortSignal,
): AsyncGenerator<ListingBatch> {
  const empty = new Set<string>();
  const filled = new Set<string>();
  for await (const nodes of dav.readTree(signal)) {
    for (const node of nodes) {
      if (node.path === "") continue;
      filled.add(parentOf(node.path));
      if (node.folder) empty.add(node.path);
    }
    const files = nodes.flatMap((node) => (!node.folder && node.file ? [node.file] : []));
    const unreadable = nodes.flatMap((node) => (!node.folder && !node.file ? [withoutSize(node.path)] : []));
    yield* inBatches(files, unreadable);
  }
  for (const folder of filled) empty.delete(folder);
  if (empty.size > 0) yield* below([...empty], signal);
}

function isSame(one: OriginFile, other: OriginFile): boolean {
  return one.sizeBytes === other.sizeBytes && one.mtimeMs === other.mtimeMs && one.version === other.version;
}

function isMissing(error: unknown): boolean {
  return isKind(error, "missing");
}

function isKind(error: unknown, kind: OriginErrorKind): boolean {
  return error instanceof OriginError && error.kind === kind;
}
