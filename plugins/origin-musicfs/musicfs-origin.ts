import { resolve } from "node:path";
import type { ListingBatch, Origin, OriginChanges, OriginChunk, OriginFile, OriginSettings } from "musicfs";
import { OriginError } from "musicfs";
import type { ControlClient, RemoteControl } from "musicfs/control";
import { type CallOptions, Calls } from "./calls.js";
import { Paths, type Place } from "./paths.js";

export interface MusicfsOriginOptions {
  readonly id: string;
  readonly url: string;
  readonly token?: () => Promise<string>;
  readonly caFile?: string;
  /** Only this one of its origins. */
  readonly origin?: string;
  readonly settings: OriginSettings;
  readonly configDir: string;
}

/** Connections beside those that reads take: for the watch, a listing, a look. */
const MORE_CONNECTIONS = 8;
/** The other one says something at least every 15 s while it is watched. */
const WATCH_IDLE_MS = 60_000;
/** Most that is asked of it at once. */
const MAX_READ_BYTES = 16 * 1024 * 1024;
const HASH_BYTES = 32;

interface ListRequest {
  readonly originId?: string;
  readonly paths?: string[];
}

type WireFile = Awaited<ReturnType<ControlClient["statFile"]>>["file"];

/** Opens the library of another MusicFS; it is not asked for anything yet. */
export async function openMusicfsOrigin(options: MusicfsOriginOptions): Promise<Origin> {
  // 70 ms and 18 MB, which only those pay who have such an origin.
  const { connectControl } = await import("musicfs/control");
  const token = rememberedToken(options.token);
  const control = connectControl({
    url: options.url,
    connections: options.settings.concurrency + MORE_CONNECTIONS,
    ...(token ? { token: token.read } : {}),
    ...(options.caFile === undefined ? {} : { caFile: resolve(options.configDir, options.caFile) }),
  });
  return new MusicfsOrigin(options, control, () => token?.forget());
}

class MusicfsOrigin implements Origin {
  readonly id: string;
  readonly settings: OriginSettings;
  readonly pollIntervalMs: number;
  readonly chunks: NonNullable<Origin["chunks"]>;
  readonly #client: ControlClient;
  readonly #calls: Calls;
  readonly #paths: Paths;
  readonly #only: string | undefined;
  readonly #close: () => void;

  constructor(
    { id, url, origin, settings }: MusicfsOriginOptions,
    control: RemoteControl,
    onRefused: () => void,
  ) {
    const { timeout: timeoutMs, idleTimeout: idleTimeoutMs } = settings;
    this.id = id;
    this.settings = settings;
    this.pollIntervalMs = settings.pollInterval;
    this.#client = control.client;
    this.#calls = new Calls({ server: `the MusicFS at ${url}`, timeoutMs, idleTimeoutMs, onRefused });
    this.#paths = new Paths(origin);
    this.#only = origin;
    this.#close = () => control.close();
    this.chunks = {
      manifest: (file, signal) => this.#manifest(file, signal),
      read: (file, chunks, signal) => this.#readChunks(file, chunks, signal),
    };
  }

