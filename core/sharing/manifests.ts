import { closeSync, fstatSync, type Stats } from "node:fs";
import { join } from "node:path";
import { openLocal } from "../content/open-local.js";
import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Chunker } from "../model/chunker.js";
import type { LocalAccess } from "../model/origin.js";
import { settledBy } from "../settled-by.js";
import { Manifest } from "../store/manifest.js";
import type { FileVersion } from "../store/store-index.js";
import { StoreThread } from "../store/store-thread.js";
import { ManifestTable } from "./manifest-table.js";

export interface ManifestsOptions {
  /** Where they are remembered. */
  readonly folder: string;
  /** What cuts files; `undefined` where no plugin of the config does. */
  readonly chunker: () => Promise<Chunker | undefined>;
  readonly log: Logger;
}

/** Files that wait to be cut; of more, the manifest is not known. */
const MAX_WAITING = 64;

/** What a manifest is, and what cut it. */
export interface KnownManifest {
  readonly manifest: Manifest;
  readonly chunker: string;
}

/**
 * Manifests of files that lie on this disk and were never cached: each is cut when somebody asks for it, one at a time,
 * in a thread, and remembered.
 */
export class Manifests {
  readonly #options: ManifestsOptions;
  readonly #thread = new StoreThread();
  readonly #cutting = new Map<string, Promise<KnownManifest | undefined>>();
  #chunker: Promise<Chunker | undefined> | undefined;
  #table: ManifestTable | undefined;

  constructor(options: ManifestsOptions) {
    this.#options = options;
  }

  /**
   * The manifest of a version of a file.
   *
   * @returns `undefined` where the file is another one by now, or too many others are waiting.
   * @throws `signal.reason`
   */
  async of(
    version: FileVersion,
    local: LocalAccess,
    signal: AbortSignal,
  ): Promise<KnownManifest | undefined> {
    this.#chunker ??= this.#options.chunker();
    const chunker = await this.#chunker;
    if (!chunker) return undefined;
    const { originId, file } = version;
    const key = JSON.stringify([originId, file.path, file.sizeBytes, file.mtimeMs, file.version, chunker.id]);
    this.#table ??= new ManifestTable(join(this.#options.folder, "manifests.sqlite"));
    const known = this.#table.get(key);
    if (known) return { manifest: new Manifest(known), chunker: chunker.id };
    if (!this.#cutting.has(key) && this.#cutting.size >= MAX_WAITING) return undefined;
    const cutting =
      this.#cutting.get(key) ??
      this.#cut(key, version, local, chunker).finally(() => this.#cutting.delete(key));
    this.#cutting.set(key, cutting);
    return settledBy(cutting, signal);
  }

  async close(): Promise<void> {
    await this.#thread.end();
    this.#table?.close();
  }

  async #cut(
    key: string,
    { file }: FileVersion,
    { root, followSymlinks }: LocalAccess,
    chunker: Chunker,
  ): Promise<KnownManifest | undefined> {
    let fd: number | undefined;
    try {
      const opened = openLocal(root, file.path, followSymlinks);
      fd = opened.fd;
      const { sizeBytes } = file;
      if (!isVersion(opened.stat, file)) return undefined;
      const { manifest } = await this.#thread.run({ kind: "cut", fd, sizeBytes, chunker: chunker.source });
      // Cut while somebody wrote, it is the manifest of nothing.
      if (!isVersion(fstatSync(fd), file)) return undefined;
      this.#table?.put(key, manifest);
      return { manifest: new Manifest(manifest), chunker: chunker.id };
    } catch (error) {
      this.#options.log.debug(`'${file.path}' could not be cut: ${messageOf(error)}`);
      return undefined;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }
}

function isVersion(stat: Stats, { sizeBytes, mtimeMs }: FileVersion["file"]): boolean {
  return stat.size === sizeBytes && Math.abs(stat.mtimeMs - mtimeMs) < 1;
}
