import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { type Catalogue, openCatalogue } from "./catalogue/catalogue.js";
import type { Config } from "./config/config.js";
import type { ScanStatus } from "./control/status.js";
import { makeGeneratedFolders } from "./generated/generated-disk.js";
import { cataloguePathOf, createInstance, type Instance, openOrigins } from "./instance.js";
import { createLibraryParts } from "./library-parts.js";
import type { Logger } from "./logger.js";
import type { GeneratedFolders } from "./model/mount-driver.js";

/** A tree that was made without a mount. */
export interface DryRun {
  readonly catalogue: Catalogue;
  /** Removes it. */
  close(): Promise<void>;
}

/** How often progress is reported, in milliseconds. */
const PROGRESS_EVERY_MS = 250;

/**
 * Makes the tree that a config gives, without a mount and without touching the instance's own catalogue,
 * which may be in use: on a copy of it, brought up to date by the same scan.
 *
 * @throws MusicfsError as a start does, or `signal.reason`.
 */
export async function buildTree(
  config: Config,
  log: Logger,
  onProgress: (status: ScanStatus) => void,
  signal: AbortSignal,
): Promise<DryRun> {
  const folder = mkdtempSync(join(tmpdir(), "musicfs-tree-"));
  const catalogue = openScratch(cataloguePathOf(config), join(folder, "catalogue.sqlite"));
  const close = async (): Promise<void> => {
    catalogue.close();
    rmSync(folder, { recursive: true, force: true });
  };
  let instance: Instance | undefined;
  try {
    instance = await createInstance(config, log);
    const generated = makeGeneratedFolders(join(folder, "cache"), join(folder, "state"));
    await scanInto(catalogue, config, instance, generated, log, onProgress, signal);
    return { catalogue, close };
  } catch (error) {
    await close();
    throw error;
  } finally {
    await instance?.dispose();
  }
}

function openScratch(from: string, to: string): Catalogue {
  if (existsSync(from)) {
    const db = new Database(from, { readonly: true });
    try {
      db.prepare("VACUUM INTO ?").run(to);
    } finally {
      db.close();
    }
  }
  return openCatalogue(to);
}

async function scanInto(
  catalogue: Catalogue,
  config: Config,
  instance: Instance,
  generated: GeneratedFolders,
  log: Logger,
  onProgress: (status: ScanStatus) => void,
  signal: AbortSignal,
): Promise<void> {
  const origins = await openOrigins(instance, catalogue);
  const parts = createLibraryParts(config, instance, catalogue, origins, generated, log, () => undefined);
  const timer = setInterval(() => onProgress(parts.library.scanStatus()), PROGRESS_EVERY_MS);
  try {
    await parts.library.scan(signal);
  } finally {
    clearInterval(timer);
    await parts.close();
    for (const { origin } of origins) await origin.close?.();
  }
}
