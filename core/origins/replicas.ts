import { setTimeout as delay } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import { type FileRow, versionedFile } from "../catalogue/files.js";
import { FILE_STATE } from "../catalogue/schema.js";
import type { Logger } from "../logger.js";
import type { ContentStore } from "../store/content-store.js";
import type { FileVersion } from "../store/store-index.js";
import type { GuardedOrigin } from "./guards.js";
import { Prover } from "./prover.js";
import { VersionReader, type VersionSource } from "./version-reader.js";

export interface ReplicasOptions {
  readonly catalogue: Catalogue;
  /** Absent where no origin is read through it. */
  readonly store: ContentStore | undefined;
  readonly origins: readonly GuardedOrigin[];
  /** See `ProvingOptions`. */
  readonly samples: number;
  readonly log: Logger;
  /** Aborts when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Pause between two pairs that are compared while nobody waits for it, in milliseconds. */
const PAUSE_MS = 20;
const PAGE = 64;
/** Pause between two pages of entries, in milliseconds. */
const PAGE_PAUSE_MS = 5;

/** Knows which files of other origins may stand in for a version of a file, and has that proven. */
export class Replicas {
  readonly #options: ReplicasOptions;
  readonly #prover: Prover;
  readonly #byNumber: ReadonlyMap<number, GuardedOrigin>;
  readonly #byId: ReadonlyMap<string, GuardedOrigin>;
  readonly #proving = new Map<string, Promise<void>>();
  #sweeping: Promise<void> | undefined;
  #sweptChanges: number | undefined;

  constructor(options: ReplicasOptions) {
    const { origins, samples, log, signal } = options;
    this.#options = options;
    this.#prover = new Prover({ samples, log, signal });
    this.#byNumber = new Map(origins.map((source) => [source.number, source]));
    this.#byId = new Map(origins.map((source) => [source.origin.id, source]));
  }

  /** What reads a version, from wherever its bytes can be had. */
  reader(version: FileVersion): VersionReader {
    const own = this.#byId.get(version.originId)?.guard;
    const others = () => this.#provenOf(version);
    return new VersionReader({ version, own, others, log: this.#options.log });
  }

  /** Compares, one by one and in the background, the sources that nobody has compared yet. */
  sweep(): void {
    this.#sweeping ??= this.#sweepAll()
      .catch(() => undefined)
      .finally(() => {
        this.#sweeping = undefined;
      });
  }

  async #sweepAll(): Promise<void> {
    const { catalogue, origins, signal } = this.#options;
    const { changes } = catalogue.sources;
    if (origins.length < 2 || changes === this.#sweptChanges) return;
    let isDone = true;
    for (let ino = 0; ; ) {
      const rows = catalogue.sources.shared(ino, PAGE);
      const last = rows.at(-1);
      if (!last) break;
      ino = last.ino;
      // A page takes a few milliseconds, also where everything is proven: others come in between.
      await delay(PAGE_PAUSE_MS, undefined, { signal, ref: false });
      for (const row of rows) {
        for (const other of this.#unproven(row)) {
          await this.#prove(row, other);
          // Who could not be asked now is looked at after the next scan.
          if (catalogue.sources.proofOf(row, other) === undefined) isDone = false;
          await delay(PAUSE_MS, undefined, { signal, ref: false });
        }
      }
    }
    if (isDone) this.#sweptChanges = changes;
  }

  #provenOf({ originId, file }: FileVersion): VersionSource[] {
    const { catalogue, origins } = this.#options;
    const number = this.#byId.get(originId)?.number;
    if (number === undefined || origins.length < 2) return [];
    const row = catalogue.files.byPath(number, file.path);
    if (!row || !isVersion(row, file)) return [];
    for (const other of this.#unproven(row)) void this.#prove(row, other).catch(() => undefined);
    return this.#othersOf(row)
      .filter((other) => catalogue.sources.proofOf(row, other) === true)
      .flatMap((other) => this.#sourceOf(other) ?? []);
  }

  #othersOf(row: FileRow): FileRow[] {
    const isUsable = ({ id, state, sizeBytes }: FileRow): boolean =>
      id !== row.id && state === FILE_STATE.read && sizeBytes === row.sizeBytes;
    return this.#options.catalogue.sources.membersOf(row).filter(isUsable);
  }

  #unproven(row: FileRow): FileRow[] {
    const { sources } = this.#options.catalogue;
    return this.#othersOf(row).filter((other) => sources.proofOf(row, other) === undefined);
  }

  #prove(row: FileRow, other: FileRow): Promise<void> {
    const key = `${row.id}:${other.id}`;
    const proving =
      this.#proving.get(key) ?? this.#compare(row, other).finally(() => this.#proving.delete(key));
    this.#proving.set(key, proving);
    return proving;
  }

  async #compare(row: FileRow, other: FileRow): Promise<void> {
    const [a, b] = [this.#sourceOf(row), this.#sourceOf(other)];
    if (!a?.guard.health.isSound || !b?.guard.health.isSound) return;
    const isEqual = (await this.#haveOneHash(a, b)) ?? (await this.#prover.areEqual(a, b));
    if (isEqual === undefined || this.#options.signal.aborted) return;
    const { catalogue } = this.#options;
    const isThere = [row, other].every((each) => catalogue.files.byId(each.id) !== undefined);
    if (isThere) catalogue.sources.saveProof(row, other, isEqual);
  }

  // Of what is whole in the cache, all hashes are known.
  async #haveOneHash(a: VersionSource, b: VersionSource): Promise<boolean | undefined> {
    const [one, other] = [await this.#manifestOf(a), await this.#manifestOf(b)];
    return one && other ? Buffer.from(one).equals(other) : undefined;
  }

  async #manifestOf({ guard, file }: VersionSource): Promise<Uint8Array | undefined> {
    const { store } = this.#options;
    const blob = await store?.acquire({ originId: guard.origin.id, file });
    if (!store || !blob) return undefined;
    const bytes = blob.manifest?.bytes;
    store.release(blob);
    return bytes;
  }

  #sourceOf(row: FileRow): VersionSource | undefined {
    const source = this.#byNumber.get(row.originNumber);
    return source && { guard: source.guard, file: versionedFile(row) };
  }
}

function isVersion(row: FileRow, file: FileVersion["file"]): boolean {
  return (
    row.sizeBytes === file.sizeBytes &&
    row.mtimeMs === file.mtimeMs &&
    (row.version ?? undefined) === file.version
  );
}