  async *list(signal: AbortSignal, paths?: readonly string[]): AsyncGenerator<ListingBatch> {
    signal.throwIfAborted();
    for (const request of this.#listRequests(paths)) yield* this.#listOne(request, signal);
  }

  async stat(path: string, signal: AbortSignal): Promise<OriginFile | undefined> {
    const place = this.#paths.placeOf(path);
    if (!place) return undefined;
    try {
      const { file } = await this.#calls.one(signal, (options) => this.#client.statFile(place, options));
      return file && this.#fileOf(file);
    } catch (error) {
      if (this.#isGone(error)) return undefined;
      throw error;
    }
  }

  async read(
    file: OriginFile,
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal,
    target?: Uint8Array,
  ): Promise<Uint8Array> {
    signal.throwIfAborted();
    const length = Math.min(lengthBytes, file.sizeBytes - offsetBytes);
    if (length <= 0) return new Uint8Array(0);
    const bytes = target?.subarray(0, length) ?? new Uint8Array(length);
    for (let done = 0; done < length; done += MAX_READ_BYTES) {
      const part = bytes.subarray(done, done + MAX_READ_BYTES);
      await this.#readInto(part, file, offsetBytes + done, signal);
    }
    return bytes;
  }

  async *watch(signal: AbortSignal): AsyncGenerator<OriginChanges> {
    const request = this.#only === undefined ? {} : { originId: this.#only };
    const batches = this.#calls.many(
      signal,
      (options) => this.#client.watchFiles(request, options),
      WATCH_IDLE_MS,
    );
    let isFirst = true;
    for await (const { files, everything } of batches) {
      const paths = everything ? [""] : files.flatMap((place) => this.#paths.pathOf(place) ?? []);
      if (isFirst || paths.length > 0) yield { paths: isFirst ? [] : paths };
      isFirst = false;
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    const only = this.#only;
    if (only === undefined) await this.#calls.one(signal, (options) => this.#client.getStatus({}, options));
    else {
      const anything = { originId: only, path: "-" };
      await this.#calls.one(signal, (options) => this.#client.statFile(anything, options));
    }
  }

  async close(): Promise<void> {
    this.#close();
  }

  // An origin that the other one does not have any more has no files; that the only one is gone is an error.
  async *#listOne(request: ListRequest, signal: AbortSignal): AsyncGenerator<ListingBatch> {
    const list = (options: CallOptions) => this.#client.listFiles(request, options);
    try {
      for await (const { files } of this.#calls.many(signal, list, this.settings.timeout)) {
        yield { files: files.map((file) => this.#fileOf(file)), unreadable: [] };
      }
    } catch (error) {
      if (!this.#isGone(error)) throw error;
    }
  }

  #isGone(error: unknown): boolean {
    return this.#only === undefined && error instanceof OriginError && error.kind === "missing";
  }

  *#listRequests(paths: readonly string[] | undefined): Generator<ListRequest> {
    if (!paths || paths.includes("")) {
      yield this.#only === undefined ? {} : { originId: this.#only };
      return;
    }
    const byOrigin = new Map<string, string[]>();
    for (const path of paths) {
      const place = this.#paths.placeOf(path);
      if (place) byOrigin.set(place.originId, [...(byOrigin.get(place.originId) ?? []), place.path]);
    }
    for (const [originId, below] of byOrigin) yield { originId, paths: below };
  }

  async #readInto(
    target: Uint8Array,
    file: OriginFile,
    offsetBytes: number,
    signal: AbortSignal,
  ): Promise<void> {
    const request = {
      file: this.#wireFile(file),
      offsetBytes: BigInt(offsetBytes),
      lengthBytes: target.length,
    };
    let done = 0;
    for await (const { data } of this.#calls.many(signal, (options) =>
      this.#client.readFile(request, options),
    )) {
      if (done + data.length > target.length) throw wrong(file, "more bytes came than were asked for");
      target.set(data, done);
      done += data.length;
    }
    if (done < target.length) throw wrong(file, `${done} bytes came instead of ${target.length}`);
  }

  async #manifest(file: OriginFile, signal: AbortSignal): Promise<readonly OriginChunk[] | undefined> {
    const request = { file: this.#wireFile(file) };
    const { known, hashAlgorithm, chunks } = await this.#calls.one(signal, (options) =>
      this.#client.getManifest(request, options),
    );
    if (!known || hashAlgorithm !== "sha256") return undefined;
    const bytes = chunks.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
    if (bytes !== file.sizeBytes || chunks.some(({ hash }) => hash.length !== HASH_BYTES)) {
      throw wrong(file, "its chunks do not make up the file");
    }
    return chunks.map(({ hash, lengthBytes }) => ({ hash, lengthBytes }));
  }

  async #readChunks(
    file: OriginFile,
    chunks: readonly OriginChunk[],
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[]> {
    const request = { file: this.#wireFile(file), hashes: chunks.map(({ hash }) => hash) };
    const found: Uint8Array[] = [];
    for await (const { data } of this.#calls.many(signal, (options) =>
      this.#client.readChunks(request, options),
    )) {
      if (data.length !== chunks[found.length]?.lengthBytes) throw wrong(file, "a chunk has another length");
      found.push(data);
    }
    if (found.length !== chunks.length) throw wrong(file, "chunks are missing");
    return found;
  }

  #fileOf(file: NonNullable<WireFile>): OriginFile {
    const { mtimeMs, version } = file;
    const path = this.#paths.pathOf(file);
    const sizeBytes = Number(file.sizeBytes);
    if (path === undefined || !Number.isSafeInteger(sizeBytes) || !Number.isFinite(mtimeMs)) {
      throw new OriginError(
        "wrong",
        `the other MusicFS lists a file that cannot be: ${JSON.stringify(file.path)}`,
      );
    }
    return { path, sizeBytes, mtimeMs, ...(version === undefined ? {} : { version }) };
  }

  #wireFile({ path, sizeBytes, mtimeMs, version }: OriginFile) {
    const place: Place | undefined = this.#paths.placeOf(path);
    if (!place) throw new OriginError("missing", `'${path}' is below no origin of the other MusicFS`);
    const known = version === undefined ? {} : { version };
    return { ...place, sizeBytes: BigInt(sizeBytes), mtimeMs, ...known };
  }
}

function wrong({ path }: OriginFile, what: string): OriginError {
  return new OriginError("wrong", `'${path}' cannot be read from the other MusicFS: ${what}`);
}

// Read once, and again after it was refused: it may have been changed.
function rememberedToken(read: (() => Promise<string>) | undefined) {
  if (!read) return undefined;
  let known: Promise<string> | undefined;
  return {
    read: (): Promise<string> => {
      known ??= read();
      return known;
    },
    forget: (): void => {
      known = undefined;
    },
  };
}
