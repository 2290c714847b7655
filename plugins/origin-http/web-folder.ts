import { OriginError, type OriginFile, type UnreadableFolder } from "musicfs";
import {
  encodePath,
  type FolderContent,
  plainETag,
  readText,
  type WebAnswer,
  type WebClient,
} from "musicfs/http";
import { type FolderIndex, parseHtmlIndex, parseJsonIndex } from "./folder-index.js";
import { parseManifest } from "./manifest.js";

/** Longest page of a folder, in bytes: some 50,000 files. */
const MAX_INDEX_BYTES = 16 * 1024 * 1024;
/** Files of one folder that are looked at at once. */
const PARALLEL_LOOKS = 16;
const PLAIN = { "accept-encoding": "identity" };

/** A folder of a web server, by its indexes or by a manifest. */
export class WebFolder {
  readonly #client: WebClient;
  /** Path of the root, encoded, with `/` at its end. */
  readonly #base: string;
  readonly #manifest: string | undefined;
  readonly #parallel: number;
  /** Whether listings tell ETags: a file that is looked at by itself must look the same. */
  #tellsETags: boolean | undefined;

  constructor(client: WebClient, url: string, manifest: string | undefined, concurrency: number) {
    this.#client = client;
    this.#base = `${new URL(url).pathname.replace(/\/+$/u, "")}/`;
    this.#manifest = manifest;
    this.#parallel = Math.min(PARALLEL_LOOKS, concurrency);
  }

  /** The path in the address of what lies at a path of the origin. */
  addressOf(path: string): string {
    return this.#base + encodePath(path);
  }

  /** Reads the index of a folder, and looks at each file of which that does not tell all. */
  async readFolder(folder: string, signal: AbortSignal): Promise<FolderContent> {
    const { folders, files, described } = await this.#readIndex(folder, signal);
    const found: OriginFile[] = [...described];
    const unreadable: UnreadableFolder[] = [];
    const waiting = [...files];
    const look = async (): Promise<void> => {
      for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
        try {
          const file = await this.#head(path, signal);
          if (file) found.push(file);
        } catch (error) {
          unreadable.push({ path, reason: requireOnlyThisOne(error).message });
        }
      }
    };
    await Promise.all(Array.from({ length: this.#parallel }, look));
    return { files: found, folders, unreadable };
  }

  /** The files of the manifest, as it arrives. */
  async *readManifest(signal: AbortSignal): AsyncGenerator<OriginFile[]> {
    const what = `reading the manifest '${this.#manifest}'`;
    const request = { path: this.addressOf(this.#manifest ?? ""), headers: PLAIN, what };
    const answer = await this.#client.send(request, signal);
    try {
      requireRoot(answer);
      for await (const files of parseManifest(answer.body)) {
        this.#tellsETags = files[0]?.version !== undefined;
        yield files;
      }
    } catch (error) {
      throw this.#placed(error, what);
    } finally {
      answer.close();
    }
  }

  /** One file, as a listing has it. */
  async look(path: string, signal: AbortSignal): Promise<OriginFile | undefined> {
    const file = await this.#head(path, signal);
    // Without its root, a server cannot say of any file that it is gone.
    if (!file || this.#tellsETags === undefined) await this.probe(signal);
    if (!file || this.#tellsETags) return file;
    const { version: _, ...rest } = file;
    return rest;
  }

  /** @throws OriginError when the root is not there. */
  async probe(signal: AbortSignal): Promise<void> {
    if (this.#manifest === undefined) await this.#readIndex("", signal);
    else for await (const _files of this.readManifest(signal)) return;
  }

  async #readIndex(folder: string, signal: AbortSignal): Promise<FolderIndex> {
    const path = folder === "" ? this.#base : `${this.addressOf(folder)}/`;
    const what = `listing '${folder}'`;
    const answer = await this.#client.send({ path, headers: PLAIN, what }, signal);
    try {
      if (folder === "") requireRoot(answer);
      const error = answer.failure();
      if (error) throw error;
      const text = await readText(answer.body, MAX_INDEX_BYTES);
      const isJson = /^application\/(\w+\+)?json\b/iu.test(String(answer.headers["content-type"]));
      this.#tellsETags = !isJson;
      if (isJson) return parseJsonIndex(text, folder);
      return parseHtmlIndex(text, this.#client.server + answer.path, this.#base);
    } catch (error) {
      throw this.#placed(error, what);
    } finally {
      answer.close();
    }
  }

  async #head(path: string, signal: AbortSignal): Promise<OriginFile | undefined> {
    const what = `looking at '${path}'`;
    const answer = await this.#client.send(
      { method: "HEAD", path: this.addressOf(path), headers: PLAIN, what },
      signal,
    );
    answer.close();
    const error = answer.failure();
    // Apache answers 400 or 403 to what would lie below a file, and sends from a folder to its address with "/".
    if (error?.kind === "missing" || (!error && answer.path.endsWith("/"))) return undefined;
    if (error) throw error;
    const { "content-length": length, "last-modified": modified = "", etag } = answer.headers;
    const version = etag === undefined ? {} : { version: plainETag(etag) };
    const sizeBytes = /^\d{1,16}$/u.test(length ?? "")
      ? Number(length)
      : await this.#sizeByRange(path, signal);
    return { path, sizeBytes, mtimeMs: Date.parse(modified) || 0, ...version };
  }

  // Apache leaves the length of an empty file out, and others that of what they make on the way.
  async #sizeByRange(path: string, signal: AbortSignal): Promise<number> {
    const what = `asking for the size of '${path}'`;
    const headers = { ...PLAIN, range: "bytes=0-0" };
    const answer = await this.#client.send({ path: this.addressOf(path), headers, what }, signal);
    answer.close();
    const { "content-range": range = "", "content-length": length = "" } = answer.headers;
    const told = answer.status === 200 ? length : (/^bytes (?:0-0|\*)\/(\d+)$/iu.exec(range)?.[1] ?? "");
    if (/^\d{1,16}$/u.test(told)) return Number(told);
    throw answer.failure() ?? this.#placed(new OriginError("wrong", "its size is not told"), what);
  }

  #placed(error: unknown, what: string): unknown {
    if (!(error instanceof OriginError) || error.message.startsWith(this.#client.server)) return error;
    return new OriginError(error.kind, `${this.#client.server}: ${what}: ${error.message}`);
  }
}

function requireRoot(answer: WebAnswer): void {
  const error = answer.failure();
  if (!error) return;
  if (error.kind !== "missing") throw error;
  throw new OriginError("unavailable", `${error.message}: the root of the origin is not there`);
}

// What says nothing of other files; @throws the rest.
function requireOnlyThisOne(error: unknown): OriginError {
  if (error instanceof OriginError && (error.kind === "wrong" || error.kind === "refused")) return error;
  throw error;
}
