import {
  type ListingBatch,
  type Logger,
  type Origin,
  OriginError,
  type OriginFile,
  type OriginSettings,
  type UnreadableFolder,
} from "musicfs";
import { FileReader, inBatches, isOriginPath, plainETag } from "musicfs/http";
import type { Bucket } from "./bucket.js";
import { checksumIn } from "./checksum.js";
import type { S3Object, S3Page } from "./listing.js";

export interface S3OriginOptions {
  readonly id: string;
  /** `""`, or what all keys begin with, with `/` at its end. */
  readonly prefix: string;
  readonly settings: OriginSettings;
  readonly log: Logger;
}

const PAGE_KEYS = 1000;
/** Pages without an object that may follow each other. */
const MAX_EMPTY_PAGES = 100;
/** What lies there is handed out hours after it was asked for. */
const ARCHIVES = new Set(["GLACIER", "DEEP_ARCHIVE"]);

/** Reads objects of a bucket. Nothing is asked of it before the first call. */
export function openS3Origin(bucket: Bucket, { id, prefix, settings, log }: S3OriginOptions): Origin {
  const reader = new FileReader(bucket.client, { trustsPreconditions: true });
  const probe = async (signal: AbortSignal): Promise<void> => {
    await bucket.listPage(prefix, undefined, 1, signal);
  };
  const stat: Origin["stat"] = async (path, signal) => {
    signal.throwIfAborted();
    if (!isOriginPath(path)) return undefined;
    const request = {
      method: "HEAD",
      path: bucket.pathOf(prefix + path),
      what: `looking at '${path}'`,
    } as const;
    const answer = await bucket.client.send(request, signal);
    answer.close();
    const { status, headers } = answer;
    const error = answer.failure();
    if (!error) return fileOf(path, headers);
    // 404 may mean the bucket; and S3 says nothing more to HEAD.
    await probe(signal);
    if (status === 404) return undefined;
    throw error;
  };
  const below = (keys: string, signal: AbortSignal) => listBelow(bucket, prefix, keys, log, signal);

  return {
    id,
    settings,
    pollIntervalMs: settings.pollInterval,

    async *list(signal, paths = [""]) {
      signal.throwIfAborted();
      if (paths.includes("")) {
        yield* below(prefix, signal);
        return;
      }
      for (const path of paths.filter(isOriginPath)) {
        const file = await stat(path, signal);
        if (file) yield* inBatches([file]);
        yield* below(`${prefix}${path}/`, signal);
      }
    },

    stat,

    async read(file, offsetBytes, lengthBytes, signal, target) {
      if (!isOriginPath(file.path))
        throw new OriginError("missing", `'${file.path}' is no path of this origin`);
      const request = { path: bucket.pathOf(prefix + file.path), what: `reading '${file.path}'` };
      try {
        return await reader.read(request, file, offsetBytes, lengthBytes, signal, target);
      } catch (error) {
        // Why a request is no good, such as a token that has expired, S3 says in the body of another one.
        if (error instanceof OriginError && error.kind === "wrong") await probe(signal);
        throw error;
      }
    },

    async checksum(file, signal) {
      const answer = await bucket.client.send(
        {
          method: "HEAD",
          path: bucket.pathOf(prefix + file.path),
          headers: { "x-amz-checksum-mode": "ENABLED" },
          what: `looking at '${file.path}'`,
        },
        signal,
      );
      answer.close();
      const error = answer.failure();
      if (error) throw error;
      return checksumIn(answer.headers, file);
    },

    probe,
    close: () => bucket.client.close(),
  };
}

async function* listBelow(
  bucket: Bucket,
  prefix: string,
  keys: string,
  log: Logger,
  signal: AbortSignal,
): AsyncGenerator<ListingBatch> {
  const odd: string[] = [];
  let oddKeys = 0;
  for await (const { objects } of pages(bucket, keys, signal)) {
    const [files, unreadable]: [OriginFile[], UnreadableFolder[]] = [[], []];
    for (const object of objects) {
      const path = object.key.startsWith(prefix) ? object.key.slice(prefix.length) : undefined;
      // A key that ends in "/" is what some tools make of a folder.
      if (path === undefined || path === "" || path.endsWith("/")) continue;
      if (!isOriginPath(path)) {
        oddKeys += 1;
        if (odd.length < 3) odd.push(object.key);
      } else if (ARCHIVES.has(object.storageClass ?? "")) {
        unreadable.push({ path, reason: `it lies in an archive (${object.storageClass})` });
      } else {
        files.push(objectFile(path, object));
      }
    }
    yield* inBatches(files, unreadable);
  }
  if (oddKeys > 0)
    log.warn(
      `${oddKeys} objects have keys that are no paths, and are not shown, such as ${JSON.stringify(odd)}`,
    );
}

// The next page is under way while one is taken.
async function* pages(bucket: Bucket, prefix: string, signal: AbortSignal): AsyncGenerator<S3Page> {
  const seen = new Set<string>();
  let emptyPages = 0;
  let coming: Promise<S3Page> | undefined = bucket.listPage(prefix, undefined, PAGE_KEYS, signal);
  try {
    while (coming) {
      const page: S3Page = await coming;
      const { next, objects } = page;
      emptyPages = objects.length === 0 ? emptyPages + 1 : 0;
      if (next !== undefined && (seen.has(next) || emptyPages > MAX_EMPTY_PAGES)) {
        throw new OriginError("wrong", `${bucket.client.server}: the pages of its listing lead in a circle`);
      }
      if (next !== undefined) seen.add(next);
      coming = next === undefined ? undefined : bucket.listPage(prefix, next, PAGE_KEYS, signal);
      yield page;
    }
  } finally {
    // Whoever leaves early waits for nobody.
    coming?.catch(() => undefined);
  }
}

function objectFile(path: string, { sizeBytes, modifiedMs, etag }: S3Object): OriginFile {
  return {
    path,
    sizeBytes,
    mtimeMs: modifiedMs,
    ...(etag === undefined ? {} : { version: plainETag(etag) }),
  };
}

function fileOf(path: string, headers: Readonly<Record<string, unknown>>): OriginFile {
  const { "content-length": length, "last-modified": modified, etag } = headers;
  const sizeBytes = Number(length);
  if (!Number.isSafeInteger(sizeBytes))
    throw new OriginError("wrong", `the server does not tell the size of '${path}'`);
  const modifiedMs = Date.parse(String(modified));
  return objectFile(path, {
    key: path,
    sizeBytes,
    modifiedMs: Number.isNaN(modifiedMs) ? 0 : modifiedMs,
    etag: typeof etag === "string" ? etag : undefined,
    storageClass: undefined,
  });
}
