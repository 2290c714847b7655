import type { Catalogue } from "./catalogue/catalogue.js";
import { versionedFile } from "./catalogue/files.js";
import type { Config } from "./config/config.js";
import { SizedCovers } from "./covers/sized-covers.js";
import { GeneratedFiles } from "./generated/generated-files.js";
import { type Instance, viewsOf } from "./instance.js";
import { createCoverMaker, type ReadRange } from "./library/companions/cover-maker.js";
import { Library } from "./library/library.js";
import type { LibraryOrigin } from "./library/library-origin.js";
import { PlaylistRenderer } from "./library/playlists/playlist-renderer.js";
import { Playlists } from "./library/playlists/playlists.js";
import { createTagPool, type ReadJobAt } from "./library/tags/tag-pool.js";
import type { Logger } from "./logger.js";
import type { EntryChange } from "./model/entry.js";
import type { GeneratedFolders } from "./model/mount-driver.js";

/** How long a thread that reads tags outlives its last file, in milliseconds: it holds some 30 MB. */
const READER_IDLE_MS = 500;
/** What the cache folder of generated files may hold. */
const GENERATED_BYTES = 512 * 1024 * 1024;

export interface LibraryParts {
  readonly library: Library;
  readonly generated: GeneratedFiles;
  /** Absent where the config has no sizes. */
  readonly sizedCovers: SizedCovers | undefined;
  /** Makes right what an open has shown to be otherwise; see `LateAnswers.refresh`. */
  refresh(ino: number): Promise<void>;
  /** Takes new limits of the scan into use. */
  configureScan(scan: Config["scan"]): void;
  /** Ends the threads that read tags, and what follows the tree. */
  close(): Promise<void>;
}

/**
 * Makes the library of a config, over a catalogue and the origins numbered in it.
 *
 * @param folders where generated files lie.
 * @param readFile how files are read that tag workers may not open themselves. @default from their origin
 */
export function createLibraryParts(
  config: Config,
  instance: Instance,
  catalogue: Catalogue,
  origins: readonly LibraryOrigin[],
  folders: GeneratedFolders,
  log: Logger,
  onChanges: (changes: readonly EntryChange[]) => void,
  readFile?: ReadRange,
): LibraryParts {
  if (config.scan.lyrics) wantLyrics(catalogue);
  const tagPool = createTagPool({
    workers: config.scan.workers,
    timeoutMs: config.scan.timeoutMs,
    idleMs: READER_IDLE_MS,
    lyrics: config.scan.lyrics,
    readAt: remoteReader(catalogue, readFile ?? originReader(origins)),
  });
  const readRange = readFile ?? originReader(origins);
  let playlists: Playlists | undefined;
  let sizedCovers: SizedCovers | undefined;
  const changed = (changes: readonly EntryChange[]): void => {
    onChanges(changes);
    playlists?.follow();
    sizedCovers?.changed(changes);
  };
  const generated = new GeneratedFiles({
    catalogue,
    folders,
    budgets: { cache: GENERATED_BYTES, covers: config.covers.maxBytes },
    log,
    onChanges: changed,
  });
  generated.addMaker(createCoverMaker(catalogue, readRange));
  const library = new Library({
    catalogue,
    origins,
    keepsUnconfigured: config.plugins.some(isSwitchedOff),
    hooks: instance.hooks,
    tagPool,
    views: viewsOf(instance),
    keepsPaths: config.paths === "stable",
    names: config.names,
    generated,
    companions: { coverPriority: config.covers.priority, sideFiles: config.sideFiles },
    finishScan: async () => playlists?.refresh(),
    log,
    onChanges: changed,
  });
  const common = { catalogue, library, generated, log };
  const { sizes } = config.covers;
  const { signal } = instance;
  if (sizes.length > 0) sizedCovers = new SizedCovers({ ...common, readRange, sizes, signal });
  if (config.playlists) {
    const renderer = new PlaylistRenderer({ catalogue, origins, readRange });
    playlists = new Playlists({ ...common, renderer, origins, names: config.names, signal });
  }
  return {
    library,
    generated,
    sizedCovers,
    async refresh(ino) {
      if (!(await generated.refresh(ino, signal))) await library.refresh(ino, signal);
    },
    configureScan: ({ workers, timeoutMs }) => tagPool.configure({ workers, timeoutMs }),
    async close() {
      await playlists?.close();
      sizedCovers?.close();
      await tagPool.close();
    },
  };
}

// How a tag worker gets bytes of a file that it may not open itself.
function remoteReader(catalogue: Catalogue, readFile: ReadRange): ReadJobAt {
  return async (job, offsetBytes, lengthBytes, signal) => {
    const row = catalogue.files.byId(job.id);
    if (!row) throw new Error("the file is gone");
    return readFile(row, offsetBytes, lengthBytes, signal);
  };
}

// Under which id the catalogue knows it, only its plugin could say.
function isSwitchedOff({ provides, options }: Config["plugins"][number]): boolean {
  return provides.includes("origin") && (options as { readonly enabled?: unknown } | null)?.enabled === false;
}

function originReader(origins: readonly LibraryOrigin[]): ReadRange {
  const byNumber = new Map(origins.map(({ number, origin }) => [number, origin]));
  return async (row, offsetBytes, lengthBytes, signal) => {
    const origin = byNumber.get(row.originNumber);
    if (!origin) throw new Error("its origin is gone");
    return origin.read(versionedFile(row), offsetBytes, lengthBytes, signal);
  };
}

// What was read without them is read again, once.
function wantLyrics(catalogue: Catalogue): void {
  if (catalogue.meta("lyrics") !== undefined) return;
  catalogue.files.noteAllAgain();
  catalogue.setMeta("lyrics", "read");
}
