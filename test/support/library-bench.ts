import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { layoutArtistAlbum, originLocal } from "musicfs/plugins";
import { type Catalogue, openCatalogue } from "#core/catalogue/catalogue.js";
import type { Config } from "#core/config/config.js";
import { makeGeneratedFolders } from "#core/generated/generated-disk.js";
import type { Hooks } from "#core/hooks.js";
import { createInstance, openOrigins } from "#core/instance.js";
import type { Library } from "#core/library/library.js";
import type { LibraryOrigin } from "#core/library/library-origin.js";
import { createLibraryParts } from "#core/library-parts.js";
import { ROOT_INO } from "#core/model/entry.js";
import type { Origin } from "#core/model/origin.js";
import { definePlugin, type Plugin } from "#core/plugin.js";
import { type AudioFormat, type AudioTags, writeAudio } from "./audio-writer.js";
import { testConfig } from "./config.js";
import { silentLogger } from "./loggers.js";
import { temporaryFolder } from "./temporary-folder.js";

export const NEVER: AbortSignal = new AbortController().signal;

/** A folder of music, and a catalogue that a library fills from it. */
export interface LibraryBench {
  readonly music: string;
  readonly warnings: string[];
  write(path: string, format: AudioFormat, tags: AudioTags): void;
  /** Scans as a start of the daemon does, on the same catalogue. */
  scan(plugins?: readonly Plugin[], views?: Readonly<Record<string, Plugin>>): Promise<Scanned>;
  /** What is otherwise in the config from now on. */
  config: Partial<Config>;
  /** Opens the library on the same catalogue, and scans nothing. */
  open(plugins?: readonly Plugin[], views?: Readonly<Record<string, Plugin>>): Promise<OpenLibrary>;
}

export interface Scanned {
  readonly catalogue: Catalogue;
  readonly library: Library;
  readonly tree: string[];
}

/** A library in use, as in a running daemon. */
export interface OpenLibrary {
  readonly catalogue: Catalogue;
  readonly library: Library;
  /** Its first origin. */
  readonly source: LibraryOrigin;
  readonly hooks: Hooks;
  /** Aborts at {@link close}. */
  readonly signal: AbortSignal;
  tree(): string[];
  close(): Promise<void>;
}

export function openLibraryBench(t: TestContext): LibraryBench {
  const folder = temporaryFolder(t);
  const music = join(folder, "music");
  mkdirSync(music);
  const catalogue = openCatalogue(join(folder, "catalogue.sqlite"));
  t.after(() => catalogue.close());
  const warnings: string[] = [];
  const open: LibraryBench["open"] = async (
    plugins = [originLocal({ path: music, id: "music" }), layoutArtistAlbum()],
    views = {},
  ) => {
    const given = Object.entries(views).map(([root, layout]) => ({ root, layout }));
    const config = testConfig({
      ...bench.config,
      plugins,
      views: given,
      configDir: folder,
      stateDir: folder,
    });
    const log = silentLogger(warnings);
    const instance = await createInstance(config, log);
    const origins = await openOrigins(instance, catalogue);
    const folders = makeGeneratedFolders(join(folder, "cache"), folder);
    const parts = createLibraryParts(config, instance, catalogue, origins, folders, log, () => undefined);
    const [source] = origins;
    if (!source) throw new Error("no origin");
    return {
      catalogue,
      library: parts.library,
      source,
      hooks: instance.hooks,
      signal: instance.signal,
      tree: () => [...paths(catalogue, ROOT_INO, "")].sort(),
      async close() {
        instance.abort(new Error("the test ends"));
        await parts.close();
        await instance.dispose();
      },
    };
  };
  const bench: LibraryBench = {
    music,
    warnings,
    config: {},
    write(path, format, tags) {
      mkdirSync(dirname(join(music, path)), { recursive: true });
      writeFileSync(join(music, path), writeAudio(format, tags));
    },
    open,
    async scan(plugins, views) {
      const opened = await open(plugins, views);
      try {
        await opened.library.scan(NEVER);
        return { catalogue, library: opened.library, tree: opened.tree() };
      } finally {
        await opened.close();
      }
    },
  };
  return bench;
}

function* paths(catalogue: Catalogue, ino: number, prefix: string): Generator<string> {
  for (const entry of catalogue.reader.readdir(ino, 0, 1_000_000)) {
    if (entry.kind === "directory") yield* paths(catalogue, entry.ino, `${prefix}/${entry.name}`);
    else yield `${prefix}/${entry.name}`;
  }
}

/** A plugin that gives an origin made of these methods. */
export function originOf(origin: Partial<Origin>): Plugin {
  const whole: Origin = {
    id: "memory",
    async *list() {},
    stat: async () => undefined,
    read: async (_file, _offset, lengthBytes) => Buffer.alloc(lengthBytes),
    ...origin,
  };
  return definePlugin({
    name: "origin-memory",
    setup({ hooks }) {
      hooks.openOrigin.tap(() => whole);
    },
  })();
}
